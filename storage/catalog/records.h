// The catalog on disk: keys and values. Format: storage/FORMAT.md, "Catalog".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/kv/store.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"

namespace vigia::storage {

// Consecutive columns of one target from `first` on, each with its line.
struct ColumnRecord {
  std::uint32_t first = 0;
  std::vector<std::uint32_t> lines;
};

void PutTargetRecord(Batch& batch, std::uint32_t target, const Labels& labels);
void PutLineRecord(Batch& batch, std::uint32_t line, const Labels& labels);
// `seq` makes the key unique; records of a target are read back in its order.
void PutColumnRecord(Batch& batch, std::uint32_t target, std::uint64_t seq, const ColumnRecord& record);

// Receives the records in the order targets, lines, columns; ids ascending, columns by target and seq.
class CatalogReader {
 public:
  virtual ~CatalogReader() = default;
  virtual Status OnTarget(std::uint32_t target, Labels labels) = 0;
  virtual Status OnLine(std::uint32_t line, Labels labels) = 0;
  virtual Status OnColumns(std::uint32_t target, const ColumnRecord& record) = 0;
};
Status ReadCatalog(const Store& store, CatalogReader& reader);
// Those of one target's columns, and of one line; nullopt when there is none.
Status ReadColumnsOf(const Store& store, std::uint32_t target,
                     const std::function<Status(const ColumnRecord& record)>& each);
Result<std::optional<Labels>> ReadLine(const Store& store, std::uint32_t line);
// One record. kCorruption when it is none of a target, a line or columns, or is damaged.
Status ReadRecord(std::string_view key, std::string_view value, CatalogReader& reader);

// Replaces all column records of a target by one: line 0 stands for a column that is gone.
Status ReplaceColumnRecords(const Store& store, Batch& batch, std::uint32_t target, std::uint64_t seq,
                            const ColumnRecord& record);
void DeleteTargetRecord(Batch& batch, std::uint32_t target);
void DeleteLineRecord(Batch& batch, std::uint32_t line);

}  // namespace vigia::storage
