#include "storage/model/matcher.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "storage/model/go_regex.h"

namespace vigia::storage {

Matcher::Matcher(MatchType type, std::string name, std::string value)
    : type_(type), name_(std::move(name)), value_(std::move(value)) {}

Matcher Matcher::Equal(std::string name, std::string value) {
  return {MatchType::kEqual, std::move(name), std::move(value)};
}

Result<Matcher> Matcher::Create(MatchType type, std::string name, std::string value) {
  Matcher matcher(type, std::move(name), std::move(value));
  if (type == MatchType::kRegex || type == MatchType::kNotRegex) {
    auto regex = CompileGoRegex(matcher.value_, RegexDot::kAny);
    if (!regex) return regex.error();
    matcher.regex_ = *std::move(regex);
  }
  return matcher;
}

bool Matcher::Matches(std::string_view value) const {
  switch (type_) {
    case MatchType::kEqual: return value == value_;
    case MatchType::kNotEqual: return value != value_;
    case MatchType::kRegex: return re2::RE2::FullMatch({value.data(), value.size()}, *regex_);
    case MatchType::kNotRegex: return !re2::RE2::FullMatch({value.data(), value.size()}, *regex_);
  }
  return false;
}

std::string_view ToString(MatchType type) {
  switch (type) {
    case MatchType::kEqual: return "=";
    case MatchType::kNotEqual: return "!=";
    case MatchType::kRegex: return "=~";
    case MatchType::kNotRegex: return "!~";
  }
  return "?";
}

std::string Matcher::ToString() const {
  return fmt::format("{}{}{}", IsLegacyLabelName(name_) ? name_ : Quoted(name_), storage::ToString(type_),
                     Quoted(value_));
}

}  // namespace vigia::storage
