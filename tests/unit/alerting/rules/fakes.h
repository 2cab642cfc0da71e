// A storage that remembers what was appended, a clock that is set by hand, and answers to queries that tests choose.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "alerting/rules/rule_deps.h"
#include "storage/api/newest_only.h"
#include "storage/model/sample.h"

namespace vigia::alerting {

// Appended samples by series text, oldest first. Refuses what is older than or as old as the newest of a series.
class FakeStorage : public storage::Appendable {
 public:
  class FakeAppender : public storage::Appender, public storage::NewestOnly {
   public:
    explicit FakeAppender(FakeStorage& owner) : owner_(owner) {}
    storage::Result<storage::SeriesRef> Resolve(const storage::Labels& labels) override {
      for (std::size_t i = 0; i < owner_.names.size(); ++i) {
        if (owner_.names[i] == labels) return static_cast<storage::SeriesRef>(i + 1);
      }
      owner_.names.push_back(labels);
      return static_cast<storage::SeriesRef>(owner_.names.size());
    }
    storage::AppendOutcome Append(storage::SeriesRef ref, storage::TimestampMs t, double v) override {
      const storage::Labels& labels = owner_.names[static_cast<std::size_t>(ref) - 1];
      const auto old = owner_.series.find(labels);
      if (old != owner_.series.end() && old->second.back().t == t) return storage::AppendOutcome::kDuplicate;
      const bool late = old != owner_.series.end() && old->second.back().t > t;
      if (late && (newest_only_ || !owner_.takes_late)) return storage::AppendOutcome::kOutOfOrder;
      batch_.emplace_back(labels, storage::Sample{t, v});
      return storage::AppendOutcome::kAdded;
    }
    storage::AppendOutcome AppendHistogram(storage::SeriesRef, storage::TimestampMs,
                                           const storage::HistogramPtr&) override {
      return storage::AppendOutcome::kAdded;
    }
    storage::AppendOutcome AppendExemplar(storage::SeriesRef, const storage::Exemplar&) override {
      return storage::AppendOutcome::kAdded;
    }
    storage::Status Commit() override {
      if (owner_.fail_commits) return storage::Error{storage::Errc::kUnavailable, "disk full"};
      for (const auto& [labels, sample] : batch_) owner_.series[labels].push_back(sample);
      batch_.clear();
      return {};
    }
    void Rollback() override { batch_.clear(); }
    void SetNewestOnly(bool on) override { newest_only_ = on; }

   private:
    FakeStorage& owner_;
    bool newest_only_ = false;
    std::vector<std::pair<storage::Labels, storage::Sample>> batch_;
  };

  std::unique_ptr<storage::Appender> NewAppender(const storage::Labels&) override {
    return std::make_unique<FakeAppender>(*this);
  }

  // "t=v t=v ...", "stale" for markers; "" for a series that is not there.
  std::string Text(const storage::Labels& labels) const {
    const auto at = series.find(labels);
    std::string out;
    if (at == series.end()) return out;
    for (const storage::Sample& s : at->second) {
      if (!out.empty()) out += ' ';
      out += std::to_string(s.t / 1000) + "=";
      out += storage::IsStaleNan(s.v) ? "stale" : std::to_string(static_cast<std::int64_t>(s.v));
    }
    return out;
  }

  std::vector<storage::Labels> names;
  std::map<storage::Labels, std::vector<storage::Sample>> series;
  bool fail_commits = false;
  bool takes_late = false;  // An out-of-order window is open.
};

// The world that rules see. Times in seconds for brevity.
struct FakeWorld {
  storage::TimestampMs now_ms = 0;
  FakeStorage storage;
  promql::Vector result;  // Of every query.
  std::string error;      // Of every query, when not empty.
  bool scalar = false;    // The result is the scalar 42.
  std::vector<std::pair<std::string, storage::TimestampMs>> asked;
  std::vector<FiredAlert> told;
  std::vector<LastSample> last_samples;
  std::string restore_query;

  RuleDeps Deps() {
    RuleDeps deps;
    deps.query = [this](const RuleQuery& query) -> storage::Result<promql::QueryResult> {
      asked.emplace_back(std::string(query.text), query.at_ms);
      if (!error.empty()) return storage::Error{storage::Errc::kInvalid, error};
      promql::QueryResult out;
      out.value = result;
      if (scalar) out.value = promql::Scalar{query.at_ms, 42};
      return out;
    };
    deps.appendable = &storage;
    deps.notify = [this](std::span<const FiredAlert> alerts) { told.insert(told.end(), alerts.begin(), alerts.end()); };
    deps.now = [this] { return now_ms; };
    deps.last_samples = [this](std::span<const storage::Matcher> matchers, storage::TimestampMs start_ms,
                               storage::TimestampMs end_ms) -> storage::Result<std::vector<LastSample>> {
      restore_query.clear();
      for (const auto& matcher : matchers) restore_query += matcher.ToString() + " ";
      std::vector<LastSample> out;
      for (const LastSample& sample : last_samples) {
        if (sample.t >= start_ms && sample.t <= end_ms) out.push_back(sample);
      }
      return out;
    };
    deps.external_url = "http://vigia:9090/prom";
    return deps;
  }

  void Return(std::initializer_list<std::pair<storage::Labels, double>> samples) {
    result.clear();
    for (const auto& [labels, v] : samples) result.push_back({.metric = labels, .t = 0, .v = v, .h = nullptr});
  }
};

}  // namespace vigia::alerting
