// The data folder: who owns it, which format it has, how large it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "storage/model/error.h"

namespace vigia::storage {

inline constexpr int kFormatVersion = 1;  // See storage/FORMAT.md.

// Owns `path` from Claim() until it dies. Not copyable.
class DataFolder {
 public:
  // Creates the folder, takes the lock file and checks the format version. kUnavailable when another process has it,
  // kInvalid when it was written in another format; nothing is changed in these cases.
  static Result<std::unique_ptr<DataFolder>> Claim(const std::string& path, bool use_lockfile);
  // For looking only: nothing is created, changed, locked or owned. kNotFound when there is no data folder, kInvalid
  // for another format, kUnavailable while a process has it: a server removes files when it wants to.
  static Result<std::unique_ptr<DataFolder>> Look(const std::string& path);
  // Makes a folder that has everything but the file VERSION a data folder; that survives a power cut.
  static Status WriteVersion(const std::string& path);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  static std::string DatabasePath(const std::string& path) { return path + "/db"; }
  std::string database_path() const { return DatabasePath(path_); }
  std::string quarantine_path() const { return path_ + "/quarantine"; }
  // 1: the last owner stopped properly, 0: it did not, -1: not known, no lock file is used.
  int clean_start() const { return clean_start_; }
  // Call when everything is on the disk: the next start will be a clean one.
  void MarkClean() { stopped_cleanly_ = true; }

 private:
  explicit DataFolder(std::string path) : path_(std::move(path)) {}
  Status Lock();
  Status CheckVersion() const;
  Status ReadVersion(bool* found) const;

  const std::string path_;
  int lock_fd_ = -1;
  int clean_start_ = -1;
  bool stopped_cleanly_ = false;
};

// Bytes that the regular files of a data folder occupy, each counted once, whatever names it has. Snapshots and the
// quarantine do not count: they are not the server's to delete. Nor do files that vanish meanwhile.
std::uint64_t FolderBytes(const std::string& path);

}  // namespace vigia::storage
