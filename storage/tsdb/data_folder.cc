#include "storage/tsdb/data_folder.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

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

Status DataFolder::CheckVersion() const {
  const std::string file = path_ + "/VERSION";
  if (std::ifstream in(file); in) {
    std::string line;
    std::getline(in, line);
    const std::string expected = fmt::format("{}{}", kVersionText, kFormatVersion);
    if (line == expected) return {};
    if (line.starts_with(kVersionText)) {
      return Error{Errc::kInvalid, fmt::format("data folder {} has storage format {}, this server reads format {}",
                                               path_, line.substr(kVersionText.size()), kFormatVersion)};
    }
    return Error{Errc::kInvalid, fmt::format("{} does not name a storage format", file)};
  }
  if (std::filesystem::exists(database_path())) {
    return Error{Errc::kInvalid, fmt::format("data folder {} has a database but no file VERSION", path_)};
  }
  std::ofstream out(file);
  out << kVersionText << kFormatVersion << '\n';
  out.close();
  if (!out) return IoError("write", file);
  return {};
}

DataFolder::~DataFolder() {
  if (lock_fd_ < 0) return;
  if (stopped_cleanly_) ::unlink((path_ + "/lock").c_str());
  ::close(lock_fd_);
}

std::uint64_t FolderBytes(const std::string& path) {
  std::uint64_t bytes = 0;
  std::error_code error;
  auto it = std::filesystem::recursive_directory_iterator(path, error);
  for (; !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    struct stat info {};
    if (::lstat(it->path().c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
      bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
    }
  }
  return bytes;
}

}  // namespace vigia::storage
