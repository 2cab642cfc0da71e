#include "storage/kv/store.h"

#include <atomic>
#include <cassert>
#include <chrono>
#include <cstdarg>

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/utilities/checkpoint.h>
#include <sys/statvfs.h>

#include "storage/kv/log_cut.h"
#include "storage/kv/loss_notice.h"
#include "storage/kv/open_database.h"
#include "storage/kv/options.h"
#include "storage/kv/recoverable_env.h"
#include "storage/kv/salvage.h"
#include "storage/kv/set_aside.h"

namespace vigia::storage {
namespace {

constexpr std::uint64_t kLeastFreeBytes = 4u << 20;  // With fewer, nothing is written to the log.

rocksdb::Slice SliceOf(std::string_view text) { return {text.data(), text.size()}; }
std::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Null when RocksDB's text log cannot be written: then it has none.
std::shared_ptr<LossNotice> ListenForLosses(const StoreOptions& options, rocksdb::DBOptions& db_options) {
  std::shared_ptr<rocksdb::Logger> text_log;
  if (!rocksdb::CreateLoggerFromOptions(options.path, db_options, &text_log).ok()) return nullptr;
  auto notice = std::make_shared<LossNotice>(std::move(text_log), options.quarantine_path);
  db_options.info_log = notice;
  return notice;
}

// Takes the place of the text log of a database that must not be written to.
class NoTextLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

// The batch names families, the handles are put in when it is written: a family may be recreated in between.
struct Batch::Impl {
  struct Change {
    Family family;
    bool remove;
    std::size_t key_bytes;
    std::size_t value_bytes;
  };
  void Add(Family family, bool remove, std::string_view key, std::string_view value) {
    changes.push_back({family, remove, key.size(), value.size()});
    bytes.append(key).append(value);
  }
  std::vector<Change> changes;
  std::string bytes;         // Key and value of one after the other.
  rocksdb::WriteBatch made;  // Of the last Write(): only its memory is used again.
};

Batch::Batch() : impl_(std::make_unique<Impl>()) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
void Batch::Put(Family family, std::string_view key, std::string_view value) { impl_->Add(family, false, key, value); }
void Batch::Delete(Family family, std::string_view key) { impl_->Add(family, true, key, {}); }
void Batch::Clear() {
  impl_->changes.clear();
  impl_->bytes.clear();
}
bool Batch::empty() const { return impl_->changes.empty(); }
std::size_t Batch::bytes() const {
  return impl_->changes.capacity() * sizeof(Impl::Change) + impl_->bytes.capacity() + impl_->made.Data().capacity();
}

struct PinnedValue::Impl {
  rocksdb::PinnableSlice slice;
};
PinnedValue::PinnedValue() : impl_(std::make_unique<Impl>()) {}
PinnedValue::PinnedValue(std::string value) : PinnedValue() {
  *impl_->slice.GetSelf() = std::move(value);
  impl_->slice.PinSelf();
}
PinnedValue::~PinnedValue() = default;
PinnedValue::PinnedValue(PinnedValue&&) noexcept = default;
PinnedValue& PinnedValue::operator=(PinnedValue&&) noexcept = default;
std::string_view PinnedValue::view() const { return ViewOf(impl_->slice); }

struct Store::Impl {
  Impl(StoreOptions store_options, Registry& registry)
      : options(std::move(store_options)),
        env(options.in_memory ? std::unique_ptr<rocksdb::Env>(rocksdb::NewMemEnv(rocksdb::Env::Default()))
                              : NewRecoverableEnv(refused)),
        cache(rocksdb::NewLRUCache(options.block_cache_bytes)),
        fsync_seconds(registry.AddSummary("prometheus_tsdb_wal_fsync_duration_seconds", "Duration of write log fsync.",
                                          {0.5, 0.9, 0.99})),
        writes_failed(registry.AddCounter("prometheus_tsdb_wal_writes_failed_total",
                                          "Total number of write log writes that failed.")) {}

  rocksdb::ColumnFamilyHandle* Handle(Family family) const { return opened.Handle(family); }
  rocksdb::DB& db() const { return *opened.db; }
  Status TryFile() const;
  Status CheckSpace(std::size_t bytes) const;

  const StoreOptions options;
  // A write to the log failed, and none was good nor a Resume() since.
  const std::shared_ptr<std::atomic<bool>> refused = std::make_shared<std::atomic<bool>>(false);
  const std::unique_ptr<rocksdb::Env> env;
  const std::shared_ptr<rocksdb::Cache> cache;
  Summary& fsync_seconds;
  Counter& writes_failed;
  OpenedDatabase opened;
  std::vector<DamagedFile> damaged;
  std::vector<DamagedFile> damaged_logs;
  std::atomic<std::uint64_t> next_file{0};
  bool read_only = false;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() {
  if (impl_->opened.db == nullptr) return;
  impl_->opened.ReleaseHandles();
  // What Close() could still report has been synced before, or is replayed at the next start.
  static_cast<void>(impl_->opened.db->Close().ok());
}

Result<std::unique_ptr<Store>> Store::Open(const StoreOptions& options, Registry& registry) {
  auto impl = std::make_unique<Impl>(options, registry);
  rocksdb::DBOptions db_options = MakeDbOptions(options, impl->env.get());
  const auto notice = options.in_memory ? nullptr : ListenForLosses(options, db_options);
  Status status = OpenDatabase(options, db_options, impl->cache, OpenMode::kReadWrite, impl->opened);
  if (!status && !options.in_memory && !options.quarantine_path.empty()) {
    auto damaged = SetAsideUnreadableFiles(options);
    if (!damaged && damaged.error().code == Errc::kCorruption) return damaged.error();
    if (!damaged || damaged->empty()) return status.error();  // It is something else.
    impl->damaged = std::move(*damaged);
    status = OpenDatabase(options, db_options, impl->cache, OpenMode::kReadWrite, impl->opened);
  }
  if (!status) return status.error();
  if (notice != nullptr) impl->damaged_logs = notice->Take();
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Result<std::unique_ptr<Store>> Store::OpenReadOnly(const StoreOptions& options, Registry& registry) {
  auto impl = std::make_unique<Impl>(options, registry);
  impl->read_only = true;
  rocksdb::DBOptions db_options = MakeDbOptions(options, nullptr);
  db_options.paranoid_checks = false;  // A file that cannot be opened is found when it is read.
  const auto notice = std::make_shared<LossNotice>(std::make_shared<NoTextLog>(), /*quarantine_path=*/"");
  db_options.info_log = notice;
  Status status = OpenDatabase(options, db_options, impl->cache, OpenMode::kReadOnly, impl->opened);
  if (!status) return status.error();
  impl->damaged_logs = notice->Take();
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Status Store::Write(Batch& batch, WriteMode mode) {
  rocksdb::WriteBatch& rocks = batch.impl_->made;
  rocks.Clear();
  const char* at = batch.impl_->bytes.data();
  for (const auto& change : batch.impl_->changes) {
    auto* const handle = impl_->Handle(change.family);
    const rocksdb::Slice key(at, change.key_bytes);
    const rocksdb::Slice value(at + change.key_bytes, change.value_bytes);
    at += change.key_bytes + change.value_bytes;
    const auto status = change.remove ? rocks.Delete(handle, key) : rocks.Put(handle, key, value);
    if (!status.ok()) return FromRocks(status, "batch");
  }
  if (Status space = impl_->CheckSpace(rocks.GetDataSize()); !space) {
    impl_->writes_failed.Add();
    return space;
  }
  rocksdb::WriteOptions write_options;
  write_options.sync = mode == WriteMode::kDisk;
  const auto start = std::chrono::steady_clock::now();
  const bool was_refused = impl_->refused->load();
  const auto status = impl_->db().Write(write_options, &rocks);
  if (was_refused && status.ok()) impl_->refused->store(false);  // RocksDB recovered by itself, with another log file.
  if (write_options.sync) impl_->fsync_seconds.Observe(SecondsSince(start));
  if (!status.ok()) {
    impl_->writes_failed.Add();
    impl_->refused->store(true);
  }
  return FromRocks(status, "write");
}

Result<std::optional<PinnedValue>> Store::Get(Family family, std::string_view key) const {
  PinnedValue value;
  const auto status = impl_->db().Get(rocksdb::ReadOptions(), impl_->Handle(family), SliceOf(key), &value.impl_->slice);
  if (status.IsNotFound()) return std::optional<PinnedValue>();
  if (!status.ok()) return FromRocks(status, "read").error();
  return std::optional<PinnedValue>(std::move(value));
}

Status Store::Scan(Family family, std::string_view begin, std::string_view end,
                   const std::function<Status(std::string_view, std::string_view)>& each) const {
  const rocksdb::Slice upper = SliceOf(end);
  rocksdb::ReadOptions read_options;
  if (!end.empty()) read_options.iterate_upper_bound = &upper;
  read_options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(impl_->db().NewIterator(read_options, impl_->Handle(family)));
  for (it->Seek(SliceOf(begin)); it->Valid(); it->Next()) {
    if (Status status = each(ViewOf(it->key()), ViewOf(it->value())); !status) return status;
  }
  return FromRocks(it->status(), "scan");
}

Status Store::AddBulk(const std::vector<KeyValue>& items, bool compress) {
  assert(!items.empty());
  const std::string path = impl_->options.path + "/bulk-" + std::to_string(impl_->next_file.fetch_add(1)) + ".sst.tmp";
  rocksdb::Options file_options(MakeDbOptions(impl_->options, impl_->env.get()),
                                MakeFamilyOptions(Family::kData, impl_->cache));
  file_options.compression = compress ? rocksdb::kZSTD : rocksdb::kNoCompression;
  file_options.bottommost_compression = rocksdb::kDisableCompressionOption;
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), file_options);
  auto status = writer.Open(path);
  for (const KeyValue& item : items) {
    if (status.ok()) status = writer.Put(item.key, item.value);
  }
  if (status.ok()) status = writer.Finish();
  if (status.ok()) {
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    ingest.write_global_seqno = false;
    ingest.allow_blocking_flush = false;
    ingest.snapshot_consistency = false;
    ingest.fail_if_not_bottommost_level = true;
    status = impl_->db().IngestExternalFile(impl_->Handle(Family::kData), {path}, ingest);
  }
  // After a move the name is gone already; after a failure it must not stay.
  static_cast<void>(file_options.env->DeleteFile(path).ok());
  return FromRocks(status, "bulk file");
}

Status Store::DropBulk(std::string_view begin, std::string_view end) {
  auto* const handle = impl_->Handle(Family::kData);
  const rocksdb::Slice from = SliceOf(begin);
  const rocksdb::Slice to = SliceOf(end);
  const rocksdb::RangePtr range(&from, &to);
  auto status = rocksdb::DeleteFilesInRanges(&impl_->db(), handle, &range, 1, /*include_end=*/false);
  if (!status.ok()) return FromRocks(status, "drop files");
  return {};
}

bool Store::read_only() const { return impl_->read_only; }

std::vector<TableFile> Store::TableFiles() const {
  std::vector<TableFile> out;
  for (std::size_t i = 0; i < kFamilies; ++i) {
    const auto family = static_cast<Family>(i);
    rocksdb::ColumnFamilyMetaData meta;
    impl_->db().GetColumnFamilyMetaData(impl_->Handle(family), &meta);
    for (const auto& level : meta.levels) {
      for (const auto& file : level.files) {
        out.push_back(
            {family, file.db_path + file.name, file.size, file.num_entries, file.smallestkey, file.largestkey});
      }
    }
  }
  return out;
}

Status Store::VerifyTableFile(const TableFile& file) const {
  rocksdb::Options options(rocksdb::DBOptions(), MakeFamilyOptions(file.family, nullptr));
  options.env = impl_->env.get();
  rocksdb::SstFileReader reader(options);
  auto status = reader.Open(file.path);
  if (status.ok()) status = reader.VerifyChecksum();
  return FromRocks(status, "file " + file.path);
}

std::vector<std::string> Store::BulkFiles() const {
  std::vector<std::string> keys;
  rocksdb::ColumnFamilyMetaData meta;
  impl_->db().GetColumnFamilyMetaData(impl_->Handle(Family::kData), &meta);
  for (const auto& level : meta.levels) {
    for (const auto& file : level.files) keys.push_back(file.smallestkey);
  }
  return keys;
}

std::string Store::BulkFileOf(std::string_view key) const {
  rocksdb::ColumnFamilyMetaData meta;
  impl_->db().GetColumnFamilyMetaData(impl_->Handle(Family::kData), &meta);
  for (const auto& level : meta.levels) {
    for (const auto& file : level.files) {
      if (file.smallestkey <= key && key <= file.largestkey) return file.db_path + file.name;
    }
  }
  return {};
}

const std::vector<DamagedFile>& Store::damaged_files() const { return impl_->damaged; }
const std::vector<DamagedFile>& Store::damaged_logs() const { return impl_->damaged_logs; }

Status Store::Recreate(Family family) { return RecreateFamily(impl_->opened, family, impl_->cache); }

Result<std::vector<DamagedFile>> Store::SalvageExemplars() {
  return SalvageFamily(impl_->opened, Family::kExemplars, impl_->options, impl_->cache);
}

Result<std::vector<DamagedFile>> Store::CutDamagedLog() {
  return storage::CutDamagedLog(impl_->opened, impl_->options, impl_->cache);
}

Status Store::MergeExemplars() {
  const auto status =
      impl_->db().SetOptions(impl_->Handle(Family::kExemplars), {{"disable_auto_compactions", "false"}});
  return FromRocks(status, "merge files");
}

Status Store::Sync() {
  if (impl_->options.in_memory) return {};
  if (impl_->refused->load()) return Error{Errc::kUnavailable, "sync log: a write to it failed"};
  const auto start = std::chrono::steady_clock::now();
  const auto status = impl_->db().SyncWAL();
  impl_->fsync_seconds.Observe(SecondsSince(start));
  return FromRocks(status, "sync log");
}

Status Store::Flush(Family family) {
  rocksdb::FlushOptions flush;
  flush.wait = true;
  flush.allow_write_stall = true;
  return FromRocks(impl_->db().Flush(flush, impl_->Handle(family)), "flush");
}

// Whether a file can be created. RocksDB that finds out that it cannot, refuses writes until Resume().
Status Store::Impl::TryFile() const {
  const std::string path = options.path + "/000000.dbtmp";  // One that stays is deleted at the next start.
  std::unique_ptr<rocksdb::WritableFile> file;
  const auto status = env->NewWritableFile(path, &file, rocksdb::EnvOptions());
  if (status.ok()) static_cast<void>(env->DeleteFile(path).ok());
  return FromRocks(status, "create file");
}

// A log file that could not be appended to once stays in use after RocksDB has recovered, and the next append to it
// runs into an assertion: it must not come to that on a full disk.
Status Store::Impl::CheckSpace(std::size_t bytes) const {
  struct statvfs disk {};
  if (options.in_memory || ::statvfs(options.path.c_str(), &disk) != 0) return {};
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free >= kLeastFreeBytes + bytes) return {};
  return Error{Errc::kUnavailable,
               "the disk of " + options.path + " is full: " + std::to_string(free) + " bytes are free"};
}

// Only a family's change of memtables changes the file, and only one that is not empty.
Status Store::StartLogFile() {
  if (!impl_->options.in_memory) {
    if (Status possible = impl_->TryFile(); !possible) return possible;
    if (Status space = impl_->CheckSpace(0); !space) return space;
  }
  auto* const handle = impl_->Handle(Family::kState);
  auto status = impl_->db().Put(rocksdb::WriteOptions(), handle, "log-file", "");
  rocksdb::FlushOptions flush;
  flush.wait = false;
  flush.allow_write_stall = true;
  if (status.ok()) status = impl_->db().Flush(flush, handle);
  return FromRocks(status, "start log file");
}

Status Store::Resume() {
  if (!impl_->refused->exchange(false)) return {};
  const auto status = impl_->db().Resume();
  if (!status.ok()) impl_->refused->store(true);
  return FromRocks(status, "resume");
}

Status Store::Checkpoint(const std::string& path) {
  rocksdb::Checkpoint* raw = nullptr;
  auto status = rocksdb::Checkpoint::Create(&impl_->db(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  if (status.ok()) status = checkpoint->CreateCheckpoint(path);
  return FromRocks(status, "checkpoint");
}

std::uint64_t Store::LiveFileBytes(Family family) const {
  std::uint64_t bytes = 0;
  static_cast<void>(
      impl_->db().GetIntProperty(impl_->Handle(family), rocksdb::DB::Properties::kTotalSstFilesSize, &bytes));
  return bytes;
}

std::uint64_t Store::LogBytes() const {
  rocksdb::VectorLogPtr files;
  if (!impl_->db().GetSortedWalFiles(files).ok()) return 0;
  std::uint64_t bytes = 0;
  for (const auto& file : files) bytes += file->SizeFileBytes();
  return bytes;
}

std::uint64_t Store::MisplacedFiles() const {
  rocksdb::ColumnFamilyMetaData meta;
  impl_->db().GetColumnFamilyMetaData(impl_->Handle(Family::kData), &meta);
  std::uint64_t files = 0;
  for (std::size_t i = 0; i + 1 < meta.levels.size(); ++i) files += meta.levels[i].files.size();
  return files;
}

}  // namespace vigia::storage
