// When a target is scraped, and which time its samples carry (surface.md 5.6). Arithmetic only: clocks are arguments.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

inline constexpr std::uint64_t kFnvOffset = 14695981039346656037u;

// FNV-1a with 64 bits; `hash` continues an earlier text.
std::uint64_t Fnv1a(std::string_view text, std::uint64_t hash = kFnvOffset);

// Spreads servers with different names or external labels over the interval: two of them scrape a target at different
// times.
std::uint64_t OffsetSeed(std::string_view host_name, const storage::Labels& external_labels);

// Identifies a target: `labels` are all that it has after relabelling except __meta_ ones.
std::uint64_t TargetHash(const storage::Labels& labels, std::string_view url);

// Where in each interval the target's slots lie: 0 <= phase < interval_ms. REQUIRES: interval_ms > 0.
storage::DurationMs SlotPhase(std::uint64_t target_hash, std::uint64_t seed, storage::DurationMs interval_ms);

// The first slot after `now_ms`. Slots are the times with the phase on the absolute clock, whatever was scraped before.
storage::TimestampMs NextSlot(storage::TimestampMs now_ms, storage::DurationMs phase_ms,
                              storage::DurationMs interval_ms);

// The time that samples of a scrape begun at `now_ms` carry: the slot it was begun for when they are at most
// `tolerance_ms` and one percent of the interval apart, so that the distances of samples are equal and compress to
// nothing; else `now_ms`.
storage::TimestampMs ScrapeTimestamp(storage::TimestampMs now_ms, storage::TimestampMs slot_ms,
                                     storage::DurationMs interval_ms, storage::DurationMs tolerance_ms);

}  // namespace vigia::server
