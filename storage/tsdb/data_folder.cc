#include "storage/tsdb/data_folder.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vigia::storage {
namespace {

constexpr std::string_view kVersionText = "vigia storage format ";

Error IoError(std::string_view what, const std::string& path) {
  return {Errc::kIo, fmt::format("{} {}: {}", what, path, std::strerror(errno))};
}

// The names in it survive a power cut then.
Status SyncFolder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return IoError("open", path);
  const bool synced = ::fsync(fd) == 0 || errno == EINVAL;  // The latter: this file system cannot.
  Status status = synced ? Status() : IoError("sync", path);
  ::close(fd);
  return status;
}

// The server's own lock, and that of its database, which it holds also when it runs without a lock file.
Status CheckUnused(const std::string& path) {
  const Error in_use{Errc::kUnavailable,
                     fmt::format("data folder {} is in use by a running server; look at a snapshot of it instead "
                                 "(POST /api/v1/admin/tsdb/snapshot)",
                                 path)};
  if (const int fd = ::open((path + "/lock").c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) {
    const bool free = ::flock(fd, LOCK_SH | LOCK_NB) == 0;
    ::close(fd);
    if (!free) return in_use;
  }
  if (const int fd = ::open((path + "/db/LOCK").c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) {
    struct flock range {};
    range.l_type = F_RDLCK;
    range.l_whence = SEEK_SET;
    const bool free = ::fcntl(fd, F_GETLK, &range) != 0 || range.l_type == F_UNLCK;
    ::close(fd);
    if (!free) return in_use;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<DataFolder>> DataFolder::Claim(const std::string& path, bool use_lockfile) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return Error{Errc::kIo, fmt::format("create data folder {}: {}", path, error.message())};
  std::unique_ptr<DataFolder> folder(new DataFolder(path));
  if (use_lockfile) {
    if (Status status = folder->Lock(); !status) return status.error();
  }
  if (Status status = folder->CheckVersion(); !status) return status.error();
  return folder;
}

Status DataFolder::Lock() {
  const std::string file = path_ + "/lock";
  struct stat info {};
  const bool existed = ::stat(file.c_str(), &info) == 0;
  lock_fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_fd_ < 0) return IoError("open", file);
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_fd_);
    lock_fd_ = -1;
    return Error{Errc::kUnavailable, fmt::format("data folder {} is in use by another process (file lock)", path_)};
  }
  clean_start_ = existed ? 0 : 1;
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock_fd_, 0) != 0 || ::write(lock_fd_, pid.data(), pid.size()) < 0) return IoError("write", file);
  return {};
}

Result<std::unique_ptr<DataFolder>> DataFolder::Look(const std::string& path) {
  std::unique_ptr<DataFolder> folder(new DataFolder(path));
  bool found = false;
  if (Status status = folder->ReadVersion(&found); !status) return status.error();
  if (!found) return Error{Errc::kNotFound, fmt::format("{} is no data folder: it has no file VERSION", path)};
  if (Status status = CheckUnused(path); !status) return status.error();
  return folder;
}

Status DataFolder::ReadVersion(bool* found) const {
  const std::string file = path_ + "/VERSION";
  std::ifstream in(file);
  *found = static_cast<bool>(in);
  if (!in) return {};
  std::string line;
  std::getline(in, line);
  if (line == fmt::format("{}{}", kVersionText, kFormatVersion)) return {};
  if (!line.starts_with(kVersionText)) {
    return Error{Errc::kInvalid, fmt::format("{} does not name a storage format", file)};
  }
  const std::string_view number = std::string_view(line).substr(kVersionText.size());
  int version = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), version);
  const bool known = error == std::errc() && end == number.data() + number.size();
  return Error{Errc::kInvalid,
               fmt::format("data folder {} has storage format {}, this program reads and writes format {}{}", path_,
                           number, kFormatVersion,
                           !known                     ? ""
                           : version > kFormatVersion ? ": the folder was written by a newer version"
                                                      : ": the folder was written by an older version")};
}

Status DataFolder::CheckVersion() const {
  bool found = false;
  if (Status status = ReadVersion(&found); !status || found) return status;
  if (std::filesystem::exists(database_path())) {
    return Error{Errc::kInvalid, fmt::format("data folder {} has a database but no file VERSION", path_)};
  }
  return WriteVersion(path_);
}

// Under another name first: a file that is there, but empty, would be refused at the next start.
Status DataFolder::WriteVersion(const std::string& path) {
  const std::string file = path + "/VERSION";
  const std::string fresh = file + ".new";
  const std::string text = fmt::format("{}{}\n", kVersionText, kFormatVersion);
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return IoError("create", fresh);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  Status status = written ? Status() : IoError("write", fresh);
  ::close(fd);
  if (status && ::rename(fresh.c_str(), file.c_str()) != 0) status = IoError("rename", fresh);
  return status ? SyncFolder(path) : status;
}

DataFolder::~DataFolder() {
  if (lock_fd_ < 0) return;
  if (stopped_cleanly_) ::unlink((path_ + "/lock").c_str());
  ::close(lock_fd_);
}

std::uint64_t FolderBytes(const std::string& path) {
  std::uint64_t bytes = 0;
  std::set<std::pair<dev_t, ino_t>> linked;
  std::error_code error;
  auto it = std::filesystem::recursive_directory_iterator(path, error);
  for (; !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    struct stat info {};
    if (::lstat(it->path().c_str(), &info) != 0) continue;
    const std::filesystem::path name = it->path().filename();
    if (S_ISDIR(info.st_mode) && it.depth() == 0 && (name == "snapshots" || name == "quarantine")) {
      it.disable_recursion_pending();
    }
    if (!S_ISREG(info.st_mode)) continue;
    if (info.st_nlink > 1 && !linked.emplace(info.st_dev, info.st_ino).second) continue;
    bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return bytes;
}

}  // namespace vigia::storage
