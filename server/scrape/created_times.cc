#include "server/scrape/created_times.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/exposition/openmetrics_parser.h"

namespace vigia::server {
namespace {

constexpr std::string_view kSuffix = "_created";
constexpr std::size_t kSlack = 1000;

bool Counts(MetricType type) {
  return type == MetricType::kCounter || type == MetricType::kHistogram || type == MetricType::kSummary;
}

std::string_view WithoutSuffix(std::string_view name, std::initializer_list<std::string_view> suffixes) {
  for (const std::string_view suffix : suffixes) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

storage::TimestampMs Milliseconds(double seconds) {
  constexpr double kLimit = 9.2e15;
  return std::fabs(seconds) < kLimit ? static_cast<storage::TimestampMs>(seconds * 1000) : 0;
}

}  // namespace

bool CreatedTimes::IsCreated(MetricType type, std::string_view name) {
  return Counts(type) && name.size() > kSuffix.size() && name.ends_with(kSuffix);
}

bool CreatedTimes::Read(std::string_view body) {
  ++body_;
  const bool had_times = std::exchange(has_times_, body.find(kSuffix) != std::string_view::npos);
  bool starts_anew = has_times_ && !had_times;
  if (limit_ == 0 && !times_.empty()) {
    limit_ = 2 * std::max(times_.size(), by_line_.size()) + kSlack;  // After a first body: what one needs.
  } else if (limit_ != 0 && std::max(times_.size(), by_line_.size()) > limit_) {
    times_.clear();
    by_labels_.clear();
    by_line_.clear();
    limit_ = 0;
    starts_anew = true;
  }
  if (!has_times_) return starts_anew;
  OpenMetricsParser parser(body);
  for (;;) {
    switch (parser.Next()) {
      case EntryKind::kEof:
      case EntryKind::kError: return starts_anew;  // Whoever reads the samples will say so.
      case EntryKind::kSeries: Note(parser); break;
      case EntryKind::kType:
      case EntryKind::kHelp:
      case EntryKind::kUnit:
      case EntryKind::kComment: break;
    }
  }
}

void CreatedTimes::Note(const ExpositionParser& parser) {
  const std::string_view series = parser.series();
  if (!Counts(parser.type()) || series.find(kSuffix) == std::string_view::npos) return;
  text_scratch_.assign(series);
  auto known = by_line_.find(text_scratch_);
  if (known == by_line_.end()) {
    label_scratch_.clear();
    std::string unescaped;
    parser.AppendLabels(label_scratch_, unescaped);
    const std::string_view name = label_scratch_.front().value;
    if (!IsCreated(parser.type(), name)) return;
    const Id id = Intern(WithoutSuffix(name, {kSuffix}), {}, label_scratch_);
    known = by_line_.emplace(std::string(series), id).first;
  }
  times_[known->second] = {Milliseconds(parser.value()), body_};
}

CreatedTimes::Id CreatedTimes::IdOf(MetricType type, std::span<const storage::LabelView> labels) {
  if (!has_times_ || !Counts(type) || labels.empty()) return kNone;
  const std::string_view name = labels.front().value;
  if (type == MetricType::kCounter) return Intern(WithoutSuffix(name, {"_total"}), {}, labels);
  if (type == MetricType::kSummary) return Intern(WithoutSuffix(name, {"_count", "_sum"}), "quantile", labels);
  return Intern(WithoutSuffix(name, {"_bucket", "_count", "_sum"}), "le", labels);
}

CreatedTimes::Id CreatedTimes::Intern(std::string_view base_name, std::string_view left_out,
                                      std::span<const storage::LabelView> labels) {
  std::vector<storage::LabelView> pairs{{storage::kMetricName, base_name}};
  for (const storage::LabelView& label : labels.subspan(1)) {
    if (left_out.empty() || label.name != left_out) pairs.push_back(label);
  }
  const auto [at, fresh] =
      by_labels_.try_emplace(storage::Labels::FromPairs(std::move(pairs)).bytes(), static_cast<Id>(times_.size()));
  if (fresh) times_.emplace_back();
  return at->second;
}

}  // namespace vigia::server
