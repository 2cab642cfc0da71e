#include "server/sender/shard_count.h"

#include <algorithm>
#include <cmath>

namespace vigia::server {
namespace {

constexpr double kWeight = 0.2;           // Of the newest interval.
constexpr double kBacklogShare = 0.05;    // Of the backlog, to be worked off each second.
constexpr double kTolerance = 0.3;        // Smaller changes are not worth it.
constexpr double kLongDelaySeconds = 10;  // A queue that is that far behind does not shrink.

}  // namespace

void ShardCount::Rate::Tick(double total) {
  const double now = (total - last_total) / (static_cast<double>(kInterval) / 1000);
  last_total = total;
  per_second = started ? per_second + kWeight * (now - per_second) : now;
  if (now > 0) started = true;
}

std::int64_t ShardCount::Tick(const QueueTotals& totals, double delay_seconds, std::int64_t now) {
  in_.Tick(totals.samples_in);
  out_.Tick(totals.samples_out);
  dropped_.Tick(totals.samples_dropped);
  seconds_.Tick(totals.send_seconds);
  if (out_.per_second <= 0) return now;
  const double kept = out_.per_second / (dropped_.per_second + out_.per_second);
  const double wanted_rate = in_.per_second * kept;
  const double seconds_per_sample = seconds_.per_second / out_.per_second;
  const double backlog = std::max(0.0, delay_seconds) * wanted_rate;
  desired_ = seconds_per_sample * (wanted_rate + kBacklogShare * backlog);
  const auto shards = static_cast<double>(now);
  const double wanted = std::ceil(desired_);
  if (wanted >= shards * (1 - kTolerance) && wanted <= shards * (1 + kTolerance)) return now;
  if (wanted < shards && delay_seconds > kLongDelaySeconds) return now;
  return std::clamp(static_cast<std::int64_t>(std::min(wanted, 1e9)), min_, max_);
}

}  // namespace vigia::server
