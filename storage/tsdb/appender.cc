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

// How far before the newest sample a series may begin with a sample of 0: as long as Prometheus' head takes samples of
// a new series.
constexpr DurationMs kZeroSampleReach = 60 * 60 * 1000;

// A histogram that counted nothing yet, of the same layout.
HistogramPtr ZeroLike(const FloatHistogram& h) {
  auto zero = std::make_shared<FloatHistogram>();
  zero->hint = CounterResetHint::kReset;  // That is what a start is.
  zero->integer = h.integer;
  zero->schema = h.schema;
  zero->zero_threshold = h.zero_threshold;
  zero->custom_values = h.custom_values;
  return zero;
}

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

  void AppendZeroAtStart(SeriesRef ref, TimestampMs t, TimestampMs start_ms, const HistogramPtr& like) override {
    if (start_ms == 0 || start_ms >= t || start_ms < limits_.oldest_ms) return;
    if (start_ms < std::max(t, deps_.committer.max_t()) - kZeroSampleReach) return;
    if (history_.IsMarked(ref)) EnterBatch();
    const NewestSample* const pending = history_.Find(ref);
    if (pending != nullptr ? start_ms <= pending->t : !deps_.committer.IsNewer(ref, start_ms)) return;
    static_cast<void>(like == nullptr ? Append(ref, start_ms, 0) : AppendHistogram(ref, start_ms, ZeroLike(*like)));
  }

  AppendOutcome AppendExemplar(SeriesRef ref, const Exemplar& exemplar) override {
    const AppendOutcome outcome = deps_.exemplars.Judge(ref, exemplar, limits_.out_of_order_window_ms);
    if (outcome == AppendOutcome::kAdded) exemplars_.push_back({ref, exemplar});
    return outcome;
  }

  Status Commit() override {
    Status status;
    if (!batch_.empty()) status = deps_.admit(batch_.floats.size() + batch_.histograms.size());
    const auto [oldest, newest] = Times();
    std::unique_ptr<CommitWatch> watch;
    if (status && deps_.listener != nullptr) watch = deps_.listener->WillCommit(oldest);
    if (status) status = deps_.committer.Commit(batch_, limits_, deps_.mode);
    if (status && deps_.versions != nullptr && !batch_.empty()) deps_.versions->Touch(oldest, newest);
    if (status && watch != nullptr) watch->Committed(Committed(oldest, newest));
    if (status && !exemplars_.empty()) {
      deps_.exemplars.Commit(std::move(exemplars_), limits_.out_of_order_window_ms);
    }
    Rollback();
    limits_ = deps_.limits();
    return status;
  }

  void Rollback() override {
    batch_.Clear();
    exemplars_.clear();
    history_.Clear();
  }

 private:
  std::pair<TimestampMs, TimestampMs> Times() const {
    TimestampMs first = kMaxTimestampMs;
    TimestampMs last = kMinTimestampMs;
    const auto see = [&](TimestampMs t) {
      first = std::min(first, t);
      last = std::max(last, t);
    };
    for (const PendingFloat& f : batch_.floats) see(f.t);
    for (const PendingHistogram& h : batch_.histograms) see(h.t);
    return {first, last};
  }

  CommittedBatch Committed(TimestampMs oldest, TimestampMs newest) const {
    CommittedBatch out;
    out.oldest_ms = oldest;
    out.newest_ms = newest;
    out.floats.reserve(batch_.floats.size());
    for (const PendingFloat& f : batch_.floats) out.floats.push_back({f.ref, f.t, f.v});
    for (const PendingHistogram& h : batch_.histograms) out.histograms.push_back({h.ref, h.t, h.h});
    if (!batch_.float_starts.empty()) out.float_starts.resize(out.floats.size());
    for (const PendingStart& start : batch_.float_starts) out.float_starts[start.sample] = start.start;
    if (!batch_.histogram_starts.empty()) out.histogram_starts.resize(out.histograms.size());
    for (const PendingStart& start : batch_.histogram_starts) out.histogram_starts[start.sample] = start.start;
    for (const PendingExemplar& e : exemplars_) out.exemplars.push_back({e.series, e.exemplar});
    return out;
  }

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
  std::vector<PendingExemplar> exemplars_;
  BatchHistory history_;
};

}  // namespace

std::unique_ptr<Appender> MakeAppender(const WriteDeps& deps, const Labels& shared) {
  return std::make_unique<TsdbAppender>(deps, shared);
}

}  // namespace vigia::storage
