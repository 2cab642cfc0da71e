#include "storage/kv/salvage.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <rocksdb/sst_file_reader.h>

#include "storage/bytes/varint.h"
#include "storage/kv/options.h"
#include "storage/kv/set_aside.h"

namespace vigia::storage {
namespace {

using Content = std::map<std::string, std::string>;
constexpr std::size_t kBatchBytes = 1u << 20;

// Keys of kExemplars are numbers of four bytes, so that one can look for the first key behind a damaged block. No other
// family has such keys: of theirs, what stands in front of the damage is read.
bool PlaceOf(const rocksdb::Slice& key, std::uint64_t* place) {
  ByteReader in(std::string_view(key.data(), key.size()));
  *place = in.Key<std::uint32_t>();
  return in.ok() && in.left() == 0;
}

using IteratorPtr = std::unique_ptr<rocksdb::Iterator>;

// An iterator that met damage may find it again elsewhere: each try is made by a new one.
IteratorPtr SeekTo(rocksdb::SstFileReader& reader, std::uint64_t place) {
  std::string key;
  PutKey(key, static_cast<std::uint32_t>(place));
  IteratorPtr it(reader.NewIterator(rocksdb::ReadOptions()));
  it->Seek(key);
  return it;
}

// At the first key behind the damage that begins at `from`. Null when there is none up to `last`.
IteratorPtr SeekBehindDamage(rocksdb::SstFileReader& reader, std::uint64_t from, std::uint64_t last) {
  const auto can_seek = [&](std::uint64_t place) { return SeekTo(reader, place)->status().ok(); };
  std::uint64_t bad = from;
  std::uint64_t good = from;
  for (std::uint64_t step = 1; good == from; step *= 2) {
    const std::uint64_t at = std::min(bad + step, last);
    if (at <= bad) return nullptr;
    (can_seek(at) ? good : bad) = at;
  }
  while (good - bad > 1) {
    const std::uint64_t middle = bad + (good - bad) / 2;
    (can_seek(middle) ? good : bad) = middle;
  }
  return SeekTo(reader, good);
}

// Adds what can be read of a file to `out`; the first damage that was found.
rocksdb::Status ReadAroundDamage(const rocksdb::LiveFileMetaData& file, Family family, rocksdb::Env* env,
                                 Content& out) {
  rocksdb::Options options(rocksdb::DBOptions(), MakeFamilyOptions(family, nullptr));
  options.env = env;
  rocksdb::SstFileReader reader(options);
  rocksdb::Status damage = reader.Open(file.db_path + file.name);
  if (!damage.ok()) return damage;
  std::uint64_t next = 0;
  std::uint64_t last = 0;
  const bool numbered = PlaceOf(file.smallestkey, &next) && PlaceOf(file.largestkey, &last);
  IteratorPtr it(reader.NewIterator(rocksdb::ReadOptions()));
  it->SeekToFirst();
  for (;;) {
    for (; it->Valid(); it->Next()) {
      out.insert_or_assign(it->key().ToString(), it->value().ToString());
      if (PlaceOf(it->key(), &next)) ++next;
    }
    if (it->status().ok()) return damage;
    if (damage.ok()) damage = it->status();
    it = numbered ? SeekBehindDamage(reader, next, last) : nullptr;
    if (it == nullptr) return damage;
  }
}

Status WriteAll(rocksdb::DB& db, const Content& content, rocksdb::ColumnFamilyHandle* handle) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  for (const auto& [key, value] : content) {
    if (status.ok()) status = batch.Put(handle, key, value);
    if (!status.ok() || batch.GetDataSize() < kBatchBytes) continue;
    status = db.Write(synced, &batch);
    batch.Clear();
  }
  if (status.ok()) status = db.Write(synced, &batch);
  return FromRocks(status, "write what was salvaged");
}

}  // namespace

// Whether a drop that failed has dropped the family, or one before it has, shows when it is created: that fails while
// there is one of its name. And a family is created although the file could not be written in which RocksDB notes its
// options; nobody reads that.
Status RecreateFamily(OpenedDatabase& opened, Family family, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyHandle*& handle = opened.families[static_cast<std::size_t>(family)];
  const auto dropped = opened.db->DropColumnFamily(handle);
  rocksdb::ColumnFamilyHandle* fresh = nullptr;
  const auto created = opened.db->CreateColumnFamily(MakeFamilyOptions(family, cache), FamilyName(family), &fresh);
  if (fresh == nullptr) {
    const bool was_dropped = dropped.ok() || dropped.IsInvalidArgument();  // The latter: by an earlier call.
    return was_dropped ? FromRocks(created, "create family") : FromRocks(dropped, "drop family");
  }
  opened.db->DestroyColumnFamilyHandle(handle);
  handle = fresh;
  return {};
}

Result<std::vector<DamagedFile>> SalvageFamily(OpenedDatabase& opened, Family family, const StoreOptions& options,
                                               const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DB& db = *opened.db;
  // What is in memory only is in a file then, like everything else.
  if (const auto status = db.Flush(rocksdb::FlushOptions(), opened.Handle(family)); !status.ok()) {
    return FromRocks(status, "flush a damaged family").error();
  }
  std::vector<rocksdb::LiveFileMetaData> files;
  db.GetLiveFilesMetaData(&files);
  std::erase_if(files, [&](const auto& file) { return file.column_family_name != FamilyName(family); });
  // Newer values take the place of older ones.
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.largest_seqno < b.largest_seqno; });
  Content content;
  std::vector<DamagedFile> damaged;
  for (const auto& file : files) {
    const auto status = ReadAroundDamage(file, family, db.GetEnv(), content);
    if (status.ok()) continue;
    const std::string path = file.db_path + file.name;
    auto kept_as = KeepAside(path, options.quarantine_path);
    if (!kept_as) return kept_as.error();
    damaged.push_back({family, path, std::move(*kept_as), /*first_key=*/{}, status.ToString()});
  }
  if (damaged.empty()) return damaged;
  if (Status status = RecreateFamily(opened, family, cache); !status) return status.error();
  if (Status status = WriteAll(db, content, opened.Handle(family)); !status) return status.error();
  return damaged;
}

}  // namespace vigia::storage
