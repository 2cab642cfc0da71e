#include "storage/kv/open_database.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "storage/kv/options.h"

namespace vigia::storage {
namespace {

// Of a folder without the file CURRENT RocksDB makes an empty database, and deletes the table files that are there.
Status CheckHasCurrent(const std::string& path) {
  std::error_code none;
  if (std::filesystem::exists(path + "/CURRENT", none)) return {};
  for (const auto& entry : std::filesystem::directory_iterator(path, none)) {
    const auto kind = entry.path().extension();
    if (kind != ".sst" && (kind != ".log" || entry.file_size(none) == 0)) continue;
    return Error{Errc::kCorruption, "database " + path + " has no file CURRENT, but " +
                                        entry.path().filename().string() + ": restore CURRENT, or a backup"};
  }
  return {};
}

}  // namespace

void OpenedDatabase::ReleaseHandles() {
  if (db == nullptr) return;
  for (auto*& handle : families) {
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
    handle = nullptr;
  }
}

Status OpenDatabase(const StoreOptions& options, const rocksdb::DBOptions& db_options,
                    const std::shared_ptr<rocksdb::Cache>& cache, OpenMode mode, OpenedDatabase& out) {
  if (mode == OpenMode::kReadWrite && !options.in_memory) {
    if (Status status = CheckHasCurrent(options.path); !status) return status;
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, MakeFamilyOptions(Family::kState, cache));
  for (std::size_t i = 0; i < kFamilies; ++i) {
    const auto family = static_cast<Family>(i);
    descriptors.emplace_back(FamilyName(family), MakeFamilyOptions(family, cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status = mode == OpenMode::kReadOnly
                          ? rocksdb::DB::OpenForReadOnly(db_options, options.path, descriptors, &handles, &db)
                          : rocksdb::DB::Open(db_options, options.path, descriptors, &handles, &db);
  if (!status.ok()) return FromRocks(status, "open database " + options.path);
  out.db.reset(db);
  db->DestroyColumnFamilyHandle(handles[0]);
  std::copy(handles.begin() + 1, handles.end(), out.families.begin());
  return {};
}

Status FromRocks(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return {};
  Errc code = Errc::kIo;
  if (status.IsCorruption()) code = Errc::kCorruption;
  if (status.IsNoSpace()) code = Errc::kUnavailable;
  return Error{code, std::string(what) + ": " + status.ToString()};
}

}  // namespace vigia::storage
