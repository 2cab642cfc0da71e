// All records of the catalog, read without the engine and in spite of damage.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/kv/store.h"
#include "storage/maintenance/tombstones.h"
#include "storage/model/labels.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

// What the server set aside as damaged.
struct QuarantinedRecord {
  bool row_group = false;  // `key` is one of kData, else of the catalog.
  std::string key;
  std::string why;
};

struct StoredCatalog {
  std::unordered_map<std::uint32_t, Labels> targets;
  std::unordered_map<std::uint32_t, Labels> lines;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> columns;  // Lines by target and column, 0: none.
  std::vector<Run> runs;                                                  // By day, tier and id.
  std::vector<Tombstone> tombstones;
  std::vector<QuarantinedRecord> quarantined;
  std::vector<std::string> unread;  // Keys of records that do not decode.

  // 0 when the column is not known.
  std::uint32_t LineOf(std::uint32_t target, std::uint32_t column) const;
  // Of target and line together; empty when the column is not known.
  Labels LabelsOf(std::uint32_t target, std::uint32_t column) const;
  bool IsQuarantined(std::string_view group_key) const;
};

// `damaged` is told of each record that is left out. Fails only when the family cannot be read.
Status ReadStoredCatalog(const Store& store, const std::function<void(std::string_view key, const Error&)>& damaged,
                         StoredCatalog& out);

}  // namespace vigia::storage
