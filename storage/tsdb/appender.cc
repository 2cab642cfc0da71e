#include "storage/tsdb/appender.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <vector>

namespace vigia::storage {
namespace {

// Which series of a batch were seen before. Nearly always each series comes once and in order of columns of one target:
// that costs one bit per series. The rest goes through a flat table, whose last hit is looked at first: samples of one
// series often follow each other.
class BatchHistory {
 public:
  explicit BatchHistory(TargetId target) : target_(target) {}

  // The newest sample of the series in this batch, or null. For a series that IsMarked() it is known only after the
  // batch was entered.
  const NewestSample* Find(SeriesRef ref) {
    if (!entered_ && TargetOf(ref) == target_) return nullptr;
    const std::uint32_t at = Position(ref);
    return at == kNone ? nullptr : &entries_[at].newest;
  }
  // True when the sample need not be remembered: its series is of the batch's target and had no sample before.
  bool Mark(SeriesRef ref) {
    if (entered_ || TargetOf(ref) != target_) return false;
    const std::uint32_t column = ColumnOf(ref);
    if (column / 64 >= seen_.size()) seen_.resize(column / 64 + 1);
    seen_[column / 64] |= std::uint64_t{1} << (column % 64);
    return true;
  }
  bool IsMarked(SeriesRef ref) const {
    const std::uint32_t column = ColumnOf(ref);
    return !entered_ && TargetOf(ref) == target_ && column / 64 < seen_.size() &&
           (seen_[column / 64] >> (column % 64) & 1) != 0;
  }
  // A series comes twice: from here on the table has them all. REQUIRES: each sample so far is passed to Remember().
  void StartEntering() { entered_ = true; }
  void Remember(SeriesRef ref, const NewestSample& sample) {
    const std::uint32_t at = Position(ref);
    if (at != kNone) {
      if (sample.t > entries_[at].newest.t) entries_[at].newest = sample;
      return;
    }
    if ((entries_.size() + 1) * 2 > slots_.size()) Grow();
    last_ = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({ref, sample});
    slots_[FreeSlot(ref)] = last_ + 1;
  }
  void Clear() {
    std::fill(seen_.begin(), seen_.end(), 0);
    if (!entries_.empty()) std::fill(slots_.begin(), slots_.end(), 0);
    entries_.clear();
    last_ = 0;
    entered_ = false;
  }

 private:
  struct Entry {
    SeriesRef ref;
    NewestSample newest;
  };
  static constexpr std::uint32_t kNone = UINT32_MAX;

  std::size_t FirstSlot(SeriesRef ref) const {
    return (static_cast<std::uint64_t>(ref) * 0x9e37'79b9'7f4a'7c15) >> 32 & (slots_.size() - 1);
  }
  std::size_t FreeSlot(SeriesRef ref) const {
    std::size_t slot = FirstSlot(ref);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }
  std::uint32_t Position(SeriesRef ref) {
    if (entries_.empty()) return kNone;
    if (entries_[last_].ref == ref) return last_;
    for (std::size_t slot = FirstSlot(ref); slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
      if (entries_[slots_[slot] - 1].ref == ref) return last_ = slots_[slot] - 1;
    }
    return kNone;
  }
  void Grow() {
    slots_.assign(std::max<std::size_t>(64, slots_.size() * 4), 0);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) slots_[FreeSlot(entries_[i].ref)] = i + 1;
  }

  const TargetId target_;
  bool entered_ = false;
  std::vector<std::uint64_t> seen_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // Open addressing, a power of two; position in entries_ + 1, 0 is free.
  std::uint32_t last_ = 0;
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

  void SetStart(SeriesRef ref, TimestampMs t, TimestampMs start_ms) override {
    if (start_ms == 0 || start_ms > kMaxSampleTime || start_ms < -kMaxSampleTime) return;
    const auto add = [&](const auto& samples, std::vector<PendingStart>& starts) {
      if (samples.empty() || samples.back().ref != ref || samples.back().t != t) return false;
      starts.push_back({static_cast<std::uint32_t>(samples.size() - 1), start_ms});
      return true;
    };
    if (!add(batch_.floats, batch_.float_starts)) add(batch_.histograms, batch_.histogram_starts);
  }

  AppendOutcome AppendExemplar(SeriesRef, const Exemplar&) override {
    deps_.metrics.exemplars_dropped.Add();
    return AppendOutcome::kAdded;
  }

  Status Commit() override {
    Status status;
    if (!batch_.empty()) status = deps_.admit(batch_.floats.size() + batch_.histograms.size());
    if (status) status = deps_.committer.Commit(batch_, limits_, deps_.mode);
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
    if (history_.IsMarked(ref)) EnterBatch();
    const NewestSample* const pending = history_.Find(ref);
    const AppendOutcome outcome = deps_.committer.Judge(ref, sample, pending, limits_);
    if (outcome == AppendOutcome::kAdded && !history_.Mark(ref)) history_.Remember(ref, sample);
    return outcome;
  }

  void EnterBatch() {
    history_.StartEntering();
    for (const PendingFloat& f : batch_.floats) {
      history_.Remember(f.ref, {f.t, std::bit_cast<std::uint64_t>(f.v), false});
    }
    for (const PendingHistogram& h : batch_.histograms) history_.Remember(h.ref, {h.t, HistogramBits(*h.h), true});
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
