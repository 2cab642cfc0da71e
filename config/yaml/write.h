// Node tree to text, laid out as Go's yaml.v2 does, byte for byte: what Prometheus' users compare and script against.
#pragma once

#include <string>

#include "config/yaml/node.h"

namespace vigia::config::yaml {

// Block style; lists not indented below their key; plain scalars where they read back as the same string (a scalar with
// `quoted` set is a string; without, it is written as it is: numbers, booleans); long texts folded at column 80.
// The text ends with a newline.
std::string Write(const Node& node);

}  // namespace vigia::config::yaml
