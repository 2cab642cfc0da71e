// A RocksDB database with its fixed set of families.
#pragma once

#include <array>
#include <memory>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>

#include "storage/kv/store.h"
#include "storage/model/error.h"

namespace vigia::storage {

struct OpenedDatabase {
  OpenedDatabase() = default;
  ~OpenedDatabase() { ReleaseHandles(); }
  OpenedDatabase(const OpenedDatabase&) = delete;
  OpenedDatabase& operator=(const OpenedDatabase&) = delete;

  rocksdb::ColumnFamilyHandle* Handle(Family family) const { return families[static_cast<std::size_t>(family)]; }
  void ReleaseHandles();

  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families{};
};

enum class OpenMode { kReadWrite, kReadOnly };

// Fills `out`, which must be empty. kCorruption or kIo with RocksDB's text.
Status OpenDatabase(const StoreOptions& options, const rocksdb::DBOptions& db_options,
                    const std::shared_ptr<rocksdb::Cache>& cache, OpenMode mode, OpenedDatabase& out);
// `status` in our vocabulary, with `what` before its text.
Status FromRocks(const rocksdb::Status& status, std::string_view what);

}  // namespace vigia::storage
