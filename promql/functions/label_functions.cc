#include "promql/functions/label_functions.h"

#include <algorithm>
#include <charconv>

#include <re2/re2.h>

#include "storage/model/go_regex.h"

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

// Asks for room for `bytes` as the value of `name`, which is made by `append`, and sets it.
template <class AppendTo>
storage::Status SetValue(storage::Labels& labels, const std::string& name, std::uint64_t bytes, const LabelRoom& room,
                         AppendTo&& append_to) {
  const std::size_t before = labels.Get(name).size();
  if (bytes > before) {
    const std::uint64_t more = bytes - before + (before == 0 ? name.size() : 0);
    if (storage::Status status = room(bytes, more); !status) return status;
  }
  std::string value;
  value.reserve(bytes);
  append_to(value);
  storage::LabelsBuilder builder(labels);
  builder.Set(name, value);
  labels = builder.Build();
  return {};
}

}  // namespace

storage::Result<LabelReplacement> LabelReplacement::Create(std::string destination, std::string replacement,
                                                           std::string source, std::string_view regex) {
  auto compiled = storage::CompileGoRegex(regex, storage::RegexDot::kAny);
  if (!compiled) return Invalid("invalid regular expression in label_replace()", regex);
  LabelReplacement out;
  out.regex_ = *std::move(compiled);
  if (!IsLabelName(destination)) return Invalid("invalid destination label name in label_replace()", destination);
  out.destination_ = std::move(destination);
  out.replacement_ = std::move(replacement);
  out.source_ = std::move(source);
  out.ParseReplacement();
  return out;
}

void LabelReplacement::ParseReplacement() {
  const std::string_view text = replacement_;
  const auto at = [&](std::string_view rest) { return static_cast<std::uint32_t>(text.size() - rest.size()); };
  std::string_view rest = text;
  Piece piece;
  while (true) {
    const std::size_t dollar = rest.find('$');
    if (dollar == std::string_view::npos) break;
    rest.remove_prefix(dollar);
    piece.end = at(rest);
    rest.remove_prefix(1);
    if (rest.starts_with('$')) {
      ++piece.end;
      rest.remove_prefix(1);
    } else {
      const std::string_view name = TakeReference(rest);
      if (name.empty()) continue;  // The `$` and what follows belong to the bytes that were before it.
      const int group = GroupIndex(name, *regex_);
      if (group <= regex_->NumberOfCapturingGroups()) piece.group = group;
    }
    pieces_.push_back(piece);
    piece = {at(rest), at(rest), kNoGroup};
  }
  piece.end = at({});
  pieces_.push_back(piece);
}

storage::Result<bool> LabelReplacement::Apply(storage::Labels& labels, const LabelRoom& room) const {
  const std::string_view value = labels.Get(source_);
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex_->NumberOfCapturingGroups()) + 1);
  const re2::StringPiece text(value.data(), value.size());
  if (!regex_->Match(text, 0, value.size(), re2::RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()))) {
    return false;
  }
  const auto group_of = [&](const Piece& piece) {
    if (piece.group == kNoGroup) return std::string_view();
    const re2::StringPiece& group = groups[static_cast<std::size_t>(piece.group)];
    return std::string_view(group.data(), group.size());
  };
  std::uint64_t bytes = 0;
  for (const Piece& piece : pieces_) bytes += piece.end - piece.begin + group_of(piece).size();
  const storage::Status status = SetValue(labels, destination_, bytes, room, [&](std::string& out) {
    for (const Piece& piece : pieces_) {
      out.append(replacement_, piece.begin, piece.end - piece.begin).append(group_of(piece));
    }
  });
  if (!status) return status.error();
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

storage::Status LabelJoin::Apply(storage::Labels& labels, const LabelRoom& room) const {
  std::vector<std::string_view> values;
  values.reserve(sources_.size());
  std::uint64_t bytes = sources_.empty() ? 0 : (sources_.size() - 1) * separator_.size();
  for (const std::string& source : sources_) bytes += values.emplace_back(labels.Get(source)).size();
  return SetValue(labels, destination_, bytes, room, [&](std::string& out) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += separator_;
      out += values[i];
    }
  });
}

}  // namespace vigia::promql
