// Upper and lower case of UTF-8 text, letter by letter (Unicode's simple mappings), as relabelling needs it.
#pragma once

#include <string>
#include <string_view>

namespace vigia::config {

// Bytes that are not UTF-8 become U+FFFD.
std::string LowerCase(std::string_view text);
std::string UpperCase(std::string_view text);

}  // namespace vigia::config
