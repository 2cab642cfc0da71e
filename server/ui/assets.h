// The web interface's files, embedded in the binary.
#pragma once

#include <span>
#include <string_view>

namespace vigia::server {

// Lives as long as the program. Names with a hash in them never change their content.
struct Asset {
  std::string_view name;  // "index.html", "main-3F7A.js", "favicon.svg", …
  std::string_view content_type;
  bool is_gzip = false;  // `content` is compressed.
  std::string_view content;
};

std::span<const Asset> Assets();

}  // namespace vigia::server
