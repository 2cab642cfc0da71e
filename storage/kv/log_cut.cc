#include "storage/kv/log_cut.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <rocksdb/sst_file_reader.h>

#include "storage/kv/options.h"
#include "storage/kv/salvage.h"
#include "storage/kv/set_aside.h"

namespace vigia::storage {
namespace {

constexpr std::size_t kBatchBytes = 1u << 20;

struct LogFile {
  std::string path;
  std::string first_key;
  std::string last_key;
  std::string damaged_from;  // The first key that is not sure to be read; empty: all are.
  std::string why;
};

// Calls `each` for the keys in order until it returns false.
rocksdb::Status ReadFile(const std::string& path, rocksdb::Env* env,
                         const std::function<bool(const rocksdb::Slice& key, const rocksdb::Slice& value)>& each) {
  rocksdb::Options options(rocksdb::DBOptions(), MakeFamilyOptions(Family::kWal0, nullptr));
  options.env = env;
  rocksdb::SstFileReader reader(options);
  const rocksdb::Status status = reader.Open(path);
  if (!status.ok()) return status;
  const std::unique_ptr<rocksdb::Iterator> it(reader.NewIterator(rocksdb::ReadOptions()));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (!each(it->key(), it->value())) return {};
  }
  return it->status();
}

void LookForDamage(rocksdb::Env* env, LogFile& file) {
  std::string next = file.first_key;
  const auto status = ReadFile(file.path, env, [&next](const rocksdb::Slice& key, const rocksdb::Slice&) {
    next.assign(key.data(), key.size()).push_back('\0');  // Nothing comes between a key and this.
    return true;
  });
  if (status.ok()) return;
  file.damaged_from = std::move(next);
  file.why = status.ToString();
}

// In the order of their keys.
Result<std::vector<LogFile>> FilesOf(OpenedDatabase& opened, Family family) {
  // What is in memory only is in a file then, like everything else.
  if (const auto status = opened.db->Flush(rocksdb::FlushOptions(), opened.Handle(family)); !status.ok()) {
    return FromRocks(status, "flush a damaged log").error();
  }
  rocksdb::ColumnFamilyMetaData meta;
  opened.db->GetColumnFamilyMetaData(opened.Handle(family), &meta);
  std::vector<LogFile> files;
  for (const auto& level : meta.levels) {
    for (const auto& file : level.files) {
      files.push_back({file.db_path + file.name, file.smallestkey, file.largestkey, {}, {}});
      LookForDamage(opened.db->GetEnv(), files.back());
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.first_key < b.first_key; });
  return files;
}

// The first damaged key of the family, nullptr when there is none.
const LogFile* FirstDamage(const std::vector<LogFile>& files) {
  const LogFile* first = nullptr;
  for (const LogFile& file : files) {
    if (file.why.empty() || (first != nullptr && first->damaged_from <= file.damaged_from)) continue;
    first = &file;
  }
  return first;
}

Status CopyInFront(rocksdb::DB& db, const std::vector<LogFile>& files, const std::string& end,
                   rocksdb::ColumnFamilyHandle* to) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  for (const LogFile& file : files) {
    if (file.first_key >= end) break;
    rocksdb::Status written;
    status = ReadFile(file.path, db.GetEnv(), [&](const rocksdb::Slice& key, const rocksdb::Slice& value) {
      if (key.compare(end) >= 0) return false;
      written = batch.Put(to, key, value);
      if (written.ok() && batch.GetDataSize() >= kBatchBytes) {
        written = db.Write(synced, &batch);
        batch.Clear();
      }
      return written.ok();
    });
    if (status.ok() || !file.why.empty()) status = written;  // The end comes no later than the file's own damage.
    if (!status.ok()) return FromRocks(status, "copy what a damaged log has in front of the damage");
  }
  status = db.Write(synced, &batch);
  return FromRocks(status, "write what a damaged log has in front of the damage");
}

Result<std::vector<DamagedFile>> KeepFilesFrom(const LogFile& damage, const std::vector<LogFile>& files, Family family,
                                               const StoreOptions& options) {
  std::vector<DamagedFile> kept;
  for (const LogFile& file : files) {
    if (file.why.empty() && file.last_key < damage.damaged_from) continue;
    auto kept_as = KeepAside(file.path, options.quarantine_path);
    if (!kept_as) return kept_as.error();
    std::string why = file.why.empty() ? "it comes after the damage in " + damage.path : file.why;
    kept.push_back({family, file.path, std::move(*kept_as), /*first_key=*/{}, std::move(why)});
  }
  return kept;
}

}  // namespace

// Of two damaged families the one with the smaller keys is first: what it has moves in front of all that the other has.
Result<std::vector<DamagedFile>> CutDamagedLog(OpenedDatabase& opened, const StoreOptions& options,
                                               const std::shared_ptr<rocksdb::Cache>& cache) {
  std::vector<DamagedFile> out;
  for (;;) {
    std::pair<Family, Family> order{Family::kWal0, Family::kWal1};  // Damaged, other.
    auto files = FilesOf(opened, order.first);
    if (!files) return files.error();
    auto others = FilesOf(opened, order.second);
    if (!others) return others.error();
    const bool both = FirstDamage(*files) != nullptr && FirstDamage(*others) != nullptr;
    if (both ? others->front().first_key < files->front().first_key : FirstDamage(*files) == nullptr) {
      std::swap(order.first, order.second);
      files->swap(*others);
    }
    const LogFile* const damage = FirstDamage(*files);
    if (damage == nullptr) return out;
    if (options.quarantine_path.empty()) {
      return Error{Errc::kCorruption, "damaged file " + damage->path + " of the row log: " + damage->why};
    }
    auto kept = KeepFilesFrom(*damage, *files, order.first, options);
    if (!kept) return kept.error();
    out.insert(out.end(), kept->begin(), kept->end());
    Status status = CopyInFront(*opened.db, *files, damage->damaged_from, opened.Handle(order.second));
    if (status) status = RecreateFamily(opened, order.first, cache);
    if (!status) return status.error();
  }
}

}  // namespace vigia::storage
