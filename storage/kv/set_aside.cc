#include "storage/kv/set_aside.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_reader.h>

#include "storage/kv/log_cut.h"
#include "storage/kv/open_database.h"
#include "storage/kv/options.h"
#include "storage/kv/salvage.h"

namespace vigia::storage {
namespace {

struct Unreadable {
  rocksdb::LiveFileMetaData meta;
  Family family = Family::kState;
  std::string path;
  std::string why;
};

Family FamilyOf(const rocksdb::LiveFileMetaData& file) {
  for (std::size_t i = 0; i < kFamilies; ++i) {
    if (file.column_family_name == FamilyName(static_cast<Family>(i))) return static_cast<Family>(i);
  }
  return Family::kCatalog;  // RocksDB's own one, which is empty: nothing is known of such a file.
}

std::vector<Unreadable> FindUnreadable(rocksdb::DB& db) {
  std::vector<rocksdb::LiveFileMetaData> files;
  db.GetLiveFilesMetaData(&files);
  std::vector<Unreadable> out;
  for (const auto& file : files) {
    const std::string path = file.db_path + file.name;
    rocksdb::Options options(rocksdb::DBOptions(), MakeFamilyOptions(Family::kData, nullptr));
    rocksdb::SstFileReader reader(options);
    const auto status = reader.Open(path);
    if (!status.ok()) out.push_back({file, FamilyOf(file), path, status.ToString()});
  }
  return out;
}

Status ForgetFile(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* handle, const Unreadable& file) {
  const rocksdb::Slice from(file.meta.smallestkey);
  const rocksdb::Slice to(file.meta.largestkey);
  const rocksdb::RangePtr range(&from, &to);
  const auto status = rocksdb::DeleteFilesInRanges(&db, handle, &range, 1);
  return FromRocks(status, "set aside damaged file " + file.path);
}

}  // namespace

Result<std::string> KeepAside(const std::string& path, const std::string& folder) {
  std::error_code error;
  if (folder.empty() || !std::filesystem::exists(path, error)) return std::string();
  std::filesystem::create_directories(folder, error);
  const std::filesystem::path to = std::filesystem::path(folder) / std::filesystem::path(path).filename();
  if (!error) std::filesystem::create_hard_link(path, to, error);
  if (error) std::filesystem::copy_file(path, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error) return Error{Errc::kIo, "set aside damaged file " + path + ": " + error.message()};
  return to.string();
}

Result<std::vector<DamagedFile>> SetAsideUnreadableFiles(const StoreOptions& options) {
  rocksdb::DBOptions db_options = MakeDbOptions(options, nullptr);
  db_options.paranoid_checks = false;  // Opens although files cannot be read.
  OpenedDatabase opened;
  if (Status status = OpenDatabase(options, db_options, nullptr, OpenMode::kReadWrite, opened); !status)
    return status.error();
  rocksdb::DB& db = *opened.db;
  const std::vector<Unreadable> unreadable = FindUnreadable(db);
  for (const Unreadable& file : unreadable) {
    if (file.family != Family::kData && !IsSalvageable(file.family) && !IsRowLog(file.family)) {
      return Error{Errc::kCorruption, "damaged file " + file.path + " of family " + file.meta.column_family_name +
                                          ", which the server cannot do without: " + file.why};
    }
  }
  std::vector<DamagedFile> out;
  for (const Unreadable& file : unreadable) {
    if (file.family != Family::kData) continue;
    auto kept_as = KeepAside(file.path, options.quarantine_path);
    if (!kept_as) return kept_as.error();
    out.push_back({file.family, file.path, std::move(*kept_as), file.meta.smallestkey, file.why});
  }
  for (const Unreadable& file : unreadable) {
    if (file.family == Family::kData) {
      if (Status status = ForgetFile(db, opened.Handle(Family::kData), file); !status) return status.error();
    } else if (std::none_of(out.begin(), out.end(), [&](const auto& known) { return known.path == file.path; })) {
      auto salvaged = IsRowLog(file.family) ? CutDamagedLog(opened, options, nullptr)
                                            : SalvageFamily(opened, file.family, options, nullptr);
      if (!salvaged) return salvaged.error();
      out.insert(out.end(), salvaged->begin(), salvaged->end());
    }
  }
  return out;
}

}  // namespace vigia::storage
