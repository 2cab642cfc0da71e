#include "promql/exec/series_parts.h"

#include <algorithm>
#include <utility>

namespace vigia::promql {
namespace {

// A helper takes some ten microseconds to come: what is done sooner is done alone.
constexpr std::size_t kMinSeries = 256;
constexpr std::size_t kMinSlots = 32768;  // Series times steps.
constexpr std::size_t kMaxPerPart = 256;
// Neighbours share what is read for them: a worker should have some of them, as long as the rows are not too many.
constexpr std::size_t kMinPerPart = 64;
constexpr std::size_t kMaxSlots = std::size_t{1} << 20;  // Of all parts that are held.

}  // namespace

storage::Result<std::unique_ptr<SeriesParts>> SeriesParts::MakeIfWorthwhile(QueryContext& context, const Steps& steps,
                                                                            std::size_t series) {
  WorkerPool* const pool = context.workers();
  if (pool == nullptr || pool->threads() == 0 || context.counts_by_operator() || series < 2) return {nullptr};
  if (steps.count == 0) return {nullptr};  // A subquery without a step in its range.
  if (series < kMinSeries && series * steps.count < kMinSlots) return {nullptr};
  const std::size_t per_thread = (series - 1) / (pool->threads() + 1) + 1;
  const std::size_t held = OrderedParts<SeriesPart>::WindowFor(pool->threads());
  const std::size_t capacity = RowBatch::Capacity(steps.count);
  const std::size_t wanted = std::max(capacity, std::min(kMinPerPart, kMaxSlots / held / steps.count));
  const std::size_t per_part = std::min({wanted, kMaxPerPart, per_thread});
  const std::uint64_t slots = std::uint64_t{held} * per_part * steps.count;
  if (auto status = context.budget().ReserveBytes(slots * SampleBudget::kBytesPerSlot); !status) return status.error();
  return std::unique_ptr<SeriesParts>(new SeriesParts(*pool, steps.count, series, per_part));
}

void SeriesParts::Start(Fill fill) {
  const std::size_t parts = (series_ + per_part_ - 1) / per_part_;
  const auto make = [this, fill = std::move(fill)](std::size_t index, std::size_t worker, SeriesPart& part) {
    // The batch that came back for the last one's rows may be smaller.
    if (!part.rows || part.rows->capacity() < per_part_) part.rows.emplace(steps_, per_part_);
    part.rows->Clear();
    part.notes.clear();
    part.status = {};
    part.samples_read = 0;
    part.rest = index * per_part_;
    part.end = std::min(part.rest + per_part_, series_);
    fill(worker, part);
  };
  parts_.emplace(pool_, parts, helpers_, make);
}

}  // namespace vigia::promql
