#include "server/app/file_watch.h"

#include <fstream>
#include <sstream>

#include <xxhash.h>

namespace vigia::server {

std::uint64_t ChecksumOf(const std::vector<std::string>& paths) {
  std::uint64_t sum = 0;
  for (const std::string& path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream content;
    if (in) content << in.rdbuf();
    const std::string text = path + '\0' + (in ? '1' : '0') + content.str();
    sum = XXH64(text.data(), text.size(), sum);
  }
  return sum;
}

}  // namespace vigia::server
