// JSON text to the same node tree, for files and answers that are JSON by contract. YAML readers trip over escapes that
// only JSON has (\ud83d\ude00).
#pragma once

#include <string>
#include <string_view>

#include "config/yaml/node.h"
#include "config/yaml/parse.h"
#include "storage/model/error.h"

namespace vigia::config::yaml {

// Numbers and booleans become plain scalars, strings quoted ones. Nodes carry no lines. Of equal keys the last wins, as
// in Go. kInvalid for bad syntax, kLimit beyond `limits`.
storage::Result<Node> ParseJson(std::string_view text, const std::string& file_name, const Limits& limits = {});

}  // namespace vigia::config::yaml
