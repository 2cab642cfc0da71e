// Joins the many small runs of sealing into fewer ones with longer chunks.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "storage/maintenance/run_store.h"

namespace vigia::storage {

struct RewritePolicy {
  DurationMs window_ms = 2 * 60 * 60 * 1000;  // Sealed runs are joined when the oldest of a day is so old,
  std::size_t max_runs = 256;                 // or when there are so many of them.
  DurationMs day_slack_ms = 60 * 60 * 1000;   // A day is closed so long after its end: then it becomes one run.
  std::size_t max_rows = 512;                 // Per chunk.
  std::size_t run_bytes = 64u << 20;
};

// One thread at a time (maintenance).
class Rewriter {
 public:
  Rewriter(Store& store, RunStore& runs, RewritePolicy policy) : store_(store), runs_(runs), policy_(policy) {}

  // Rewrites what is due at `now_ms`; with `all`, every day that has more than one run. Returns how many days it
  // rewrote. `breathe` is called now and then, since it takes long; it may seal.
  Result<std::size_t> Rewrite(TimestampMs now_ms, bool all, const std::function<void()>& breathe = {});

 private:
  using Runs = std::vector<std::shared_ptr<const Run>>;
  // The runs of one day that are to be joined, empty when none is due; and the tier of the result.
  Runs Choose(const Runs& day, TimestampMs now_ms, bool all, std::uint8_t* tier) const;
  Status Join(const Runs& inputs, std::uint8_t tier, const std::function<void()>& breathe);
  Status AddTarget(const Runs& inputs, std::uint32_t target, GroupBuilder& builder);
  Status WriteDrafts(GroupBuilder& builder, std::vector<Run>& added);

  Store& store_;
  RunStore& runs_;
  const RewritePolicy policy_;
};

}  // namespace vigia::storage
