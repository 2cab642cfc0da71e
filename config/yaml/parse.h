// Text to node tree. The only user of yaml-cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/yaml/node.h"
#include "storage/model/error.h"

namespace vigia::config::yaml {

// What a document may be at most; an alias counts as often as it is used.
struct Limits {
  std::size_t max_bytes = 32u << 20;  // Of the text.
  std::size_t max_depth = 100;
  std::size_t max_nodes = 1'000'000;
  std::size_t max_text_bytes = 64u << 20;  // Of all scalars together.
};

// The first document of `text`; an empty text is a null node. Anchors, aliases and merge keys (<<) are resolved.
// kInvalid for bad syntax, bytes that are not UTF-8, keys that are not scalars or occur twice; kLimit for a document
// beyond `limits`. Errors read "<file_name>:<line>:<column>: <what>".
storage::Result<Node> Parse(std::string_view text, const std::string& file_name, const Limits& limits = {});

}  // namespace vigia::config::yaml
