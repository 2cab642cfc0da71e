// Upper and lower case of the alphabets that label values are written in: Latin, Greek, Cyrillic.
#pragma once

#include <string>
#include <string_view>

namespace vigia::alerting {

// strings.ToUpper and strings.ToLower for ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic; other characters stay.
std::string ToUpperText(std::string_view text);
std::string ToLowerText(std::string_view text);
// strings.Title: the first letter of each word in upper case.
std::string ToTitleText(std::string_view text);

}  // namespace vigia::alerting
