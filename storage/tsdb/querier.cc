#include "storage/tsdb/querier.h"

#include <algorithm>
#include <shared_mutex>
#include <unordered_map>

#include "storage/tsdb/restore_hint.h"
#include "storage/tsdb/selection.h"

namespace vigia::storage {
namespace {

class TsdbQuerier final : public Querier {
 public:
  TsdbQuerier(const ReadDeps& deps, TimestampMs start_ms, TimestampMs end_ms)
      : deps_(deps), start_ms_(start_ms), end_ms_(end_ms) {}

  Result<std::unique_ptr<Selection>> Select(const SelectHints& hints, std::span<const Matcher> matchers) override {
    const TimestampMs from = std::max(hints.start_ms, start_ms_);
    const TimestampMs to = std::min(hints.end_ms, end_ms_);
    auto pin = deps_.series.Pin();
    std::unordered_map<const Target*, TargetSnapshot> snapshots;
    std::vector<TargetId> asleep;
    // Held shared, so that a batch of several targets or a seal shows nowhere or everywhere.
    std::shared_lock visible(deps_.runs.visibility());
    auto hits = deps_.series.Select(
        matchers, from, to, hints.limit, [&](Target& target) { snapshots[&target] = target.Snapshot(); }, &asleep);
    while (hits && !asleep.empty()) {
      visible.unlock();
      if (Status status = deps_.series.WakeAll(asleep); !status) return status.error();
      asleep.clear();
      visible.lock();
      hits = deps_.series.Select(
          matchers, from, to, hints.limit, [&](Target& target) { snapshots[&target] = target.Snapshot(); }, &asleep);
    }
    if (!hits) return hits.error();
    std::vector<SelectedTarget> targets;
    for (TargetHits& hit : *hits) {
      targets.push_back(
          {hit.target, std::move(hit.columns), std::move(hit.lines), std::move(snapshots[hit.target]), {}});
    }
    auto selection =
        std::make_unique<TsdbSelection>(deps_, std::move(pin), deps_.runs.Current(), deps_.tombstones.Current(),
                                        std::move(targets), from, to, RestorationFor(hints));
    if (hints.wanted_labels) selection->Want(deps_.series.SymbolsOf(*hints.wanted_labels));
    return std::unique_ptr<Selection>(std::move(selection));
  }

  Result<LabelStrings> LabelNames(std::span<const Matcher> matchers, std::uint64_t limit) override {
    auto names = deps_.series.LabelNames(matchers, start_ms_, end_ms_);
    if (!names) return names.error();
    return Limited(*std::move(names), limit);
  }

  Result<LabelStrings> LabelValues(const std::string& name, std::span<const Matcher> matchers,
                                   std::uint64_t limit) override {
    auto values = deps_.series.LabelValues(name, matchers, start_ms_, end_ms_);
    if (!values) return values.error();
    return Limited(*std::move(values), limit);
  }

 private:
  static LabelStrings Limited(std::vector<std::string> values, std::uint64_t limit) {
    const bool truncated = limit != 0 && values.size() > limit;
    if (truncated) values.resize(limit);
    return {std::move(values), truncated};
  }

  const ReadDeps deps_;
  const TimestampMs start_ms_;
  const TimestampMs end_ms_;
};

}  // namespace

std::unique_ptr<Querier> MakeQuerier(const ReadDeps& deps, TimestampMs start_ms, TimestampMs end_ms) {
  return std::make_unique<TsdbQuerier>(deps, start_ms, end_ms);
}

}  // namespace vigia::storage
