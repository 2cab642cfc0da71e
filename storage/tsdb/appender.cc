#include "storage/tsdb/appender.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <optional>
#include <vector>

#include "storage/api/newest_only.h"

namespace vigia::storage {
namespace {

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

// One that is forgotten in the moment in which it is found is not good: the next try makes another. REQUIRES: a pin.
const Target& InternTarget(SeriesMap& series, const Labels& shared) {
  for (;;) {
    if (const Target* const target = series.FindTarget(series.InternTarget(shared))) return *target;
  }
}

class TsdbAppender final : public Appender, public NewestOnly {
 public:
  TsdbAppender(const WriteDeps& deps, const Labels& shared)
      : deps_(deps),
        pin_(deps.series.Pin()),
        own_(InternTarget(deps.series, shared)),
        target_(own_.id()),
        limits_(deps.limits()),
        space_(deps.space.Take()),
        batch_(space_->batch),
        exemplars_(space_->exemplars),
        history_(space_->history) {
    history_.Begin(target_);
    deps_.metrics.active_appenders.Add(1);
  }
  ~TsdbAppender() override {
    Rollback();
    deps_.metrics.active_appenders.Add(-1);
  }

  Result<SeriesRef> Resolve(const Labels& labels) override {
    if (!shared_) shared_ = deps_.series.TargetLabels(target_);
    bool created = false;
    auto ref = deps_.series.Resolve(labels, *shared_, target_, &created);
    if (created) deps_.metrics.series_created.Add();
    return ref;
  }

  AppendOutcome Append(SeriesRef ref, TimestampMs t, double v) override {
    if (IsPlain(ref, t)) {
      history_.MarkFirst(ref);
      batch_.floats.push_back({ref, t, v});
      return AppendOutcome::kAdded;
    }
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
    TakeLimits();
    return status;
  }

  void SetNewestOnly(bool on) override {
    newest_only_ = on;
    TakeLimits();
  }

  void Rollback() override {
    batch_.Clear();
    exemplars_.clear();
    history_.Begin(target_);
  }

 private:
  void TakeLimits() {
    limits_ = deps_.limits();
    if (newest_only_) limits_.out_of_order_window_ms = 0;
  }

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

  // True for most samples: the first one of its series in the batch, and newer than what is stored.
  bool IsPlain(SeriesRef ref, TimestampMs t) const {
    const bool in_bounds = t <= kMaxSampleTime && t >= -kMaxSampleTime && t >= limits_.oldest_ms;
    return in_bounds && history_.IsFirst(ref) && Committer::IsPlainlyNewer(own_, ColumnOf(ref), t);
  }

  AppendOutcome Judge(SeriesRef ref, const NewestSample& sample) {
    if (history_.IsFirst(ref)) {
      const AppendOutcome outcome = deps_.committer.Judge(ref, sample, nullptr, limits_);
      if (outcome == AppendOutcome::kAdded) history_.MarkFirst(ref);
      return outcome;
    }
    if (history_.IsMarked(ref)) EnterBatch();
    const NewestSample* const pending = history_.Find(ref);
    const AppendOutcome outcome = deps_.committer.Judge(ref, sample, pending, limits_);
    if (outcome == AppendOutcome::kAdded) history_.Remember(ref, sample);
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
  const Pins::Pin pin_;  // Taken first: it keeps what the batch refers to.
  const Target& own_;
  const TargetId target_;
  std::optional<Labels> shared_;  // Of the target; most batches never need them.
  AppendLimits limits_;
  bool newest_only_ = false;
  const ScratchPool<AppendSpace>::Lease space_;
  SampleBatch& batch_;
  std::vector<PendingExemplar>& exemplars_;
  BatchHistory& history_;
};

}  // namespace

std::unique_ptr<Appender> MakeAppender(const WriteDeps& deps, const Labels& shared) {
  return std::make_unique<TsdbAppender>(deps, shared);
}

}  // namespace vigia::storage
