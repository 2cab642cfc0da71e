// Joins the many small runs of sealing into fewer ones with longer chunks.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "storage/maintenance/downsampling.h"
#include "storage/maintenance/policies.h"
#include "storage/maintenance/quarantine.h"
#include "storage/maintenance/run_store.h"
#include "storage/maintenance/tombstones.h"
#include "storage/rowgroup/reader.h"

namespace vigia::storage {

struct RewritePolicy {
  DurationMs window_ms = 2 * 60 * 60 * 1000;  // Sealed runs are joined when the oldest of a day is so old,
  std::size_t max_runs = 256;                 // or when there are so many of them.
  DurationMs day_slack_ms = 60 * 60 * 1000;   // A day is closed so long after its end: then it becomes one run.
  std::size_t max_rows = 512;                 // Per chunk.
  std::size_t run_bytes = 64u << 20;          // About; a target with more is in several runs then.
  DurationMs delete_age_ms = 60 * 60 * 1000;  // Deleted samples leave the disk so long after the delete.
};

struct RewriterDeps {
  Store& store;
  RunStore& runs;
  const TombstoneStore& tombstones;
  const RetentionPolicies& policies;
  Quarantine& quarantine;
  const DownsamplingRules& downsampling;
  DownsamplingMetrics& downsampling_metrics;
  std::function<void(TimestampMs, TimestampMs)> changed;  // Called after what readers see of these times has changed.
};

// One thread at a time (maintenance).
class Rewriter {
 public:
  Rewriter(RewriterDeps deps, RewritePolicy policy) : deps_(std::move(deps)), policy_(policy) {}

  // What is rewritten besides that which is due: only runs with deleted samples; or also every day with several runs.
  enum class Extent { kDue, kDeleted, kAll };
  // Runs in which damage is found stay as they are from then on. What fails otherwise does not keep the other days from
  // their turn: the first error is given at the end. Returns how many times it joined runs. Samples that
  // are deleted or too old for their policy stay behind, and closed days are downsampled as far as the rules say.
  // Of days that are rewritten for that alone only one is, unless it is kAll: the first time there may be a year of
  // them. `breathe` is called now and then, since it takes long; it may seal.
  Result<std::size_t> Rewrite(TimestampMs now_ms, Extent extent, const std::function<void()>& breathe = {});

 private:
  using Runs = std::vector<std::shared_ptr<const Run>>;
  // Runs of one day that are to be joined; without inputs when there is nothing to do.
  struct Job {
    Runs inputs;
    std::uint8_t tier = 0;  // Of the result.
  };
  std::vector<Job> Choose(const Runs& day, TimestampMs now_ms, Extent extent) const;
  Job ChooseToJoin(const Runs& day, TimestampMs now_ms, bool all) const;
  bool HasDeleted(const Run& run, TimestampMs now_ms, bool at_once) const;
  bool FindDamage(const Job& job);
  Status Join(const Job& job, const std::function<void()>& breathe);
  // A job that is under way.
  struct Joining {
    GroupBuilder builder;
    const std::function<void()>& breathe;
    std::vector<Run> added = {};  // Whose row groups are written.
    std::uint64_t dropped = 0;
  };
  // One target of a job: what the inputs have of it, and which resolution its columns get.
  struct Part {
    std::vector<const Run*> runs;
    std::vector<const RunTarget*> entries;
    ColumnRanges columns;  // Of all of them.
    std::uint64_t sealed_seq = 0;
    bool next_anew = false;
    std::vector<DownsampledColumns> downsampled;
    bool has_work = false;  // Some column gets another resolution, or samples that are not downsampled yet.
  };
  Part PartOf(const Job& job, std::uint32_t target) const;
  void ChooseResolutions(Part& part, std::vector<DownsampledColumns> due) const;
  Status AddTarget(const Part& part, std::uint32_t target, Joining& joining);
  Status LoadPart(const Part& part, std::uint32_t page, const std::vector<std::uint32_t>& columns,
                  std::vector<LoadedTile>& out, std::uint64_t* dropped) const;
  void CountDownsampled(const Job& job, const Joining& joined);
  Status Load(const Run& run, const RunTarget& entry, std::uint32_t page, std::vector<LoadedTile>& out) const;
  Status WriteDrafts(Joining& joining);

  const RewriterDeps deps_;
  const RewritePolicy policy_;
  TimestampMs now_ms_ = 0;  // Of the present Rewrite(), as is the next one.
  std::shared_ptr<const PolicyColumns> kept_;
  std::shared_ptr<const DownsamplingColumns> resolutions_;
  bool starts_downsampling_ = false;  // Whether days may be rewritten for no other reason. See Rewrite().
};

}  // namespace vigia::storage
