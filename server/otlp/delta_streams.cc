#include "server/otlp/delta_streams.h"

#include <algorithm>
#include <random>
#include <utility>

#include <xxhash.h>

#include "server/wire/histogram_rules.h"

namespace vigia::server {
namespace {

constexpr std::size_t kStreamBytes = 400;  // Of one without buckets, with its place in the table.
constexpr storage::DurationMs kSweepMs = 60'000;
constexpr std::size_t kMaxBuckets = 160;  // Of a side, as OpenTelemetry's SDKs have at most.
constexpr const char* kStreamsGauge = "vigia_otlp_delta_streams";

std::uint64_t RandomSeed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

void AppendText(std::string& key, std::string_view text) {
  key.append(std::to_string(text.size())).append(":").append(text);
}

void AppendAttributes(std::string& key, const OtlpAttributes& attributes) {
  std::vector<const OtlpAttribute*> sorted;
  for (const OtlpAttribute& attribute : attributes) sorted.push_back(&attribute);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
  for (const OtlpAttribute* attribute : sorted) {
    AppendText(key, attribute->key);
    AppendText(key, attribute->value);
  }
  key += ';';
}

std::int64_t First(const OtlpBuckets& buckets, int shift) { return std::int64_t{buckets.offset} >> shift; }
std::int64_t Last(const OtlpBuckets& buckets, int shift) {
  return (std::int64_t{buckets.offset} + static_cast<std::int64_t>(buckets.counts.size()) - 1) >> shift;
}

// How far two sides, coarser by a shift each, must be merged further to have room together.
int ExtraShift(const OtlpBuckets& a, int shift_a, const OtlpBuckets& b, int shift_b) {
  if (a.counts.empty() || b.counts.empty()) {
    const OtlpBuckets& one = a.counts.empty() ? b : a;
    const int shift = a.counts.empty() ? shift_b : shift_a;
    int extra = 0;
    while (!one.counts.empty() && Last(one, shift + extra) - First(one, shift + extra) >= std::int64_t{kMaxBuckets}) {
      ++extra;
    }
    return extra;
  }
  int extra = 0;
  for (;; ++extra) {
    const std::int64_t first = std::min(First(a, shift_a + extra), First(b, shift_b + extra));
    const std::int64_t last = std::max(Last(a, shift_a + extra), Last(b, shift_b + extra));
    if (last - first < std::int64_t{kMaxBuckets}) return extra;
  }
}

void AddShifted(const OtlpBuckets& from, int shift, std::int64_t first, std::vector<std::uint64_t>& counts) {
  for (std::size_t i = 0; i < from.counts.size(); ++i) {
    const std::int64_t index = (std::int64_t{from.offset} + static_cast<std::int64_t>(i)) >> shift;
    counts[static_cast<std::size_t>(index - first)] += from.counts[i];
  }
}

// Both sides are at most kMaxBuckets wide once shifted, as ExtraShift() says.
void MergeSide(OtlpBuckets& total, int shift_total, const OtlpBuckets& delta, int shift_delta) {
  if (total.counts.empty() && delta.counts.empty()) return;
  const bool only_total = delta.counts.empty();
  const bool only_delta = total.counts.empty();
  const std::int64_t first = only_total   ? First(total, shift_total)
                             : only_delta ? First(delta, shift_delta)
                                          : std::min(First(total, shift_total), First(delta, shift_delta));
  const std::int64_t last = only_total   ? Last(total, shift_total)
                            : only_delta ? Last(delta, shift_delta)
                                         : std::max(Last(total, shift_total), Last(delta, shift_delta));
  OtlpBuckets merged{static_cast<std::int32_t>(first), {}};
  merged.counts.resize(static_cast<std::size_t>(last - first + 1));
  AddShifted(total, shift_total, first, merged.counts);
  AddShifted(delta, shift_delta, first, merged.counts);
  total = std::move(merged);
}

void AddSum(OtlpPoint& total, const OtlpPoint& delta) {
  if (total.sum && delta.sum) {
    *total.sum += *delta.sum;
  } else {
    total.sum.reset();  // Not known any more.
  }
}

// False: there is no scale in which both have room.
bool AddExponential(OtlpPoint& total, const OtlpPoint& delta) {
  const std::int32_t scale = std::min(total.scale, delta.scale);
  // A scale is any number that the sender likes; beyond this all indexes are -2 to 1.
  const auto distance = [scale](std::int32_t from) {
    return static_cast<int>(std::min<std::int64_t>(std::int64_t{from} - scale, 32));
  };
  int shift_total = distance(total.scale);
  int shift_delta = distance(delta.scale);
  const int extra = std::max(ExtraShift(total.positive, shift_total, delta.positive, shift_delta),
                             ExtraShift(total.negative, shift_total, delta.negative, shift_delta));
  if (scale - extra < kMinSchema) return false;
  shift_total += extra;
  shift_delta += extra;
  MergeSide(total.positive, shift_total, delta.positive, shift_delta);
  MergeSide(total.negative, shift_total, delta.negative, shift_delta);
  total.scale = scale - extra;
  total.zero_count += delta.zero_count;
  total.count += delta.count;
  AddSum(total, delta);
  return true;
}

// False: the bounds are other ones, so that the two cannot be added.
bool AddExplicit(OtlpPoint& total, const OtlpPoint& delta) {
  if (total.explicit_bounds != delta.explicit_bounds || total.bucket_counts.size() != delta.bucket_counts.size()) {
    return false;
  }
  for (std::size_t i = 0; i < total.bucket_counts.size(); ++i) total.bucket_counts[i] += delta.bucket_counts[i];
  total.count += delta.count;
  AddSum(total, delta);
  return true;
}

bool Add(OtlpKind kind, OtlpPoint& total, const OtlpPoint& delta) {
  switch (kind) {
    case OtlpKind::kNone:
    case OtlpKind::kGauge:
    case OtlpKind::kSummary: return false;
    case OtlpKind::kSum: total.value += delta.value; return true;
    case OtlpKind::kHistogram: return AddExplicit(total, delta);
    case OtlpKind::kExponentialHistogram: return AddExponential(total, delta);
  }
  return false;
}

std::size_t BytesOf(const OtlpPoint& point) {
  const std::size_t numbers = point.bucket_counts.size() + point.explicit_bounds.size() + point.positive.counts.size() +
                              point.negative.counts.size();
  return kStreamBytes + numbers * sizeof(double);
}

}  // namespace

DeltaStreams::DeltaStreams(storage::Registry& registry, DeltaLimits limits)
    : registry_(registry),
      limits_(limits),
      seed_(RandomSeed()),
      dropped_(registry.AddCounter("vigia_otlp_delta_dropped_total",
                                   "Deltas that were not added up: not newer than the last one of their stream.")),
      refused_(registry.AddCounter("vigia_otlp_delta_refused_total",
                                   "Deltas that were not added up: there is no room for more streams.")) {
  registry_.AddCallback(kStreamsGauge, "Streams of deltas that are added up.", storage::InstrumentType::kGauge, [this] {
    const std::lock_guard lock(mu_);
    return static_cast<double>(streams_.size());
  });
}

DeltaStreams::~DeltaStreams() { registry_.RemoveCallback(kStreamsGauge); }

void DeltaStreams::Begin(Stream& stream, const OtlpPoint& point) {
  stream.total = point;
  stream.total.attributes = {};
  stream.total.exemplars = {};
}

bool DeltaStreams::Accumulate(const std::string& key, OtlpKind kind, OtlpPoint& point, storage::TimestampMs now_ms) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), seed_);
  const std::lock_guard lock(mu_);
  Sweep(now_ms);
  const auto [at, is_new] = streams_.try_emplace(Key{hash.low64, hash.high64});
  Stream& stream = at->second;
  if (is_new) {
    Begin(stream, point);
  } else {
    if (point.start_ns < stream.total.start_ns || point.time_ns <= stream.total.time_ns) return dropped_.Add(), false;
    stream.total.time_ns = point.time_ns;
    if (!Add(kind, stream.total, point)) Begin(stream, point);
  }
  stream.seen_ms = now_ms;
  const std::size_t bytes = BytesOf(stream.total);
  bytes_ += bytes - stream.bytes;  // Unsigned: right for less, too.
  stream.bytes = bytes;
  if (is_new && bytes_ > limits_.max_bytes) {
    bytes_ -= bytes;
    streams_.erase(at);
    return refused_.Add(), false;
  }
  OtlpAttributes attributes = std::move(point.attributes);
  std::vector<OtlpExemplar> exemplars = std::move(point.exemplars);
  point = stream.total;
  point.attributes = std::move(attributes);
  point.exemplars = std::move(exemplars);
  return true;
}

void DeltaStreams::Sweep(storage::TimestampMs now_ms) {
  if (now_ms - last_sweep_ms_ < kSweepMs) return;
  last_sweep_ms_ = now_ms;
  std::erase_if(streams_, [&](const auto& entry) {
    const bool idle = now_ms - entry.second.seen_ms > limits_.max_idle_ms;
    if (idle) bytes_ -= entry.second.bytes;
    return idle;
  });
}

void DeltaAccumulator::BeginResource(const OtlpAttributes& attributes) {
  resource_key_.clear();
  AppendAttributes(resource_key_, attributes);
  next_.BeginResource(attributes);
}

void DeltaAccumulator::BeginScope(const OtlpScope& scope) {
  scope_key_ = resource_key_;
  AppendText(scope_key_, scope.name);
  AppendText(scope_key_, scope.version);
  AppendAttributes(scope_key_, scope.attributes);
  next_.BeginScope(scope);
}

void DeltaAccumulator::BeginMetric(const OtlpMetric& metric) {
  kind_ = metric.kind;
  accumulates_ = metric.temporality == Temporality::kDelta &&
                 (kind_ == OtlpKind::kSum || kind_ == OtlpKind::kHistogram || kind_ == OtlpKind::kExponentialHistogram);
  if (!accumulates_) return next_.BeginMetric(metric);
  metric_key_ = scope_key_;
  AppendText(metric_key_, metric.name);
  AppendText(metric_key_, metric.unit);
  metric_key_ += static_cast<char>('0' + static_cast<int>(kind_));
  metric_key_ += metric.is_monotonic ? 'm' : 'n';
  OtlpMetric cumulative = metric;
  cumulative.temporality = Temporality::kCumulative;
  next_.BeginMetric(cumulative);
}

void DeltaAccumulator::TakePoint(const OtlpPoint& point) {
  if (!accumulates_ || point.has_no_value()) return next_.TakePoint(point);
  std::string key = metric_key_;
  AppendAttributes(key, point.attributes);
  OtlpPoint sum = point;
  if (streams_.Accumulate(key, kind_, sum, now_ms_)) next_.TakePoint(sum);
}

}  // namespace vigia::server
