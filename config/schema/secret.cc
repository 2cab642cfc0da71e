#include "config/schema/secret.h"

#include <algorithm>

namespace vigia::config {

std::string RedactedUrl(std::string_view url) {
  std::string out(url);
  const std::size_t scheme = out.find("://");
  if (scheme == std::string::npos) return out;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(out.find_first_of("/?#", begin), out.size());
  const std::size_t at = out.rfind('@', end);
  if (at == std::string::npos || at < begin) return out;
  const std::size_t colon = out.find(':', begin);
  if (colon == std::string::npos || colon > at) return out;
  out.replace(colon + 1, at - colon - 1, "xxxxx");
  return out;
}

}  // namespace vigia::config
