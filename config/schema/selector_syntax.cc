#include "config/schema/selector_syntax.h"

#include <string>

#include <re2/re2.h>

#include "storage/model/labels.h"

namespace vigia::config {
namespace {

using storage::Errc;
using storage::Error;
using storage::Status;

// A part that is up to 63 characters long, begins and ends with a letter or digit.
constexpr const char* kName = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";

std::string RequirementPattern() {
  const std::string name(kName);
  const std::string key = "(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?" + name;
  const std::string value = "(?:" + name + ")?";
  const std::string set = R"(\s+(?:in|notin)\s*\(\s*)" + value + R"((?:\s*,\s*)" + value + R"()*\s*\))";
  const std::string comparison = R"(\s*(?:==|=|!=)\s*)" + value + R"(|\s*[<>]\s*-?[0-9]+)";
  return R"(\s*(?:!\s*)" + key + "|" + key + "(?:" + set + "|" + comparison + R"()?)\s*)";
}

Error Bad(std::string_view kind, std::string_view selector) {
  return Error{Errc::kInvalid, "invalid " + std::string(kind) + " selector: " + storage::Quoted(selector)};
}

}  // namespace

Status CheckLabelSelector(std::string_view selector) {
  static const RE2 kSelector([] {
    const std::string requirement = RequirementPattern();
    return requirement + "(?:," + requirement + ")*";
  }());
  if (selector.empty() || RE2::FullMatch(selector, kSelector)) return {};
  return Bad("label", selector);
}

Status CheckFieldSelector(std::string_view selector) {
  static const RE2 kSelector([] {
    const std::string requirement = R"(\s*[^=!,\\\s]+\s*(?:==|=|!=)(?:[^,=\\]|\\[,=\\])*)";
    return requirement + "(?:," + requirement + ")*";
  }());
  if (selector.empty() || RE2::FullMatch(selector, kSelector)) return {};
  return Bad("field", selector);
}

}  // namespace vigia::config
