#include "server/sender/position.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace vigia::server {
namespace {

constexpr std::string_view kHead = "vigia-remote-write 1 ";

}  // namespace

Position::~Position() {
  if (fd_ >= 0) ::close(fd_);
}

storage::Status Position::Open(const std::string& path) {
  const std::lock_guard lock(mu_);
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) return storage::Error{storage::Errc::kIo, fmt::format("{}: {}", path, std::strerror(errno))};
  char bytes[128] = {};
  const ssize_t size = ::pread(fd_, bytes, sizeof(bytes) - 1, 0);
  if (size < 0) return storage::Error{storage::Errc::kIo, fmt::format("{}: {}", path, std::strerror(errno))};
  std::string_view text(bytes, static_cast<std::size_t>(size));
  if (text.empty()) {
    Write(storage::kMaxTimestampMs);
    return {};
  }
  const storage::Error corrupt{storage::Errc::kCorruption, fmt::format("{} holds no position of a remote", path)};
  if (!text.starts_with(kHead)) return corrupt;
  text.remove_prefix(std::min(text.find_first_not_of(' ', kHead.size()), text.size()));
  storage::TimestampMs value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data() + text.size() || *end != '\n') return corrupt;
  value_ = value;
  return {};
}

storage::TimestampMs Position::value() const {
  const std::lock_guard lock(mu_);
  return value_;
}

void Position::Lower(storage::TimestampMs t) {
  const std::lock_guard lock(mu_);
  if (t < value_) Write(t);
}

std::size_t Position::failures() const {
  const std::lock_guard lock(mu_);
  return failures_;
}

void Position::Write(storage::TimestampMs t) {
  value_ = t;
  if (fd_ < 0) return;
  const std::string line = fmt::format("{}{:>20}\n", kHead, t);
  if (::pwrite(fd_, line.data(), line.size(), 0) != static_cast<ssize_t>(line.size())) ++failures_;
}

}  // namespace vigia::server
