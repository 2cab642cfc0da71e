#include "storage/kv/loss_notice.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <utility>

#include "storage/kv/set_aside.h"

namespace vigia::storage {

void LossNotice::Logv(const char* format, va_list arguments) {
  Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, arguments);
}

void LossNotice::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  constexpr std::size_t kLine = 2048;
  if (level >= rocksdb::InfoLogLevel::WARN_LEVEL) {
    va_list copy;
    va_copy(copy, arguments);
    std::array<char, kLine> line{};
    std::vsnprintf(line.data(), line.size(), format, copy);
    va_end(copy);
    Notice(line.data());
  }
  text_log_->Logv(level, format, arguments);
}

// "[<source>:<line>] <file>: dropping <n> bytes; <status>", from the reader of logs.
void LossNotice::Notice(const std::string& line) {
  constexpr std::string_view kWords = ": dropping ";
  constexpr std::string_view kIgnored = "(ignoring error) ";
  constexpr std::string_view kBegun = "error reading trailing data";
  const std::size_t at = line.find(kWords);
  if (at == std::string::npos || line.find(kBegun) != std::string::npos) return;
  const std::size_t source = line.starts_with('[') ? line.find("] ") : std::string::npos;
  std::size_t start = source == std::string::npos || source >= at ? 0 : source + 2;
  if (line.compare(start, kIgnored.size(), kIgnored) == 0) start += kIgnored.size();
  DamagedFile loss;
  loss.path = line.substr(start, at - start);
  loss.why = line.substr(at + 2);
  if (auto kept_as = KeepAside(loss.path, quarantine_path_)) loss.kept_as = std::move(*kept_as);  // Else only told.
  const std::lock_guard lock(mu_);
  losses_.push_back(std::move(loss));
}

std::vector<DamagedFile> LossNotice::Take() {
  const std::lock_guard lock(mu_);
  return std::exchange(losses_, {});
}

}  // namespace vigia::storage
