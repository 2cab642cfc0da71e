// Storage in memory for tests: series in the order of their first sample, everything kept, nothing persisted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/api/appender.h"
#include "storage/api/querier.h"

namespace vigia::tests {

struct MemorySeries {
  storage::Labels labels;
  std::vector<storage::TimestampMs> t;
  std::vector<double> v;
  std::vector<storage::HistogramPtr> h;  // Empty, or one for each sample.
};

// Thread-safe. Queriers see a copy of the data as of their creation.
class MemoryStorage : public storage::Queryable, public storage::Appendable {
 public:
  std::unique_ptr<storage::Querier> NewQuerier(storage::TimestampMs start_ms,
                                               storage::TimestampMs end_ms) const override;
  std::unique_ptr<storage::Appender> NewAppender(const storage::Labels& shared) override;

  // One sample, visible at once. Samples of a series must come in the order of time.
  void Add(const storage::Labels& labels, storage::TimestampMs t, double v) { Add(labels, t, v, nullptr); }
  void Add(const storage::Labels& labels, storage::TimestampMs t, double v, storage::HistogramPtr h) {
    const std::lock_guard lock(mu_);
    AddLocked(IdOf(labels), t, v, std::move(h));
  }
  // Values at 0, interval, 2 * interval ...
  void AddEvery(const storage::Labels& labels, storage::DurationMs interval_ms, const std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      Add(labels, static_cast<storage::DurationMs>(i) * interval_ms, values[i]);
    }
  }
  void Clear() {
    const std::lock_guard lock(mu_);
    series_.clear();
    ids_.clear();
  }

 private:
  friend class MemoryAppender;
  using Snapshot = std::vector<std::shared_ptr<const MemorySeries>>;

  std::size_t IdOf(const storage::Labels& labels) {
    const auto [at, is_new] = ids_.emplace(labels.bytes(), series_.size());
    if (is_new) series_.push_back(std::make_shared<MemorySeries>(MemorySeries{labels, {}, {}, {}}));
    return at->second;
  }
  void AddLocked(std::size_t id, storage::TimestampMs t, double v, storage::HistogramPtr h) {
    // Snapshots share the series: a change is made to a copy when somebody else looks.
    if (series_[id].use_count() > 1) series_[id] = std::make_shared<MemorySeries>(*series_[id]);
    MemorySeries& series = *series_[id];
    const auto at = std::lower_bound(series.t.begin(), series.t.end(), t);
    const auto i = at - series.t.begin();
    if (h && series.h.empty()) series.h.resize(series.t.size());
    if (at != series.t.end() && *at == t) {
      series.v[static_cast<std::size_t>(i)] = v;
      if (!series.h.empty()) series.h[static_cast<std::size_t>(i)] = std::move(h);
      return;
    }
    series.t.insert(at, t);
    series.v.insert(series.v.begin() + i, v);
    if (!series.h.empty() || h) series.h.insert(series.h.begin() + i, std::move(h));
  }

  mutable std::mutex mu_;
  std::vector<std::shared_ptr<MemorySeries>> series_;
  std::map<std::string, std::size_t> ids_;
};

class MemorySelection : public storage::Selection {
 public:
  MemorySelection(std::vector<std::shared_ptr<const MemorySeries>> series, storage::SelectHints hints)
      : series_(std::move(series)), hints_(std::move(hints)) {}
  std::size_t size() const override { return series_.size(); }
  storage::Labels labels(std::size_t i) const override { return series_[i]->labels; }
  storage::Result<storage::SamplesView> Read(std::size_t i, storage::ReadBuffer&) const override {
    const MemorySeries& series = *series_[i];
    const auto from = static_cast<std::size_t>(std::ranges::lower_bound(series.t, hints_.start_ms) - series.t.begin());
    const auto to = static_cast<std::size_t>(std::ranges::upper_bound(series.t, hints_.end_ms) - series.t.begin());
    const std::size_t count = to > from ? to - from : 0;
    storage::SamplesView view;
    view.t = std::span(series.t).subspan(from, count);
    view.v = std::span(series.v).subspan(from, count);
    if (!series.h.empty()) view.h = std::span(series.h).subspan(from, count);
    return view;
  }

 private:
  const std::vector<std::shared_ptr<const MemorySeries>> series_;
  const storage::SelectHints hints_;
};

class MemoryQuerier : public storage::Querier {
 public:
  explicit MemoryQuerier(std::vector<std::shared_ptr<const MemorySeries>> series) : series_(std::move(series)) {}

  storage::Result<std::unique_ptr<storage::Selection>> Select(const storage::SelectHints& hints,
                                                              std::span<const storage::Matcher> matchers) override {
    std::vector<std::shared_ptr<const MemorySeries>> matching;
    for (const auto& series : series_) {
      const bool in_range =
          !series->t.empty() && series->t.front() <= hints.end_ms && series->t.back() >= hints.start_ms;
      if (in_range && Matches(*series, matchers)) matching.push_back(series);
    }
    return std::unique_ptr<storage::Selection>(std::make_unique<MemorySelection>(std::move(matching), hints));
  }
  storage::Result<storage::LabelStrings> LabelNames(std::span<const storage::Matcher> matchers,
                                                    std::uint64_t limit) override {
    std::set<std::string> names;
    for (const auto& series : series_) {
      if (!Matches(*series, matchers)) continue;
      for (const storage::LabelView label : series->labels) names.emplace(label.name);
    }
    return Limited(names, limit);
  }
  storage::Result<storage::LabelStrings> LabelValues(const std::string& name,
                                                     std::span<const storage::Matcher> matchers,
                                                     std::uint64_t limit) override {
    std::set<std::string> values;
    for (const auto& series : series_) {
      if (Matches(*series, matchers) && series->labels.Has(name)) values.emplace(series->labels.Get(name));
    }
    return Limited(values, limit);
  }

 private:
  static bool Matches(const MemorySeries& series, std::span<const storage::Matcher> matchers) {
    return std::ranges::all_of(matchers, [&](const storage::Matcher& m) { return m.Matches(series.labels); });
  }
  static storage::LabelStrings Limited(const std::set<std::string>& strings, std::uint64_t limit) {
    storage::LabelStrings result{{strings.begin(), strings.end()}, false};
    if (limit > 0 && result.values.size() > limit) {
      result.values.resize(limit);
      result.truncated = true;
    }
    return result;
  }
  const std::vector<std::shared_ptr<const MemorySeries>> series_;
};

class MemoryAppender : public storage::Appender {
 public:
  explicit MemoryAppender(MemoryStorage& storage) : storage_(storage) {}

  storage::Result<storage::SeriesRef> Resolve(const storage::Labels& labels) override {
    if (labels.metric_name().empty()) return storage::Error{storage::Errc::kInvalid, "no metric name"};
    const std::lock_guard lock(storage_.mu_);
    return static_cast<storage::SeriesRef>(storage_.IdOf(labels) + 1);
  }
  storage::AppendOutcome Append(storage::SeriesRef ref, storage::TimestampMs t, double v) override {
    return AppendHistogram(ref, t, v, nullptr);
  }
  storage::AppendOutcome AppendHistogram(storage::SeriesRef ref, storage::TimestampMs t,
                                         const storage::HistogramPtr& h) override {
    return AppendHistogram(ref, t, 0, h);
  }
  storage::AppendOutcome AppendExemplar(storage::SeriesRef, const storage::Exemplar&) override {
    return storage::AppendOutcome::kAdded;
  }
  storage::Status Commit() override {
    const std::lock_guard lock(storage_.mu_);
    for (Pending& sample : pending_) storage_.AddLocked(sample.id, sample.t, sample.v, std::move(sample.h));
    pending_.clear();
    return {};
  }
  void Rollback() override { pending_.clear(); }

 private:
  struct Pending {
    std::size_t id;
    storage::TimestampMs t;
    double v;
    storage::HistogramPtr h;
  };
  // The append rules without an out-of-order window: newer than the newest sample, or equal to it.
  storage::AppendOutcome AppendHistogram(storage::SeriesRef ref, storage::TimestampMs t, double v,
                                         storage::HistogramPtr h) {
    const auto id = static_cast<std::size_t>(ref) - 1;
    std::optional<std::pair<storage::TimestampMs, double>> newest;
    {
      const std::lock_guard lock(storage_.mu_);
      const MemorySeries& series = *storage_.series_[id];
      if (!series.t.empty()) newest.emplace(series.t.back(), series.v.back());
    }
    for (const Pending& sample : pending_) {
      if (sample.id == id) newest.emplace(sample.t, sample.v);
    }
    if (newest && t < newest->first) return storage::AppendOutcome::kOutOfOrder;
    if (newest && t == newest->first) {
      const bool same = std::memcmp(&v, &newest->second, sizeof v) == 0 && !h;
      return same ? storage::AppendOutcome::kSame : storage::AppendOutcome::kDuplicate;
    }
    pending_.push_back({id, t, v, std::move(h)});
    return storage::AppendOutcome::kAdded;
  }
  MemoryStorage& storage_;
  std::vector<Pending> pending_;
};

inline std::unique_ptr<storage::Querier> MemoryStorage::NewQuerier(storage::TimestampMs, storage::TimestampMs) const {
  const std::lock_guard lock(mu_);
  return std::make_unique<MemoryQuerier>(Snapshot(series_.begin(), series_.end()));
}

inline std::unique_ptr<storage::Appender> MemoryStorage::NewAppender(const storage::Labels&) {
  return std::make_unique<MemoryAppender>(*this);
}

}  // namespace vigia::tests
