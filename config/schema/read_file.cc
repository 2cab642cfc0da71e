#include "config/schema/read_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "config/yaml/parse.h"

namespace vigia::config {

using storage::Errc;
using storage::Error;

storage::Result<std::string> ReadWholeFile(const std::string& path) {
  const auto reason = [](int code) { return std::generic_category().message(code); };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) return Error{Errc::kIo, "open " + path + ": " + reason(errno)};
  std::string text;
  std::array<char, 65536> block{};
  const std::size_t max_bytes = yaml::Limits().max_bytes;
  while (true) {
    const std::size_t got = std::fread(block.data(), 1, block.size(), file.get());
    text.append(block.data(), got);
    if (text.size() > max_bytes) {
      return Error{Errc::kLimit, path + ": larger than " + std::to_string(max_bytes) + " bytes"};
    }
    if (got < block.size()) break;
  }
  if (std::ferror(file.get()) != 0) return Error{Errc::kIo, "read " + path + ": " + reason(errno)};
  return text;
}

}  // namespace vigia::config
