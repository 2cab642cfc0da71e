#include "server/tool/mapped_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vigia::server {

storage::Result<MappedFile> MappedFile::Open(const std::string& path) {
  const auto failed = [&](std::string_view what) {
    return storage::Error{storage::Errc::kIo, fmt::format("{} {}: {}", what, path, std::strerror(errno))};
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed("open");
  struct stat info {};
  const bool known = ::fstat(fd, &info) == 0;
  const auto size = static_cast<std::size_t>(info.st_size);
  void* data = nullptr;
  if (known && S_ISREG(info.st_mode) && size > 0) data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  const storage::Error error = failed("read");
  ::close(fd);  // The mapping stays.
  if (!known || data == MAP_FAILED) return error;
  if (!S_ISREG(info.st_mode)) {
    return storage::Error{storage::Errc::kInvalid, fmt::format("{} is no regular file: it is read twice", path)};
  }
  if (data == nullptr) return MappedFile(std::string_view());
  static_cast<void>(::madvise(data, size, MADV_SEQUENTIAL));
  return MappedFile(std::string_view(static_cast<const char*>(data), size));
}

MappedFile::~MappedFile() {
  // munmap() takes what mmap() gave, which was not const.
  if (!data_.empty()) ::munmap(const_cast<char*>(data_.data()), data_.size());
}

}  // namespace vigia::server
