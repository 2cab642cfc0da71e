#include "storage/kv/options.h"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>

namespace vigia::storage {

std::string FamilyName(Family family) {
  switch (family) {
    case Family::kCatalog: return "cat";
    case Family::kData: return "data";
    case Family::kWal0: return "wal0";
    case Family::kWal1: return "wal1";
    case Family::kExemplars: return "exm";
    case Family::kState: return "state";
  }
  return {};
}

rocksdb::DBOptions MakeDbOptions(const StoreOptions& options, rocksdb::Env* env) {
  rocksdb::DBOptions db;
  if (env != nullptr) db.env = env;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.max_total_wal_size = options.log_limit_bytes;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = true;
  db.avoid_flush_during_recovery = true;  // A restart replays into memory; nothing is written before it serves.
  db.avoid_flush_during_shutdown = true;
  db.max_background_jobs = 2;
  db.max_open_files = -1;
  db.allow_fallocate = false;  // Megabytes reserved ahead would count against the size limit of retention.
  db.skip_stats_update_on_db_open = true;
  db.skip_checking_sst_file_sizes_on_db_open = true;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.max_log_file_size = 1u << 20;
  db.keep_log_file_num = 2;
  db.delete_obsolete_files_period_micros = 60'000'000;
  return db;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(Family family, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;  // The newest that 7.8 reads.
  table.checksum = rocksdb::kXXH3;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.block_size = family == Family::kData ? 32u << 10 : 16u << 10;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;
  options.max_write_buffer_number = 4;
  options.write_buffer_size = 4u << 20;
  switch (family) {
    case Family::kExemplars:
      options.compression = rocksdb::kLZ4Compression;
      options.disable_auto_compactions = true;  // Until they were read, see Store::MergeExemplars().
      break;
    case Family::kCatalog:
    case Family::kState: options.compression = rocksdb::kLZ4Compression; break;
    case Family::kData:
      options.disable_auto_compactions = true;  // Files are made once; the rewrite of storage/maintenance merges them.
      break;
    case Family::kWal0:
    case Family::kWal1:
      options.disable_auto_compactions = true;  // The whole family is dropped before merging could pay.
      options.write_buffer_size = 8u << 20;
      break;
  }
  return options;
}

}  // namespace vigia::storage
