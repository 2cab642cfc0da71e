// A storage for tests: keeps the samples of committed batches, refuses what a real one refuses.
#pragma once

#include <bit>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "storage/api/newest_only.h"
#include "storage/model/sample.h"

namespace vigia::server {

class FakeStorage final : public storage::Appendable {
 public:
  struct Point {
    storage::TimestampMs t;
    double v;
  };

  struct HistogramPoint {
    std::string series;
    storage::TimestampMs t;
    storage::HistogramPtr h;
  };

  std::unique_ptr<storage::Appender> NewAppender(const storage::Labels& shared_labels) override {
    {
      const std::lock_guard lock(mu_);
      shared_.push_back(shared_labels.ToString());
    }
    return std::make_unique<Batch>(*this);
  }

  // What the appenders were made with.
  std::vector<std::string> Shared() const {
    const std::lock_guard lock(mu_);
    return shared_;
  }

  // "1000:5 2000:stale" of the series with this text form, "" when it has no samples.
  std::string Samples(const std::string& series) const {
    const std::lock_guard lock(mu_);
    const auto at = samples_.find(series);
    std::string out;
    if (at == samples_.end()) return out;
    for (const Point& p : at->second) {
      out += fmt::format("{}{}:{}", out.empty() ? "" : " ", p.t,
                         storage::IsStaleNan(p.v) ? std::string("stale") : fmt::format("{}", p.v));
    }
    return out;
  }

  std::vector<Point> Points(const std::string& series) const {
    const std::lock_guard lock(mu_);
    const auto at = samples_.find(series);
    return at == samples_.end() ? std::vector<Point>() : at->second;
  }

  std::vector<HistogramPoint> Histograms() const {
    const std::lock_guard lock(mu_);
    return histograms_;
  }

  // Its ref names no series any more; it gets another one.
  void Forget(const std::string& series) {
    const std::lock_guard lock(mu_);
    const auto at = refs_.find(series);
    forgotten_.insert(static_cast<storage::SeriesRef>(at->second));
    refs_.erase(at);
  }

  std::vector<std::string> Series() const {
    const std::lock_guard lock(mu_);
    std::vector<std::string> out;
    for (const auto& [name, points] : samples_) out.push_back(name);
    return out;
  }

  std::vector<storage::Exemplar> exemplars;
  std::map<std::pair<std::string, storage::TimestampMs>, storage::TimestampMs> starts;  // By series and time.
  std::size_t resolves = 0;
  bool takes_late = false;  // An out-of-order window is open. Samples() then are in the order of their coming.
  storage::Status resolve_status{};
  storage::Status commit_status{};

 private:
  class Batch final : public storage::Appender, public storage::NewestOnly {
   public:
    explicit Batch(FakeStorage& storage) : storage_(storage) {}

    storage::Result<storage::SeriesRef> Resolve(const storage::Labels& labels) override {
      const std::lock_guard lock(storage_.mu_);
      ++storage_.resolves;
      if (!storage_.resolve_status) return storage_.resolve_status.error();
      const auto [at, added] = storage_.refs_.emplace(labels.ToString(), storage_.names_.size() + 1);
      if (added) storage_.names_.push_back(at->first);
      return static_cast<storage::SeriesRef>(at->second);
    }

    storage::AppendOutcome Append(storage::SeriesRef ref, storage::TimestampMs t, double v) override {
      const std::lock_guard lock(storage_.mu_);
      if (storage_.forgotten_.contains(ref)) return storage::AppendOutcome::kUnknownSeries;
      auto& staged = staged_[ref];
      const auto& stored = storage_.samples_[storage_.NameOf(ref)];
      const Point* last = !staged.empty() ? &staged.back() : !stored.empty() ? &stored.back() : nullptr;
      const bool late = last != nullptr && t < last->t;
      if (late && (newest_only_ || !storage_.takes_late)) return storage::AppendOutcome::kOutOfOrder;
      if (last != nullptr && t == last->t) {
        const bool same = std::bit_cast<std::uint64_t>(v) == std::bit_cast<std::uint64_t>(last->v);
        return same ? storage::AppendOutcome::kSame : storage::AppendOutcome::kDuplicate;
      }
      staged.push_back({t, v});
      return storage::AppendOutcome::kAdded;
    }

    storage::AppendOutcome AppendHistogram(storage::SeriesRef ref, storage::TimestampMs t,
                                           const storage::HistogramPtr& h) override {
      const std::lock_guard lock(storage_.mu_);
      staged_histograms_.push_back({storage_.NameOf(ref), t, h});
      return storage::AppendOutcome::kAdded;
    }

    void SetStart(storage::SeriesRef ref, storage::TimestampMs t, storage::TimestampMs start_ms) override {
      storage_.starts[{storage_.NameOf(ref), t}] = start_ms;
    }
    void AppendZeroAtStart(storage::SeriesRef ref, storage::TimestampMs, storage::TimestampMs start_ms,
                           const storage::HistogramPtr&) override {
      static_cast<void>(Append(ref, start_ms, 0));
    }

    storage::AppendOutcome AppendExemplar(storage::SeriesRef, const storage::Exemplar& exemplar) override {
      storage_.exemplars.push_back(exemplar);
      return storage::AppendOutcome::kAdded;
    }

    storage::Status Commit() override {
      const std::lock_guard lock(storage_.mu_);
      if (storage_.commit_status) {
        for (auto& [ref, points] : staged_) {
          auto& stored = storage_.samples_[storage_.NameOf(ref)];
          stored.insert(stored.end(), points.begin(), points.end());
        }
      }
      if (storage_.commit_status) {
        for (HistogramPoint& point : staged_histograms_) storage_.histograms_.push_back(std::move(point));
      }
      Rollback();
      return storage_.commit_status;
    }

    void SetNewestOnly(bool on) override { newest_only_ = on; }

    void Rollback() override {
      staged_.clear();
      staged_histograms_.clear();
    }

   private:
    FakeStorage& storage_;
    bool newest_only_ = false;
    std::map<storage::SeriesRef, std::vector<Point>> staged_;
    std::vector<HistogramPoint> staged_histograms_;
  };

  const std::string& NameOf(storage::SeriesRef ref) const { return names_[static_cast<std::size_t>(ref) - 1]; }

  mutable std::mutex mu_;
  std::vector<std::string> shared_;
  std::map<std::string, std::size_t> refs_;
  std::set<storage::SeriesRef> forgotten_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<Point>> samples_;
  std::vector<HistogramPoint> histograms_;
};

}  // namespace vigia::server
