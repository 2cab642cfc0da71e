#include "server/scrape/schedule.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include <fmt/format.h>

namespace vigia::server {
namespace {

constexpr std::uint64_t kFnvPrime = 1099511628211u;
constexpr std::int64_t kNsPerMs = 1'000'000;

storage::DurationMs FloorMod(storage::DurationMs a, storage::DurationMs b) { return ((a % b) + b) % b; }

}  // namespace

std::uint64_t Fnv1a(std::string_view text, std::uint64_t hash) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= kFnvPrime;
  }
  return hash;
}

std::uint64_t OffsetSeed(std::string_view host_name, const storage::Labels& external_labels) {
  return Fnv1a(external_labels.ToString(), Fnv1a(host_name));
}

std::uint64_t TargetHash(const storage::Labels& labels, std::string_view url) {
  return Fnv1a(url, Fnv1a(fmt::format("{:016}", labels.Hash())));
}

storage::DurationMs SlotPhase(std::uint64_t target_hash, std::uint64_t seed, storage::DurationMs interval_ms) {
  assert(interval_ms > 0);
  // The reference counts in nanoseconds; the same slot, cut to whole milliseconds.
  const auto interval_ns = static_cast<std::uint64_t>(interval_ms) * kNsPerMs;
  return static_cast<storage::DurationMs>((target_hash ^ seed) % interval_ns / kNsPerMs);
}

storage::TimestampMs NextSlot(storage::TimestampMs now_ms, storage::DurationMs phase_ms,
                              storage::DurationMs interval_ms) {
  assert(interval_ms > 0);
  return now_ms + interval_ms - FloorMod(now_ms - phase_ms, interval_ms);
}

storage::TimestampMs ScrapeTimestamp(storage::TimestampMs now_ms, storage::TimestampMs slot_ms,
                                     storage::DurationMs interval_ms, storage::DurationMs tolerance_ms) {
  return std::abs(now_ms - slot_ms) <= std::min(interval_ms / 100, tolerance_ms) ? slot_ms : now_ms;
}

}  // namespace vigia::server
