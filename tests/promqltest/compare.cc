#include "tests/promqltest/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include "promql/parser/literal.h"
#include "storage/model/sample.h"
#include "tests/promqltest/buckets.h"

namespace vigia::promqltest {
namespace {

using promql::Value;
using storage::FloatHistogram;
using storage::Labels;

bool SameBuckets(const std::vector<storage::BucketSpan>& spans_a, const std::vector<double>& buckets_a,
                 const std::vector<storage::BucketSpan>& spans_b, const std::vector<double>& buckets_b) {
  return std::ranges::equal(
      NonEmptyBuckets(spans_a, buckets_a), NonEmptyBuckets(spans_b, buckets_b),
      [](const auto& a, const auto& b) { return a.first == b.first && AlmostEqual(a.second, b.second); });
}

std::string ToText(const FloatHistogram& h) {
  const auto buckets = [](const auto& spans, const auto& counts) {
    std::string out;
    for (const auto& [index, count] : NonEmptyBuckets(spans, counts)) {
      out += fmt::format(" {}:{}", index, promql::FormatNumber(count));
    }
    return out;
  };
  std::string out =
      fmt::format("{{{{schema:{} count:{} sum:{} z_bucket:{} z_bucket_w:{} buckets:[{} ] n_buckets:[{} ]", h.schema,
                  promql::FormatNumber(h.count), promql::FormatNumber(h.sum), promql::FormatNumber(h.zero_count),
                  promql::FormatNumber(h.zero_threshold), buckets(h.positive_spans, h.positive_buckets),
                  buckets(h.negative_spans, h.negative_buckets));
  if (h.schema == storage::kCustomBucketsSchema)
    out += fmt::format(" custom_values:[{}]", fmt::join(h.custom_values, " "));
  constexpr std::string_view kHints[] = {"unknown", "reset", "not_reset", "gauge"};
  return out + fmt::format(" hint:{}}}}}", kHints[static_cast<std::size_t>(h.hint)]);
}

std::string ToText(double v, const storage::HistogramPtr& h) { return h ? ToText(*h) : promql::FormatNumber(v); }
std::string ToText(const Point& point) { return point.omitted ? "_" : ToText(point.v, point.h); }

bool PointIs(const Point& expected, double v, const storage::HistogramPtr& h) {
  if (expected.omitted || (expected.h != nullptr) != (h != nullptr)) return false;
  return h ? AlmostEqual(expected, *h) : AlmostEqual(expected.v, v);
}

const SeriesLine* Find(const std::vector<SeriesLine>& lines, const Labels& labels) {
  const auto at = std::ranges::find(lines, labels, &SeriesLine::labels);
  return at == lines.end() ? nullptr : &*at;
}

std::optional<std::string> FirstMissing(const Eval& eval, const std::set<Labels>& seen) {
  for (const SeriesLine& line : eval.series) {
    if (!seen.contains(line.labels)) return "missing series " + line.labels.ToString();
  }
  return std::nullopt;
}

struct Comparer {
  const Eval& eval;

  std::optional<std::string> operator()(const promql::Scalar& scalar) const {
    if (!eval.scalar) return "got a scalar: " + promql::FormatNumber(scalar.v);
    if (AlmostEqual(*eval.scalar, scalar.v)) return std::nullopt;
    return fmt::format("expected {}, got {}", promql::FormatNumber(*eval.scalar), promql::FormatNumber(scalar.v));
  }

  std::optional<std::string> operator()(const promql::String& string) const {
    if (!eval.string) return "got a string: " + storage::Quoted(string.v);
    if (*eval.string == string.v) return std::nullopt;
    return fmt::format("expected {}, got {}", storage::Quoted(*eval.string), storage::Quoted(string.v));
  }

  std::optional<std::string> operator()(const promql::Vector& vector) const {
    if (eval.scalar || eval.string || eval.is_range || eval.range_vector) return "got an instant vector";
    std::set<Labels> seen;
    for (std::size_t i = 0; i < vector.size(); ++i) {
      const promql::VectorElement& element = vector[i];
      const SeriesLine* line = Find(eval.series, element.metric);
      if (line == nullptr) {
        return fmt::format("unexpected series {} = {}", element.metric.ToString(), ToText(element.v, element.h));
      }
      if (!seen.insert(element.metric).second) return "twice: " + element.metric.ToString();
      if (line->points.size() != 1) return "the case does not give one value for " + line->labels.ToString();
      const auto position = static_cast<std::size_t>(line - eval.series.data());
      if (eval.ordered && position != i) {
        return fmt::format("{} is element {} instead of {}", element.metric.ToString(), i + 1, position + 1);
      }
      if (PointIs(line->points[0], element.v, element.h)) continue;
      return fmt::format("{}: expected {}, got {}", element.metric.ToString(), ToText(line->points[0]),
                         ToText(element.v, element.h));
    }
    return FirstMissing(eval, seen);
  }

  std::optional<std::string> operator()(const promql::Matrix& matrix) const {
    if (eval.scalar || eval.string) return "got a range vector";
    if (!eval.is_range && !eval.range_vector) return "got a range vector";
    std::set<Labels> seen;
    const Labels* before = nullptr;
    for (const promql::Series& series : matrix) {
      const SeriesLine* line = Find(eval.series, series.metric);
      if (line == nullptr) return "unexpected series " + series.metric.ToString() + " = " + ToText(series);
      if (!seen.insert(series.metric).second) return "twice: " + series.metric.ToString();
      if (eval.is_range && before != nullptr && !(*before < series.metric)) return "series are not sorted by labels";
      before = &series.metric;
      if (std::optional<std::string> difference = CompareSeries(*line, series)) return difference;
    }
    return FirstMissing(eval, seen);
  }

  static std::string ToText(const promql::Series& series) {
    std::string out;
    for (const promql::FloatPoint& point : series.floats) {
      out += fmt::format("{}@{} ", promql::FormatNumber(point.v), point.t);
    }
    for (const promql::HistogramPoint& point : series.histograms) {
      out += fmt::format("{}@{} ", promqltest::ToText(*point.h), point.t);
    }
    return out;
  }
  static std::string ToText(double v, const storage::HistogramPtr& h) { return promqltest::ToText(v, h); }
  static std::string ToText(const Point& point) { return promqltest::ToText(point); }

  std::optional<std::string> CompareSeries(const SeriesLine& line, const promql::Series& series) const {
    const TimeRange& times = eval.range_vector ? *eval.range_vector : eval.times;
    std::map<TimestampMs, std::pair<double, storage::HistogramPtr>> got;
    for (const promql::FloatPoint& point : series.floats) got[point.t] = {point.v, nullptr};
    for (const promql::HistogramPoint& point : series.histograms) got[point.t] = {0, point.h};
    if (got.size() != series.floats.size() + series.histograms.size()) {
      return series.metric.ToString() + ": two points at one time";
    }
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      const TimestampMs at = times.start_ms + static_cast<std::int64_t>(i) * times.step_ms;
      const auto found = got.find(at);
      const Point& expected = line.points[i];
      if (expected.omitted && found == got.end()) continue;
      const std::string text = found == got.end() ? "nothing" : ToText(found->second.first, found->second.second);
      if (found == got.end() || !PointIs(expected, found->second.first, found->second.second)) {
        return fmt::format("{} at {} ms: expected {}, got {} (all: {})", series.metric.ToString(), at, ToText(expected),
                           text, ToText(series));
      }
      got.erase(found);
    }
    if (got.empty()) return std::nullopt;
    return fmt::format("{} at {} ms: expected nothing, got {}", series.metric.ToString(), got.begin()->first,
                       ToText(got.begin()->second.first, got.begin()->second.second));
  }
};

std::string WithoutPosition(std::string text) {
  re2::RE2::Replace(&text, R"( \(\d+:\d+\)$)", "");
  return text;
}

std::optional<std::string> CompareLevel(std::string_view level, const AnnotationExpectation& expected,
                                        const std::vector<std::string>& got, bool with_positions) {
  const auto matches = [with_positions](const MessagePattern& pattern, const std::string& message) {
    if (with_positions || pattern.regex) return pattern.Matches(message);
    return WithoutPosition(pattern.text) == WithoutPosition(message);
  };
  if (expected.none && !got.empty()) return fmt::format("unexpected {}: {}", level, got.front());
  if (expected.some && got.empty()) return fmt::format("expected some {}, got none", level);
  if (expected.patterns.empty()) return std::nullopt;
  for (const MessagePattern& pattern : expected.patterns) {
    if (std::ranges::any_of(got, [&](const std::string& message) { return matches(pattern, message); })) continue;
    return fmt::format("expected {} \"{}\", got [{}]", level, pattern.text, fmt::join(got, "; "));
  }
  for (const std::string& message : got) {
    if (std::ranges::any_of(expected.patterns, [&](const auto& pattern) { return matches(pattern, message); }))
      continue;
    return fmt::format("unexpected {}: {}", level, message);
  }
  return std::nullopt;
}

}  // namespace

bool AlmostEqual(double a, double b) {
  if (storage::IsStaleNan(a) || storage::IsStaleNan(b)) return storage::IsStaleNan(a) && storage::IsStaleNan(b);
  if (std::isnan(a) && std::isnan(b)) return true;
  if (a == b) return true;
  constexpr double kTolerance = 1e-6;
  constexpr double kSmallestNormal = std::numeric_limits<double>::min();
  const double sum = std::fabs(a) + std::fabs(b);
  const double difference = std::fabs(a - b);
  if (a == 0 || b == 0 || sum < kSmallestNormal) return difference < kTolerance * kSmallestNormal;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kTolerance;
}

bool AlmostEqual(const Point& expected, const FloatHistogram& got) {
  const FloatHistogram& want = *expected.h;
  if (expected.hint_written && want.hint != got.hint) return false;
  const bool same_layout = want.schema == got.schema && want.zero_threshold == got.zero_threshold &&
                           (want.schema != storage::kCustomBucketsSchema || want.custom_values == got.custom_values);
  return same_layout && AlmostEqual(want.count, got.count) && AlmostEqual(want.sum, got.sum) &&
         AlmostEqual(want.zero_count, got.zero_count) &&
         SameBuckets(want.positive_spans, want.positive_buckets, got.positive_spans, got.positive_buckets) &&
         SameBuckets(want.negative_spans, want.negative_buckets, got.negative_spans, got.negative_buckets);
}

std::optional<std::string> CompareValue(const Eval& eval, const Value& value) {
  return std::visit(Comparer{eval}, value);
}

std::optional<std::string> CompareAnnotations(const Eval& eval, const promql::Annotations& got, bool with_positions) {
  if (auto difference = CompareLevel("warning", eval.warn, got.warnings, with_positions)) return difference;
  return CompareLevel("info", eval.info, got.infos, with_positions);
}

storage::Result<Value> ValueAt(const Eval& eval, const promql::Matrix& matrix, TimestampMs at_ms) {
  promql::Vector vector;
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    const promql::Series& series = matrix[i];
    if (i > 0 && !(matrix[i - 1].metric < series.metric)) {
      return storage::Error{storage::Errc::kInternal, "series of the range result are not sorted by labels"};
    }
    for (const promql::FloatPoint& point : series.floats) {
      if (point.t == at_ms) vector.push_back({series.metric, at_ms, point.v, nullptr});
    }
    for (const promql::HistogramPoint& point : series.histograms) {
      if (point.t == at_ms) vector.push_back({series.metric, at_ms, 0, point.h});
    }
  }
  if (!eval.scalar) return Value(std::move(vector));
  if (vector.size() != 1 || !vector[0].metric.empty()) {
    return storage::Error{storage::Errc::kInternal, "the range result of a scalar is not one series without labels"};
  }
  return Value(promql::Scalar{at_ms, vector[0].v});
}

}  // namespace vigia::promqltest
