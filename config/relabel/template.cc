#include "config/relabel/template.h"

#include <cstddef>

namespace vigia::config {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWord(char c) { return IsWordStart(c) || IsDigit(c); }

struct Reference {
  std::string_view name;   // Empty = none starts here.
  std::size_t length = 0;  // Of the whole reference, the dollar sign included.
};

// REQUIRES: text[at] == '$'.
Reference ReferenceAt(std::string_view text, std::size_t at) {
  std::size_t begin = at + 1;
  const bool brace = begin < text.size() && text[begin] == '{';
  if (brace) ++begin;
  std::size_t end = begin;
  while (end < text.size() && IsWord(text[end])) ++end;
  if (end == begin) return {};
  if (brace && (end == text.size() || text[end] != '}')) return {};
  return {text.substr(begin, end - begin), end - at + (brace ? 1 : 0)};
}

// A number without leading zeros and below 10^8, or -1.
int GroupIndex(std::string_view name) {
  if (name.size() > 8 || (name.size() > 1 && name.front() == '0')) return -1;
  int number = 0;
  for (const char c : name) {
    if (!IsDigit(c)) return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

void ExpandTemplate(std::string_view text, const std::vector<std::string_view>& groups,
                    const std::function<int(std::string_view)>& group_number, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t dollar = text.find('$', at);
    out.append(text.substr(at, dollar - at));
    if (dollar == std::string_view::npos) return;
    if (dollar + 1 < text.size() && text[dollar + 1] == '$') {
      out.push_back('$');
      at = dollar + 2;
      continue;
    }
    const Reference reference = ReferenceAt(text, dollar);
    if (reference.name.empty()) {
      out.push_back('$');
      at = dollar + 1;
      continue;
    }
    int group = GroupIndex(reference.name);
    if (group < 0) group = group_number(reference.name);
    if (group >= 0 && static_cast<std::size_t>(group) < groups.size())
      out.append(groups[static_cast<std::size_t>(group)]);
    at = dollar + reference.length;
  }
}

bool IsLegacyNameTemplate(std::string_view text) {
  if (text.empty() || IsDigit(text.front())) return false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '$') {
      const Reference reference = ReferenceAt(text, at);
      if (reference.name.empty()) return false;
      at += reference.length;
    } else if (IsWord(text[at])) {
      ++at;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace vigia::config
