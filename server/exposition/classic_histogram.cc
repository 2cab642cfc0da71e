#include "server/exposition/classic_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "server/wire/histogram_rules.h"
#include "server/wire/histogram_shape.h"

namespace vigia::server {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::uint32_t kMaxEmptyRun = 2;  // Of integer histograms, as the reference compacts them.

bool IsInteger(double count) {
  constexpr double kLimit = 9.2e18;
  return count < kLimit && count == std::floor(count);
}

}  // namespace

void ClassicHistogram::Clear() {
  buckets_.clear();
  count_.reset();
  sum_ = 0;
}

void ClassicHistogram::AddBucket(double upper_bound, double cumulative_count) {
  buckets_.push_back({upper_bound, cumulative_count});
}

// By bounds, each once. False: the counts are not those of cumulative buckets.
bool ClassicHistogram::Sort() {
  const auto below = [](const Bucket& a, const Bucket& b) { return a.upper_bound < b.upper_bound; };
  if (!std::is_sorted(buckets_.begin(), buckets_.end(), below)) {
    std::stable_sort(buckets_.begin(), buckets_.end(), below);
  }
  const auto same = [](const Bucket& a, const Bucket& b) { return a.upper_bound == b.upper_bound; };
  buckets_.erase(std::unique(buckets_.begin(), buckets_.end(), same), buckets_.end());
  double previous = 0;
  for (const Bucket& bucket : buckets_) {
    if (bucket.count < previous) return false;
    previous = bucket.count;
  }
  return true;
}

std::shared_ptr<storage::FloatHistogram> ClassicHistogram::ToCustomBuckets() {
  if (!Sort() || (count_ && *count_ < 0)) return nullptr;
  const double count = count_ ? *count_ : buckets_.empty() ? 0 : buckets_.back().count;
  if (buckets_.empty() || buckets_.back().upper_bound != kInfinity) buckets_.push_back({kInfinity, count});
  if (buckets_.back().count != count) return nullptr;
  auto h = std::make_shared<storage::FloatHistogram>();
  h->schema = storage::kCustomBucketsSchema;
  h->count = count;
  h->sum = sum_;
  h->integer = true;
  h->positive_spans = {{0, static_cast<std::uint32_t>(buckets_.size())}};
  double below = 0;
  for (const Bucket& bucket : buckets_) {
    h->integer = h->integer && IsInteger(bucket.count);
    h->positive_buckets.push_back(bucket.count - below);
    below = bucket.count;
    if (bucket.upper_bound != kInfinity) h->custom_values.push_back(bucket.upper_bound);
  }
  if (!CheckHistogram(*h).empty()) return nullptr;
  Compact(*h, h->integer ? kMaxEmptyRun : 0);
  return h;
}

HistogramName SplitHistogramName(std::string_view name) {
  constexpr struct {
    std::string_view suffix;
    HistogramPart part;
  } kParts[] = {{"_bucket", HistogramPart::kBucket}, {"_sum", HistogramPart::kSum}, {"_count", HistogramPart::kCount}};
  for (const auto& [suffix, part] : kParts) {
    if (name.ends_with(suffix)) return {part, name.substr(0, name.size() - suffix.size())};
  }
  return {HistogramPart::kNone, name};
}

}  // namespace vigia::server
