#include "server/remote/wire_labels.h"

#include <algorithm>

#include "server/wire/target_labels.h"
#include "server/wire/wire_reader.h"
#include "storage/bytes/varint.h"

namespace vigia::server {

using storage::LabelView;

bool LabelParser::Read(std::string_view wire) {
  pairs_.clear();
  WireReader labels(wire);
  while (labels.Next()) {
    if (!labels.Expect(WireType::kBytes)) return false;
    LabelView pair;
    WireReader label(labels.bytes());
    while (label.Next()) {
      if (label.field() > 2) continue;
      if (!label.Expect(WireType::kBytes)) return false;
      (label.field() == 1 ? pair.name : pair.value) = label.bytes();
    }
    if (label.error() != nullptr) return false;
    pairs_.push_back(pair);
  }
  return labels.error() == nullptr;
}

ParsedLabels LabelParser::Check(bool series) {
  std::stable_sort(pairs_.begin(), pairs_.end(),
                   [](const LabelView& a, const LabelView& b) { return a.name < b.name; });
  bool valid = true;
  bool named = !series;
  for (const LabelView& pair : pairs_) {
    valid = valid && !pair.name.empty() && pair.name.size() <= storage::kMaxLabelBytes &&
            pair.value.size() <= storage::kMaxLabelBytes && storage::IsValidUtf8(pair.name) &&
            storage::IsValidUtf8(pair.value);
    named = named || (pair.name == storage::kMetricName && !pair.value.empty());
  }
  if (!valid || !named) return {LabelFault::kInvalid, {}, LabelText(pairs_), {}};
  const auto twice = std::adjacent_find(pairs_.begin(), pairs_.end(),
                                        [](const LabelView& a, const LabelView& b) { return a.name == b.name; });
  if (twice != pairs_.end()) return {LabelFault::kDuplicate, {}, LabelText(pairs_), std::string(twice->name)};
  return {LabelFault::kNone, storage::Labels::FromPairs(pairs_), {}, {}};
}

ParsedLabels LabelParser::ParseSeries(std::string_view wire) {
  if (!Read(wire)) return {LabelFault::kMalformed, {}, {}, {}};
  return Check(true);
}

ParsedLabels LabelParser::ParseExemplar(std::string_view wire) {
  if (!Read(wire)) return {LabelFault::kMalformed, {}, {}, {}};
  return Check(false);
}

storage::Labels LabelParser::TargetLabels(std::string_view wire) {
  if (!Read(wire)) return {};
  const ParsedLabels parsed = Check(false);
  return parsed.fault == LabelFault::kNone ? TargetLabelsOf(parsed.labels) : storage::Labels();
}

void PutWireLabel(std::string& out, std::string_view name, std::string_view value) {
  const std::size_t size =
      2 + storage::VarintSize(name.size()) + name.size() + storage::VarintSize(value.size()) + value.size();
  out.push_back('\x0a');
  storage::PutVarint(out, size);
  out.push_back('\x0a');
  storage::PutVarint(out, name.size());
  out.append(name);
  out.push_back('\x12');
  storage::PutVarint(out, value.size());
  out.append(value);
}

std::string LabelText(const std::vector<LabelView>& labels) {
  std::string text = "{";
  for (const LabelView& label : labels) {
    if (text.size() > 1) text += ", ";
    text.append(label.name).append("=").append(storage::Quoted(label.value));
  }
  return text + "}";
}

}  // namespace vigia::server
