// Storage whose reads wait until the test lets them go on.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string_view>

#include "storage/telemetry/registry.h"
#include "tests/support/memory_storage.h"

namespace vigia::promql {

class GovernedStorage : public storage::Queryable {
 public:
  GovernedStorage() { memory_.AddEvery({{"__name__", "x"}, {"a", "1"}}, 1000, {1, 2, 3}); }

  std::unique_ptr<storage::Querier> NewQuerier(storage::TimestampMs start, storage::TimestampMs end) const override {
    if (!announced_.exchange(true)) entered_.set_value();
    open_.wait();
    return memory_.NewQuerier(start, end);
  }
  // Once: the first query is reading.
  void WaitUntilEntered() { entered_.get_future().wait(); }
  void Open() { gate_.set_value(); }

 private:
  tests::MemoryStorage memory_;
  mutable std::atomic<bool> announced_{false};
  mutable std::promise<void> entered_;
  std::promise<void> gate_;
  std::shared_future<void> open_ = gate_.get_future().share();
};

inline double MetricValue(const storage::Registry& registry, std::string_view name, std::string_view limit = "") {
  for (const storage::CollectedFamily& family : registry.Collect()) {
    if (family.name != name) continue;
    for (const storage::CollectedPoint& point : family.points) {
      if (point.labels.Get("limit") == limit) return point.value;
    }
  }
  return -1;
}

}  // namespace vigia::promql
