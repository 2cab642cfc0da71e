#include "storage/codec/dropped.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "storage/bytes/varint.h"
#include "storage/codec/integers.h"
#include "storage/codec/values.h"

namespace vigia::storage {
namespace {

constexpr DurationMs kMaxSpanMs = 86'400'000;  // No resolution is coarser than a day.

// What follows the counts.
enum Content : std::uint8_t { kSums = 1, kExtremes = 2, kIncreases = 4, kAll = kSums | kExtremes | kIncreases };

void PutValues(std::span<const DroppedSamples> records, double (*value)(const DroppedSamples&), std::string& out) {
  std::vector<double> values;
  for (const DroppedSamples& record : records) values.push_back(value(record));
  std::string chunk;
  EncodeValues(values, chunk);
  PutVarint(out, chunk.size());
  out += chunk;
}

bool GetValues(ByteReader& in, std::span<DroppedSamples> records, double DroppedSamples::*member) {
  std::vector<double> values(records.size());
  const std::uint64_t size = in.Varint();
  if (!DecodeValues(in.Bytes(size), values) || !in.ok()) return false;
  for (std::size_t i = 0; i < records.size(); ++i) records[i].*member = values[i];
  return true;
}

// Something between the neighbours, where the extreme itself was not stored.
double OrMean(double extreme, const DroppedSamples& record) {
  return record.within && std::isnan(extreme) ? record.sum / static_cast<double>(record.count) : extreme;
}

}  // namespace

void EncodeDropped(std::span<const DroppedSamples> records, std::string& out) {
  assert(!records.empty());
  const auto any = [&](auto&& has) { return std::any_of(records.begin(), records.end(), has); };
  std::uint8_t content = 0;
  if (any([](const auto& r) { return r.sum != 0; })) content |= kSums;
  if (any([](const auto& r) { return !r.within; })) content |= kExtremes;
  if (any([](const auto& r) { return r.increase != 0; })) content |= kIncreases;
  std::vector<std::int64_t> spans;
  std::vector<std::int64_t> counts;
  for (const DroppedSamples& record : records) {
    spans.push_back(record.span_ms);
    counts.push_back(static_cast<std::int64_t>(record.count));
  }
  out.push_back(static_cast<char>(content));
  PackIntegers(spans, out);
  PackIntegers(counts, out);
  if ((content & kSums) != 0)
    PutValues(
        records, [](const DroppedSamples& r) { return r.sum; }, out);
  if ((content & kExtremes) != 0) {
    PutValues(
        records, [](const DroppedSamples& r) { return OrMean(r.min, r); }, out);
    PutValues(
        records, [](const DroppedSamples& r) { return OrMean(r.max, r); }, out);
  }
  if ((content & kIncreases) != 0)
    PutValues(
        records, [](const DroppedSamples& r) { return r.increase; }, out);
}

bool DecodeDropped(std::string_view bytes, std::span<DroppedSamples> records) {
  ByteReader in(bytes);
  const std::uint8_t content = in.Byte();
  if (!in.ok() || (content & ~kAll) != 0) return false;
  std::vector<std::int64_t> spans(records.size());
  std::vector<std::int64_t> counts(records.size());
  if (!UnpackIntegers(in, spans) || !UnpackIntegers(in, counts)) return false;
  const bool has_extremes = (content & kExtremes) != 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (counts[i] <= 0 || spans[i] <= 0 || spans[i] > kMaxSpanMs) return false;
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    records[i] = {records[i].t, spans[i], static_cast<std::uint64_t>(counts[i]), 0, kNone, kNone, 0, !has_extremes};
  }
  if ((content & kSums) != 0 && !GetValues(in, records, &DroppedSamples::sum)) return false;
  if (has_extremes && !GetValues(in, records, &DroppedSamples::min)) return false;
  if (has_extremes && !GetValues(in, records, &DroppedSamples::max)) return false;
  if ((content & kIncreases) != 0 && !GetValues(in, records, &DroppedSamples::increase)) return false;
  return in.left() == 0;
}

}  // namespace vigia::storage
