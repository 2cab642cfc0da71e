#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "storage/model/sample.h"
#include "tests/promqltest/test_storage.h"

namespace vigia::promqltest {
namespace {

using storage::AppendOutcome;
using storage::HistogramPtr;
using storage::Labels;
using storage::SeriesRef;
using storage::TimestampMs;

struct MemorySample {
  TimestampMs t = 0;
  double v = 0;
  HistogramPtr h;
  TimestampMs start = 0;
};

struct MemorySeries {
  Labels labels;
  std::vector<MemorySample> samples;
};

struct MemoryData {
  mutable std::mutex mu;
  std::map<Labels, std::size_t> index;
  std::vector<MemorySeries> series;  // SeriesRef is the position plus one.
};

class MemoryAppender : public storage::Appender {
 public:
  explicit MemoryAppender(MemoryData& data) : data_(data) {}

  storage::Result<SeriesRef> Resolve(const Labels& labels) override {
    const std::lock_guard lock(data_.mu);
    const auto [at, added] = data_.index.emplace(labels, data_.series.size());
    if (added) data_.series.push_back({labels, {}});
    return static_cast<SeriesRef>(at->second + 1);
  }

  AppendOutcome Append(SeriesRef ref, TimestampMs t, double v) override { return Add(ref, {t, v, nullptr, 0}); }
  AppendOutcome AppendHistogram(SeriesRef ref, TimestampMs t, const HistogramPtr& h) override {
    return Add(ref, {t, 0, h, 0});
  }
  void SetStart(SeriesRef, TimestampMs, TimestampMs start_ms) override {
    if (!batch_.empty()) batch_.back().second.start = start_ms;
  }
  AppendOutcome AppendExemplar(SeriesRef, const storage::Exemplar&) override { return AppendOutcome::kAdded; }

  storage::Status Commit() override {
    const std::lock_guard lock(data_.mu);
    for (auto& [position, sample] : batch_) {
      std::vector<MemorySample>& samples = data_.series[position].samples;
      samples.push_back(std::move(sample));
    }
    batch_.clear();
    newest_.clear();
    return {};
  }

  void Rollback() override {
    batch_.clear();
    newest_.clear();
  }

 private:
  AppendOutcome Add(SeriesRef ref, MemorySample sample) {
    const std::size_t position = static_cast<std::size_t>(ref) - 1;
    const std::lock_guard lock(data_.mu);
    const std::vector<MemorySample>& samples = data_.series[position].samples;
    const auto pending = newest_.find(position);
    if (pending != newest_.end() || !samples.empty()) {
      const TimestampMs newest = pending != newest_.end() ? pending->second : samples.back().t;
      if (sample.t < newest) return AppendOutcome::kOutOfOrder;
      if (sample.t == newest) return AppendOutcome::kDuplicate;
    }
    newest_[position] = sample.t;
    batch_.emplace_back(position, std::move(sample));
    return AppendOutcome::kAdded;
  }

  MemoryData& data_;
  std::vector<std::pair<std::size_t, MemorySample>> batch_;
  std::map<std::size_t, TimestampMs> newest_;  // Of the batch.
};

class MemorySelection : public storage::Selection {
 public:
  MemorySelection(std::vector<MemorySeries> series, TimestampMs start_ms, TimestampMs end_ms)
      : series_(std::move(series)), start_ms_(start_ms), end_ms_(end_ms) {}

  std::size_t size() const override { return series_.size(); }
  Labels labels(std::size_t i) const override { return series_[i].labels; }

  storage::Result<storage::SamplesView> Read(std::size_t i, storage::ReadBuffer& buffer) const override {
    buffer.t.clear();
    buffer.v.clear();
    buffer.h.clear();
    buffer.starts.clear();
    bool has_histograms = false;
    for (const MemorySample& sample : series_[i].samples) {
      if (sample.t < start_ms_ || sample.t > end_ms_) continue;
      buffer.t.push_back(sample.t);
      buffer.v.push_back(sample.v);
      buffer.h.push_back(sample.h);
      buffer.starts.push_back(sample.start);
      has_histograms = has_histograms || sample.h;
    }
    if (!has_histograms) buffer.h.clear();
    return storage::SamplesView{buffer.t, buffer.v, buffer.h, 0, buffer.starts};
  }

 private:
  const std::vector<MemorySeries> series_;
  const TimestampMs start_ms_;
  const TimestampMs end_ms_;
};

class MemoryQuerier : public storage::Querier {
 public:
  MemoryQuerier(const MemoryData& data, TimestampMs start_ms, TimestampMs end_ms)
      : data_(data), start_ms_(start_ms), end_ms_(end_ms) {}

  storage::Result<std::unique_ptr<storage::Selection>> Select(const storage::SelectHints& hints,
                                                              std::span<const storage::Matcher> matchers) override {
    const TimestampMs start = std::max(start_ms_, hints.start_ms);
    const TimestampMs end = std::min(end_ms_, hints.end_ms);
    std::vector<MemorySeries> found = Matching(matchers);
    if (hints.limit != 0 && found.size() > hints.limit) found.resize(hints.limit);
    return std::unique_ptr<storage::Selection>(std::make_unique<MemorySelection>(std::move(found), start, end));
  }

  storage::Result<storage::LabelStrings> LabelNames(std::span<const storage::Matcher> matchers,
                                                    std::uint64_t limit) override {
    std::set<std::string> names;
    for (const MemorySeries& series : Matching(matchers)) {
      for (const storage::LabelView label : series.labels) names.emplace(label.name);
    }
    return Limited(names, limit);
  }

  storage::Result<storage::LabelStrings> LabelValues(const std::string& name,
                                                     std::span<const storage::Matcher> matchers,
                                                     std::uint64_t limit) override {
    std::set<std::string> values;
    for (const MemorySeries& series : Matching(matchers)) {
      if (series.labels.Has(name)) values.emplace(series.labels.Get(name));
    }
    return Limited(values, limit);
  }

 private:
  std::vector<MemorySeries> Matching(std::span<const storage::Matcher> matchers) const {
    const std::lock_guard lock(data_.mu);
    std::vector<MemorySeries> found;
    for (const MemorySeries& series : data_.series) {
      if (std::ranges::all_of(matchers, [&](const auto& matcher) { return matcher.Matches(series.labels); })) {
        found.push_back(series);
      }
    }
    return found;
  }

  static storage::LabelStrings Limited(const std::set<std::string>& all, std::uint64_t limit) {
    storage::LabelStrings out{{all.begin(), all.end()}, limit != 0 && all.size() > limit};
    if (out.truncated) out.values.resize(limit);
    return out;
  }

  const MemoryData& data_;
  const TimestampMs start_ms_;
  const TimestampMs end_ms_;
};

class MemoryStorage : public TestStorage, public storage::Appendable, public storage::Queryable {
 public:
  storage::Appendable& appendable() override { return *this; }
  const storage::Queryable& queryable() const override { return *this; }
  std::unique_ptr<storage::Appender> NewAppender(const Labels&) override {
    return std::make_unique<MemoryAppender>(data_);
  }
  std::unique_ptr<storage::Querier> NewQuerier(TimestampMs start_ms, TimestampMs end_ms) const override {
    return std::make_unique<MemoryQuerier>(data_, start_ms, end_ms);
  }

 private:
  MemoryData data_;
};

}  // namespace

std::unique_ptr<TestStorage> NewMemoryStorage() { return std::make_unique<MemoryStorage>(); }

}  // namespace vigia::promqltest
