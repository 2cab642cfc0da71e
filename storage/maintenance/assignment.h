// Which columns the current rules come to (policies, downsampling): found when the rules change, and anew now and then
// for series that came since.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/head/series_map.h"
#include "storage/model/error.h"

namespace vigia::storage {

// Thread-safe.
template <class Rule, class Columns>
class Assignment {
 public:
  // Finds the columns of each rule. `before` is what equal rules came to: of targets that sleep it still holds. Null:
  // these have to be woken.
  using Assign =
      std::function<Result<Columns>(const std::vector<Rule>& rules, const SeriesMap& series, const Columns* before)>;
  Assignment(const SeriesMap& series, Assign assign) : series_(series), assign_(std::move(assign)) {}

  // After an error the former rules stay.
  Status Set(std::vector<Rule> rules) {
    const std::lock_guard lock(mu_);
    auto assigned = assign_(rules, series_, nullptr);
    if (!assigned) return assigned.error();
    rules_ = std::move(rules);
    current_ = std::make_shared<const Columns>(std::move(*assigned));
    return {};
  }
  Status Refresh() {
    const std::lock_guard lock(mu_);
    if (rules_.empty()) return {};
    auto assigned = assign_(rules_, series_, current_.get());
    if (!assigned) return assigned.error();
    current_ = std::make_shared<const Columns>(std::move(*assigned));
    return {};
  }
  std::shared_ptr<const Columns> Current() const {
    const std::lock_guard lock(mu_);
    return current_;
  }

 private:
  const SeriesMap& series_;
  const Assign assign_;
  mutable std::mutex mu_;
  std::vector<Rule> rules_;  // Guarded by mu_, as is the next one.
  std::shared_ptr<const Columns> current_ = std::make_shared<Columns>();
};

// The series that match one rule. `asleep` gets the targets that are left out because they sleep; null: they are woken.
inline Result<std::vector<TargetHits>> SelectForRule(const std::vector<Matcher>& matchers, const SeriesMap& series,
                                                     std::vector<TargetId>* asleep) {
  if (asleep == nullptr) return series.SelectAwake(matchers, kMinTimestampMs, kMaxTimestampMs);
  return series.Select(matchers, kMinTimestampMs, kMaxTimestampMs, 0, {}, asleep);
}

}  // namespace vigia::storage
