// The web page's files, embedded in the binary.
#pragma once

#include <span>
#include <string_view>

namespace vigia::server {

struct Asset {
  std::string_view name;  // "index.html", "app.js", …
  std::string_view content_type;
  std::string_view content;
};

std::span<const Asset> Assets();

}  // namespace vigia::server
