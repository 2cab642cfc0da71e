// RocksDB as this server uses it: a fixed set of column families, atomic batches, bulk files, range drops. The only
// room that includes RocksDB.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::storage {

enum class Family : std::uint8_t {
  kCatalog,  // Targets, lines, columns, runs.
  kData,     // Row groups: only bulk files, never Put.
  kWal0,     // Row frames, see storage/wal.
  kWal1,
  kExemplars,
  kState,  // Small state of other parts: rules, cursors.
};
inline constexpr std::size_t kFamilies = 6;

enum class WriteMode {
  kProcess,  // Survives a killed process when Write() returns (handed to the operating system).
  kDisk,     // Survives a power cut when Write() returns (synced).
};

struct StoreOptions {
  std::string path;             // Created when it is not there.
  std::string quarantine_path;  // Where damaged files go, see DamagedFile; empty: they make Open() fail.
  bool in_memory = false;       // Nothing reaches a disk: for tests of what stands above.
  std::size_t block_cache_bytes = 64u << 20;
  std::size_t log_limit_bytes = 256u << 20;  // Of RocksDB's own log, see DBOptions::max_total_wal_size.
};

// Changes that are applied together or not at all. Thread-compatible; reusable after Clear().
class Batch {
 public:
  Batch();
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  void Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);
  void Clear();  // Keeps the memory.
  bool empty() const;
  std::size_t bytes() const;  // Memory that it holds, about.

 private:
  friend class Store;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A value that stays valid as long as this object, without a copy where possible.
class PinnedValue {
 public:
  PinnedValue();
  explicit PinnedValue(std::string value);
  ~PinnedValue();
  PinnedValue(PinnedValue&&) noexcept;
  PinnedValue& operator=(PinnedValue&&) noexcept;
  std::string_view view() const;

 private:
  friend class Store;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct KeyValue {
  std::string key;
  std::string value;
};

// A table file, or one of the log, that could not be read.
struct DamagedFile {
  Family family = Family::kData;
  std::string path;       // Where it was.
  std::string kept_as;    // Where it is now; empty when it was missing.
  std::string first_key;  // Of a file of kData that could not be opened.
  std::string why;
};

// A table file of the database, of any family.
struct TableFile {
  Family family = Family::kState;
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  std::string first_key;
  std::string last_key;
};

// Thread-safe except where a method says otherwise.
class Store {
 public:
  // kCorruption or kIo with RocksDB's text when the folder cannot be opened. Files of all families but kCatalog that
  // cannot be opened are moved to the quarantine first, when that is all that is wrong; else nothing is changed. A
  // folder with files of a database, but without its CURRENT, is damaged, not new.
  static Result<std::unique_ptr<Store>> Open(const StoreOptions& options, Registry& registry);
  // For looking only: no file below `options.path` is created, changed or removed, and every change of the store fails.
  // The log is replayed into memory. Files that cannot be opened do not make this fail, reading what they hold does;
  // what is lost with a damaged log is told by damaged_logs(). REQUIRES: nobody writes to the database meanwhile.
  static Result<std::unique_ptr<Store>> OpenReadOnly(const StoreOptions& options, Registry& registry);
  ~Store();

  Status Write(Batch& batch, WriteMode mode);
  // nullopt when there is no such key.
  Result<std::optional<PinnedValue>> Get(Family family, std::string_view key) const;
  // Calls `each` for the keys of [begin, end) in order until it returns an error, which is passed on.
  Status Scan(Family family, std::string_view begin, std::string_view end,
              const std::function<Status(std::string_view key, std::string_view value)>& each) const;

  // Adds the sorted `items` to kData as one file, without the log and without memory tables.
  // REQUIRES: keys strictly increasing, not empty, and no key of kData lies between the first and the last of them.
  // `compress` trades CPU for space (ZSTD).
  Status AddBulk(const std::vector<KeyValue>& items, bool compress);
  // Drops the files of kData that lie in [begin, end) entirely: all of the range when it ends where bulk files end.
  Status DropBulk(std::string_view begin, std::string_view end);

  bool read_only() const;
  // All table files, from the database's own notes.
  std::vector<TableFile> TableFiles() const;
  // Reads the file from its beginning to its end and compares all checksums.
  Status VerifyTableFile(const TableFile& file) const;
  // The first keys of all bulk files, from the database's own notes: no file is read.
  std::vector<std::string> BulkFiles() const;
  // Path of the bulk file in whose range `key` lies, "" when there is none.
  std::string BulkFileOf(std::string_view key) const;
  // What Open() moved to the quarantine.
  const std::vector<DamagedFile>& damaged_files() const;
  // Files of RocksDB's log of which Open() lost a part, or all that follows, because it is damaged; copies of them are
  // in the quarantine.
  const std::vector<DamagedFile>& damaged_logs() const;

  // Reads all of kExemplars. Files of it that are damaged are kept in the quarantine, and the family begins anew with
  // what could be read; empty when all is well. REQUIRES: nobody else uses this family during the call.
  Result<std::vector<DamagedFile>> SalvageExemplars();
  // Lets RocksDB merge the files of kExemplars in the background, which it does not before: damage that it meets there
  // makes it refuse all writes. Call it when they have been read.
  Status MergeExemplars();
  // Reads all of kWal0 and kWal1. When a table file of one is damaged, what that family has in front of the damage
  // moves to the other family, and the rest of it is gone; the files that had more are kept in the quarantine. Empty,
  // and no change, when all is well. REQUIRES: nobody else uses these families during the call.
  Result<std::vector<DamagedFile>> CutDamagedLog();
  // Forgets all content of a family at once; after a failure call it again. REQUIRES: nobody else uses this family
  // during the call.
  Status Recreate(Family family);
  // Makes everything written so far survive a power cut.
  Status Sync();
  // Moves a family's recent content out of the log into its table files, so that the log can be shortened.
  Status Flush(Family family);
  // Begins another file of RocksDB's own log, without waiting for anything, and lets it look for files that nobody
  // needs. A log file goes when no family has unflushed records in it.
  Status StartLogFile();
  // Tries to leave the state of refused writes after an error such as a full disk. Nothing to do without one.
  Status Resume();
  // A consistent copy by hard links where possible. REQUIRES: `path` does not exist.
  Status Checkpoint(const std::string& path);

  std::uint64_t LiveFileBytes(Family family) const;
  std::uint64_t LogBytes() const;
  // Files of kData above the bottom level: 0 as long as bulk files never overlap.
  std::uint64_t MisplacedFiles() const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia::storage
