#include "server/auth/secret_file.h"

#include <fstream>
#include <iterator>

namespace vigia::server {

storage::Result<std::string> ReadSecretFile(const std::string& file, const std::string& otherwise) {
  if (file.empty()) return otherwise;
  std::ifstream stream(file, std::ios::binary);
  if (!stream.is_open()) return storage::Error{storage::Errc::kIo, "unable to read file " + file};
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return std::string();
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace vigia::server
