#include "server/exposition/nhcb_parser.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "server/exposition/number.h"

namespace vigia::server {
namespace {

using storage::LabelView;

}  // namespace

bool NhcbParser::IsTransparent() const {
  return !is_ahead() && !held_ && !collecting_ && inner_->type() != MetricType::kHistogram;
}

std::string_view NhcbParser::Upcoming(std::size_t size) {
  return IsTransparent() ? inner_->Upcoming(size) : LookaheadParser::Upcoming(size);
}

bool NhcbParser::TrySeries(std::string_view expected) {
  if (!IsTransparent()) return LookaheadParser::TrySeries(expected);
  if (!inner_->TrySeries(expected)) return false;
  Pass(EntryKind::kSeries);
  return true;
}

bool NhcbParser::TryLine(std::string_view expected, std::optional<MetricType> announced) {
  if (!IsTransparent()) return LookaheadParser::TryLine(expected, announced);
  if (announced == MetricType::kHistogram) return false;  // To be parsed: the name of the family is needed.
  if (!inner_->TryLine(expected, announced)) return false;
  type_ = inner_->type();
  return true;
}

EntryKind NhcbParser::Advance() {
  for (;;) {
    const EntryKind kind = held_ ? *std::exchange(held_, std::nullopt) : inner_->Next();
    if (kind == EntryKind::kError) return Pass(kind);
    const HistogramPart part = kind == EntryKind::kSeries ? ReadPart() : HistogramPart::kNone;
    if (collecting_ && (part == HistogramPart::kNone || !IsSameHistogram()) && Finish()) {
      held_ = kind;
      return EntryKind::kSeries;
    }
    if (part == HistogramPart::kNone) return Pass(kind);
    Collect(part);
    if (keep_classic_) return Pass(kind);
  }
}

EntryKind NhcbParser::Pass(EntryKind kind) {
  emitting_ = false;
  family_ = inner_->family();
  text_ = inner_->unit();
  type_ = inner_->type();
  series_ = inner_->series();
  value_ = inner_->value();
  histogram_.reset();
  timestamp_ms_ = inner_->timestamp_ms();
  if (kind == EntryKind::kType) typed_family_ = family_;
  if (kind == EntryKind::kError) error_ = inner_->error();
  return kind;
}

// Which part of a classic histogram the inner parser's series is. Sets labels_ and bound_.
HistogramPart NhcbParser::ReadPart() {
  if (inner_->type() != MetricType::kHistogram) return HistogramPart::kNone;
  labels_.clear();
  inner_->AppendLabels(labels_, scratch_);
  const HistogramName name = SplitHistogramName(labels_.front().value);
  if (name.part == HistogramPart::kNone || name.family != typed_family_) return HistogramPart::kNone;
  labels_.front().value = name.family;
  const auto bound = std::find_if(labels_.begin(), labels_.end(), [](const LabelView& l) { return l.name == "le"; });
  if (name.part == HistogramPart::kBucket) {
    const auto number = bound == labels_.end() ? std::nullopt : ParseGoFloat(bound->value);
    if (!number || std::isnan(*number)) return HistogramPart::kNone;
    bound_ = *number;
  }
  if (bound != labels_.end()) labels_.erase(bound);
  std::sort(labels_.begin() + 1, labels_.end(), [](const LabelView& a, const LabelView& b) { return a.name < b.name; });
  return name.part;
}

bool NhcbParser::IsSameHistogram() const {
  return std::equal(labels_.begin(), labels_.end(), group_.begin(), group_.end(),
                    [](const LabelView& a, const auto& b) { return a.name == b.first && a.value == b.second; });
}

void NhcbParser::Begin() {
  collecting_ = true;
  classic_.Clear();
  group_.clear();
  for (const LabelView& label : labels_) group_.emplace_back(label.name, label.value);
  group_timestamp_ms_ = inner_->timestamp_ms();
  group_exemplars_.clear();
}

void NhcbParser::Collect(HistogramPart part) {
  if (!collecting_) Begin();
  for (const RawExemplar& exemplar : inner_->exemplars()) group_exemplars_.push_back(exemplar);
  switch (part) {
    case HistogramPart::kNone: break;
    case HistogramPart::kBucket: classic_.AddBucket(bound_, inner_->value()); break;
    case HistogramPart::kCount: classic_.SetCount(inner_->value()); break;
    case HistogramPart::kSum: classic_.SetSum(inner_->value()); break;
  }
}

// Makes the collected histogram the current entry. False: the series made none.
bool NhcbParser::Finish() {
  collecting_ = false;
  histogram_ = classic_.ToCustomBuckets();
  if (!histogram_) return false;
  emitting_ = true;
  // No series() of a text format begins like this.
  key_ = "\xff";
  for (const auto& [name, value] : group_) key_.append(name).append(1, '\xff').append(value).append(1, '\xff');
  series_ = key_;
  type_ = MetricType::kHistogram;
  timestamp_ms_ = group_timestamp_ms_;
  return true;
}

std::span<const RawExemplar> NhcbParser::exemplars() const {
  return emitting_ ? std::span<const RawExemplar>(group_exemplars_) : inner_->exemplars();
}

void NhcbParser::AppendLabels(std::vector<LabelView>& out, std::string& scratch) const {
  if (!emitting_) return inner_->AppendLabels(out, scratch);
  for (const auto& [name, value] : group_) out.push_back({name, value});
}

void NhcbParser::AppendExemplarLabels(const RawExemplar& exemplar, std::vector<LabelView>& out,
                                      std::string& scratch) const {
  inner_->AppendExemplarLabels(exemplar, out, scratch);
}

}  // namespace vigia::server
