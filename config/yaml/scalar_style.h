// Which of YAML's notations a string may be written in. Internal to the room.
#pragma once

#include <string_view>

namespace vigia::config::yaml {

enum class ScalarStyle { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral };

enum class ScalarPlace { kBlock, kFlow, kKey };

// The notation that Go's yaml.v2 chooses for a string in this place.
ScalarStyle StyleFor(std::string_view text, ScalarPlace place);

// True when the plain text would be read as something other than a string: null, a boolean, a number, a time.
bool ResolvesToOther(std::string_view text);

}  // namespace vigia::config::yaml
