// RocksDB's options, in one place. The reasons are in storage/README.md, "RocksDB".
#pragma once

#include <memory>
#include <string>

#include <rocksdb/options.h>

#include "storage/kv/store.h"

namespace vigia::storage {

std::string FamilyName(Family family);
rocksdb::DBOptions MakeDbOptions(const StoreOptions& options, rocksdb::Env* env);
rocksdb::ColumnFamilyOptions MakeFamilyOptions(Family family, const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace vigia::storage
