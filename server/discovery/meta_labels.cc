#include "server/discovery/meta_labels.h"

#include <fmt/format.h>

namespace vigia::server {

std::string LabelNameOf(std::string_view key) {
  std::string name;
  name.reserve(key.size());
  for (const char c : key) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    const bool continues = (static_cast<unsigned char>(c) & 0xc0) == 0x80;  // Of a character of several bytes.
    if (kept) {
      name += c;
    } else if (!continues) {
      name += '_';
    }
  }
  return name;
}

void AddEntries(JsonView entries, std::string_view prefix, storage::LabelsBuilder& labels) {
  for (const auto& entry : entries.entries()) {
    labels.Set(std::string(prefix) + LabelNameOf(entry.key), JsonView(entry.value).text());
  }
}

std::string HostAndPort(std::string_view host, std::string_view port) {
  const bool ipv6 = host.find(':') != std::string_view::npos;
  return ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace vigia::server
