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
    const std::lock_guard changing(changing_);
    auto assigned = assign_(rules, series_, nullptr);
    if (!assigned) return assigned.error();
    rules_ = std::move(rules);
    Show(std::move(*assigned));
    return {};
  }
  Status Refresh() {
    const std::lock_guard changing(changing_);
    if (rules_.empty()) return {};
    auto assigned = assign_(rules_, series_, Current().get());
    if (!assigned) return assigned.error();
    Show(std::move(*assigned));
    return {};
  }
  std::shared_ptr<const Columns> Current() const {
    const std::lock_guard lock(mu_);
    return current_;
  }

 private:
  void Show(Columns columns) {
    auto shown = std::make_shared<const Columns>(std::move(columns));
    const std::lock_guard lock(mu_);
    current_ = std::move(shown);
  }

  const SeriesMap& series_;
  const Assign assign_;
  std::mutex changing_;      // Held while targets are woken: nobody who has locked anything else may wait for it.
  std::vector<Rule> rules_;  // Guarded by changing_.
  mutable std::mutex mu_;
  std::shared_ptr<const Columns> current_ = std::make_shared<Columns>();  // Guarded by mu_.
};

// The series that match one rule. `asleep` gets the targets that are left out because they sleep; null: they are woken.
inline Result<std::vector<TargetHits>> SelectForRule(const std::vector<Matcher>& matchers, const SeriesMap& series,
                                                     std::vector<TargetId>* asleep) {
  if (asleep == nullptr) return series.SelectAwake(matchers, kMinTimestampMs, kMaxTimestampMs);
  return series.Select(matchers, kMinTimestampMs, kMaxTimestampMs, 0, {}, asleep);
}

}  // namespace vigia::storage
