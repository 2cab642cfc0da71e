#include "tests/promqltest/histogram_notation.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/promqltest/buckets.h"
#include "tests/promqltest/numbers.h"

namespace vigia::promqltest {
namespace {

using storage::Errc;
using storage::Error;
using storage::FloatHistogram;

Error Invalid(std::string_view what, std::string_view text) {
  return {Errc::kInvalid, fmt::format("bad histogram: {} \"{}\"", what, text)};
}

bool ParseInt(std::string_view text, std::int32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool ParseOne(std::string_view text, double& out) {
  const std::optional<double> number = ParseDecimal(text);
  out = number.value_or(0);
  return number.has_value();
}

bool ParseList(std::string_view text, std::vector<double>& out) {
  if (!text.starts_with('[') || !text.ends_with(']')) return false;
  for (const std::string_view item : Words(text.substr(1, text.size() - 2))) {
    const std::optional<double> number = ParseDecimal(item);
    if (!number) return false;
    out.push_back(*number);
  }
  return true;
}

bool ParseHint(std::string_view text, storage::CounterResetHint& out) {
  using Hint = storage::CounterResetHint;
  if (text == "unknown") return out = Hint::kUnknown, true;
  if (text == "reset") return out = Hint::kReset, true;
  if (text == "not_reset") return out = Hint::kNotReset, true;
  if (text == "gauge") return out = Hint::kGauge, true;
  return false;
}

struct Fields {
  std::int32_t offset = 0;
  std::int32_t negative_offset = 0;
};

bool SetField(std::string_view key, std::string_view value, WrittenHistogram& out, Fields& fields) {
  FloatHistogram& h = out.histogram;
  if (key == "schema") return ParseInt(value, h.schema);
  if (key == "sum") return ParseOne(value, h.sum);
  if (key == "count") return ParseOne(value, h.count);
  if (key == "z_bucket") return ParseOne(value, h.zero_count);
  if (key == "z_bucket_w") return ParseOne(value, h.zero_threshold);
  if (key == "buckets") return ParseList(value, h.positive_buckets);
  if (key == "n_buckets") return ParseList(value, h.negative_buckets);
  if (key == "custom_values") return ParseList(value, h.custom_values);
  if (key == "offset") return ParseInt(value, fields.offset);
  if (key == "n_offset") return ParseInt(value, fields.negative_offset);
  if (key != "counter_reset_hint") return false;
  out.hint_written = true;
  return ParseHint(value, h.hint);
}

std::vector<storage::BucketSpan> OneSpan(std::int32_t offset, std::size_t length) {
  if (length == 0) return {};
  return {{offset, static_cast<std::uint32_t>(length)}};
}

// Where bucket `index` of a schema finer by `steps` falls.
std::int32_t CoarserIndex(std::int32_t index, std::int32_t steps) { return ((index - 1) >> steps) + 1; }

void AddBuckets(const BucketMap& from, std::int32_t steps, int sign, BucketMap& to) {
  for (const auto& [index, count] : from) to[CoarserIndex(index, steps)] += sign * count;
}

}  // namespace

storage::Result<WrittenHistogram> ParseHistogram(std::string_view text) {
  WrittenHistogram out;
  Fields fields;
  std::set<std::string_view> seen;
  while (true) {
    text = Trimmed(text);
    if (text.empty()) break;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return Invalid("no colon in", text);
    const std::string_view key = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    const std::size_t close = text.starts_with('[') ? text.find(']') : text.find(' ');
    const std::size_t length = close == std::string_view::npos ? text.size() : close + (text.starts_with('[') ? 1 : 0);
    const std::string_view value = text.substr(0, length);
    text.remove_prefix(length);
    if (!seen.insert(key).second) return Invalid("twice", key);
    if (!SetField(key, value, out, fields)) return Invalid(key, value);
  }
  FloatHistogram& h = out.histogram;
  h.positive_spans = OneSpan(fields.offset, h.positive_buckets.size());
  h.negative_spans = OneSpan(fields.negative_offset, h.negative_buckets.size());
  return out;
}

storage::Result<FloatHistogram> Combine(const FloatHistogram& a, const FloatHistogram& b, int sign) {
  const bool custom = a.schema == storage::kCustomBucketsSchema;
  if (a.schema > b.schema || custom != (b.schema == storage::kCustomBucketsSchema)) {
    return Error{Errc::kInvalid, "the schema of the first histogram is larger than that of the second"};
  }
  if (a.custom_values != b.custom_values) return Error{Errc::kInvalid, "custom bounds differ"};
  if (a.zero_threshold != b.zero_threshold) return Error{Errc::kInvalid, "zero buckets differ in width"};
  FloatHistogram out = a;
  const std::int32_t steps = custom ? 0 : b.schema - a.schema;
  out.count += sign * b.count;
  out.sum += sign * b.sum;
  out.zero_count += sign * b.zero_count;
  BucketMap positive = NonEmptyBuckets(a.positive_spans, a.positive_buckets);
  BucketMap negative = NonEmptyBuckets(a.negative_spans, a.negative_buckets);
  AddBuckets(NonEmptyBuckets(b.positive_spans, b.positive_buckets), steps, sign, positive);
  AddBuckets(NonEmptyBuckets(b.negative_spans, b.negative_buckets), steps, sign, negative);
  SetBuckets(positive, out.positive_spans, out.positive_buckets);
  SetBuckets(negative, out.negative_spans, out.negative_buckets);
  return out;
}

}  // namespace vigia::promqltest
