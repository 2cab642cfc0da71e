#include "storage/tsdb/appender.h"

#include <bit>
#include <cassert>
#include <unordered_map>
#include <vector>

namespace vigia::storage {
namespace {

// Which series of a batch were seen before. Nearly always each series comes once and in order of columns of one target:
// that costs one bit per series. The rest goes through a map.
class BatchHistory {
 public:
  explicit BatchHistory(TargetId target) : target_(target) {}

  // The newest sample of the series in this batch, or null.
  const NewestSample* Find(SeriesRef ref) {
    const std::uint32_t column = ColumnOf(ref);
    if (TargetOf(ref) == target_ && (column / 64 >= seen_.size() || (seen_[column / 64] >> (column % 64) & 1) == 0)) {
      return nullptr;
    }
    const auto known = newest_.find(ref);
    return known == newest_.end() ? nullptr : &known->second;
  }
  // True when the series is new to the batch and of the batch's target: then the map does not know its sample yet.
  bool Mark(SeriesRef ref) {
    if (TargetOf(ref) != target_) return false;
    const std::uint32_t column = ColumnOf(ref);
    if (column / 64 >= seen_.size()) seen_.resize(column / 64 + 1);
    const std::uint64_t bit = std::uint64_t{1} << (column % 64);
    const bool fresh = (seen_[column / 64] & bit) == 0;
    seen_[column / 64] |= bit;
    return fresh;
  }
  bool IsMarked(SeriesRef ref) const {
    const std::uint32_t column = ColumnOf(ref);
    return TargetOf(ref) == target_ && column / 64 < seen_.size() && (seen_[column / 64] >> (column % 64) & 1) != 0;
  }
  void Remember(SeriesRef ref, const NewestSample& sample) {
    const auto [at, fresh] = newest_.try_emplace(ref, sample);
    if (!fresh && sample.t > at->second.t) at->second = sample;
  }
  void Clear() {
    std::fill(seen_.begin(), seen_.end(), 0);
    newest_.clear();
  }

 private:
  const TargetId target_;
  std::vector<std::uint64_t> seen_;
  std::unordered_map<SeriesRef, NewestSample> newest_;
};

class TsdbAppender final : public Appender {
 public:
  TsdbAppender(const WriteDeps& deps, const Labels& shared)
      : deps_(deps),
        shared_(shared),
        target_(deps.series.InternTarget(shared)),
        limits_(deps.limits()),
        history_(target_) {
    deps_.metrics.active_appenders.Add(1);
  }
  ~TsdbAppender() override { deps_.metrics.active_appenders.Add(-1); }

  Result<SeriesRef> Resolve(const Labels& labels) override {
    bool created = false;
    auto ref = deps_.series.Resolve(labels, shared_, target_, &created);
    if (created) deps_.metrics.series_created.Add();
    return ref;
  }

  AppendOutcome Append(SeriesRef ref, TimestampMs t, double v) override {
    const NewestSample sample{t, std::bit_cast<std::uint64_t>(v), false};
    const AppendOutcome outcome = Judge(ref, sample);
    if (outcome == AppendOutcome::kAdded) batch_.floats.push_back({ref, t, v});
    return outcome;
  }

  AppendOutcome AppendHistogram(SeriesRef ref, TimestampMs t, const HistogramPtr& h) override {
    assert(h != nullptr);
    const NewestSample sample{t, HistogramBits(*h), true};
    const AppendOutcome outcome = Judge(ref, sample);
    if (outcome == AppendOutcome::kAdded) batch_.histograms.push_back({ref, t, h});
    return outcome;
  }

  AppendOutcome AppendExemplar(SeriesRef, const Exemplar&) override {
    deps_.metrics.exemplars_dropped.Add();
    return AppendOutcome::kAdded;
  }

  Status Commit() override {
    Status status = deps_.committer.Commit(batch_, limits_, deps_.mode);
    Rollback();
    limits_ = deps_.limits();
    return status;
  }

  void Rollback() override {
    batch_.Clear();
    history_.Clear();
  }

 private:
  AppendOutcome Judge(SeriesRef ref, const NewestSample& sample) {
    const NewestSample* pending = history_.Find(ref);
    if (pending == nullptr && history_.IsMarked(ref)) {  // Its first sample is in the batch, but not in the map.
      LookBack(ref);
      pending = history_.Find(ref);
    }
    const AppendOutcome outcome = deps_.committer.Judge(ref, sample, pending, limits_);
    if (outcome == AppendOutcome::kAdded && !history_.Mark(ref)) history_.Remember(ref, sample);
    return outcome;
  }

  void LookBack(SeriesRef ref) {
    for (auto it = batch_.floats.rbegin(); it != batch_.floats.rend(); ++it) {
      if (it->ref != ref) continue;
      history_.Remember(ref, {it->t, std::bit_cast<std::uint64_t>(it->v), false});
      break;
    }
    for (auto it = batch_.histograms.rbegin(); it != batch_.histograms.rend(); ++it) {
      if (it->ref != ref) continue;
      history_.Remember(ref, {it->t, HistogramBits(*it->h), true});
      break;
    }
  }

  const WriteDeps deps_;
  const Labels shared_;
  const TargetId target_;
  AppendLimits limits_;
  SampleBatch batch_;
  BatchHistory history_;
};

}  // namespace

std::unique_ptr<Appender> MakeAppender(const WriteDeps& deps, const Labels& shared) {
  return std::make_unique<TsdbAppender>(deps, shared);
}

}  // namespace vigia::storage
