#include "storage/model/go_regex.h"

#include <algorithm>

#include <re2/re2.h>

namespace vigia::storage {
namespace {

constexpr std::string_view kName = "(?<";

Error Invalid(std::string_view reason) {
  return {Errc::kInvalid, std::string("error parsing regexp: ").append(reason)};
}

// The place behind the character class that begins at `at`, or the end of a text that does not close it.
std::size_t EndOfClass(std::string_view text, std::size_t at) {
  ++at;
  if (at < text.size() && text[at] == '^') ++at;
  if (at < text.size() && text[at] == ']') ++at;  // The first one stands for itself.
  while (at < text.size() && text[at] != ']') {
    const std::size_t named = text.substr(at).starts_with("[:") ? text.find(":]", at + 2) : std::string_view::npos;
    if (named != std::string_view::npos) {
      at = named + 2;
    } else {
      at += text[at] == '\\' ? 2 : 1;
    }
  }
  return std::min(at + 1, text.size());
}

// The place behind \Q...\E, which the end of the text closes too.
std::size_t EndOfQuote(std::string_view text, std::size_t at) {
  const std::size_t end = text.find("\\E", at + 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

// Whether `text` begins with a group that has a name; (?<= is something else, and unknown to both.
bool BeginsNamedGroup(std::string_view text) {
  if (!text.starts_with(kName)) return false;
  const std::string_view name = text.substr(kName.size(), text.find('>') - kName.size());
  return !name.empty() && kName.size() + name.size() < text.size() && std::ranges::all_of(name, [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

Result<std::string> ToRe2Syntax(std::string_view pattern) {
  if (pattern.find(kName) == std::string_view::npos && pattern.find("\\C") == std::string_view::npos) {
    return std::string(pattern);
  }
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::string_view rest = pattern.substr(at);
    std::size_t end = at + 1;
    if (rest.starts_with("\\C")) return Invalid("invalid escape sequence: `\\C`");
    if (rest.starts_with("\\Q")) {
      end = EndOfQuote(pattern, at);
    } else if (rest.front() == '\\') {
      end = std::min(at + 2, pattern.size());
    } else if (rest.front() == '[') {
      end = EndOfClass(pattern, at);
    } else if (BeginsNamedGroup(rest)) {
      out += "(?P";
      at += 2;
      end = at + 1;
    }
    out += pattern.substr(at, end - at);
    at = end;
  }
  return out;
}

Result<std::shared_ptr<const re2::RE2>> CompileGoRegex(std::string_view pattern, RegexDot dot) {
  const auto text = ToRe2Syntax(pattern);
  if (!text) return text.error();
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(dot == RegexDot::kAny);
  auto regex = std::make_shared<const re2::RE2>(*text, options);
  if (!regex->ok()) return Invalid(regex->error());
  return regex;
}

}  // namespace vigia::storage
