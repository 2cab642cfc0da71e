#include "promql/functions/label_functions.h"

#include <algorithm>
#include <charconv>

#include <re2/re2.h>

namespace vigia::promql {
namespace {

bool IsLabelName(std::string_view name) { return !name.empty() && storage::IsValidUtf8(name); }

storage::Error Invalid(std::string_view what, std::string_view text) {
  std::string message(what);
  return {storage::Errc::kInvalid, message.append(": ").append(text)};
}

bool IsNameByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// What stands behind a `$` in a template of Go's regexp.Expand: name or {name}. Empty when it is neither; then the `$`
// stands for itself. Takes what it consumed off the front of `text`.
std::string_view TakeReference(std::string_view& text) {
  const bool braced = text.starts_with('{');
  const std::size_t from = braced ? 1 : 0;
  std::size_t to = from;
  while (to < text.size() && IsNameByte(text[to])) ++to;
  if (to == from || (braced && (to == text.size() || text[to] != '}'))) return {};
  const std::string_view name = text.substr(from, to - from);
  text.remove_prefix(braced ? to + 1 : to);
  return name;
}

// The number of the group, or -1. A number with a leading zero is a name.
int GroupIndex(std::string_view name, const re2::RE2& regex) {
  const bool numeric = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (numeric && (name.size() == 1 || name[0] != '0')) {
    int index = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    return error == std::errc() ? index : -1;
  }
  const auto& named = regex.NamedCapturingGroups();
  const auto found = named.find(std::string(name));
  return found == named.end() ? -1 : found->second;
}

std::string Expand(std::string_view replacement, const re2::RE2& regex, const std::vector<re2::StringPiece>& groups) {
  std::string out;
  while (!replacement.empty()) {
    const std::size_t dollar = replacement.find('$');
    out.append(replacement.substr(0, dollar));
    if (dollar == std::string_view::npos) break;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      out += '$';
      replacement.remove_prefix(1);
      continue;
    }
    const std::string_view name = TakeReference(replacement);
    if (name.empty()) {
      out += '$';
      continue;
    }
    const int index = GroupIndex(name, regex);
    if (index >= 0 && static_cast<std::size_t>(index) < groups.size()) {
      const auto& group = groups[static_cast<std::size_t>(index)];
      out.append(group.data(), group.size());
    }
  }
  return out;
}

}  // namespace

storage::Result<LabelReplacement> LabelReplacement::Create(std::string destination, std::string replacement,
                                                           std::string source, std::string_view regex) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  LabelReplacement out;
  out.regex_ = std::make_shared<const re2::RE2>(re2::StringPiece(regex.data(), regex.size()), options);
  if (!out.regex_->ok()) return Invalid("invalid regular expression in label_replace()", regex);
  if (!IsLabelName(destination)) return Invalid("invalid destination label name in label_replace()", destination);
  out.destination_ = std::move(destination);
  out.replacement_ = std::move(replacement);
  out.source_ = std::move(source);
  return out;
}

bool LabelReplacement::Apply(storage::Labels& labels) const {
  const std::string_view value = labels.Get(source_);
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex_->NumberOfCapturingGroups()) + 1);
  const re2::StringPiece text(value.data(), value.size());
  if (!regex_->Match(text, 0, value.size(), re2::RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()))) {
    return false;
  }
  storage::LabelsBuilder builder(labels);
  builder.Set(destination_, Expand(replacement_, *regex_, groups));
  labels = builder.Build();
  return true;
}

storage::Result<LabelJoin> LabelJoin::Create(std::string destination, std::string separator,
                                             std::vector<std::string> sources) {
  for (const std::string& source : sources) {
    if (!IsLabelName(source)) return Invalid("invalid source label name in label_join()", source);
  }
  if (!IsLabelName(destination)) return Invalid("invalid destination label name in label_join()", destination);
  LabelJoin out;
  out.destination_ = std::move(destination);
  out.separator_ = std::move(separator);
  out.sources_ = std::move(sources);
  return out;
}

void LabelJoin::Apply(storage::Labels& labels) const {
  std::string joined;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (i > 0) joined += separator_;
    joined += labels.Get(sources_[i]);
  }
  storage::LabelsBuilder builder(labels);
  builder.Set(destination_, joined);
  labels = builder.Build();
}

}  // namespace vigia::promql
