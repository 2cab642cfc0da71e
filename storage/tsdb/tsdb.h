// The storage engine behind storage/api. See storage/README.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "storage/api/appender.h"
#include "storage/api/commit_listener.h"
#include "storage/api/exemplars.h"
#include "storage/api/querier.h"
#include "storage/telemetry/registry.h"
#include "storage/tsdb/options.h"
#include "storage/tsdb/stats.h"

namespace vigia::storage {

// Thread-safe. All appenders, queriers and selections must be gone before Close() or destruction.
class Tsdb final : public Appendable, public Queryable, public ExemplarQueryable {
 public:
  // Recovers what was committed before: after a killed process all of it. Fails without touching anything when the
  // folder is in use (kUnavailable) or of another format (kInvalid), and when it is damaged (kCorruption); for reading
  // only also when there is none (kNotFound). `registry` must outlive the Tsdb.
  static Result<std::unique_ptr<Tsdb>> Open(TsdbOptions options, Registry& registry);
  ~Tsdb() override;  // Close(), if that was not called; its error is lost then.

  std::unique_ptr<Appender> NewAppender(const Labels& shared) override;
  std::unique_ptr<Querier> NewQuerier(TimestampMs start_ms, TimestampMs end_ms) const override;
  const TimeVersions* time_versions() const override;

  // Told of all batches of appenders that are made from now on. Null: nobody. The listener outlives these appenders.
  void SetCommitListener(CommitListener* listener);
  // Empty when the ref names no series any more. REQUIRES: `ref` came from Resolve() of an appender of this storage.
  Labels LabelsOf(SeriesRef ref) const;

  Result<std::vector<ExemplarSeries>> SelectExemplars(TimestampMs start_ms, TimestampMs end_ms,
                                                      std::span<const std::vector<Matcher>> selectors) const override;

  // Brings everything to rest and gives the folder back. Call once; nothing else may be called afterwards.
  Status Close();

  // Whether Commit() fails because the disk is nearly full (see
  // TsdbOptions::min_free_bytes). Ends by itself.
  bool WritesStopped() const;

  // For a reload of the configuration; limits take effect with the next maintenance. How long samples are kept in
  // general and how much space they may use (0: no limit), and how long series are kept that match a policy: the first
  // one that matches counts. Readers stop seeing what is too old for its policy at once, rewrites remove it. All of it
  // changes together. kLimit for a policy with too many matchers: then the former ones stay.
  Status SetRetention(DurationMs time_ms, std::uint64_t size_bytes, std::vector<RetentionPolicy> policies);
  void SetRetention(DurationMs time_ms, std::uint64_t size_bytes);  // The policies stay.
  // What such policies would hold and drop, without putting them in force: one entry for each, a last one for the rest.
  Result<std::vector<PolicyUsage>> MeasureRetention(const std::vector<RetentionPolicy>& policies) const;
  // For a reload of the configuration, takes effect with the next maintenance: samples of series that match a rule are
  // replaced by records of them once they are old enough, for good. None: nothing is replaced. kLimit for a rule with
  // too many matchers: then the former ones stay.
  Status SetDownsampling(std::vector<DownsamplingRule> rules);
  // What such rules would do, without putting them in force: one entry for each.
  Result<std::vector<DownsamplingUsage>> TryDownsampling(const std::vector<DownsamplingRule>& rules) const;
  void SetOutOfOrderWindow(DurationMs window_ms);
  // At once. With fewer than before the oldest exemplars are dropped.
  Status SetMaxExemplars(std::size_t count);

  // What the background thread does now and then: seals rows that are due, truncates the log, rewrites, applies
  // retention. With kEverything nothing waits for being due.
  enum class Maintenance { kDue, kEverything };
  Status RunMaintenance(Maintenance extent = Maintenance::kDue);

  // Deletes the samples from from_ms to to_ms, both inclusive, of the series that match. No reader that comes later
  // sees them, and the delete is on the disk when this returns; what is committed later is seen whatever its time. May
  // wait for maintenance. kLimit when too many deletes wait for CleanTombstones().
  Status DeleteSeries(std::span<const Matcher> matchers, TimestampMs from_ms, TimestampMs to_ms);
  // Removes deleted samples from the disk now; else that happens within hours.
  Status CleanTombstones();

  // A copy of everything that was committed, which can be opened as a data folder. Hard links where the file system
  // can. Nothing of it stays after a failure. kIo when `path` is there and not empty. REQUIRES: its parent exists.
  Status Snapshot(const std::string& path);

  // `limit`: entries per list.
  TsdbStats Stats(std::size_t limit) const;
  std::vector<RunStats> Runs() const;  // By day.
  // Of all stored samples; kMaxTimestampMs and kMinTimestampMs while there are none.
  TimestampMs MinTime() const;
  TimestampMs MaxTime() const;
  // What the data folder occupies on the disk.
  std::uint64_t DirectoryBytes() const;

 private:
  struct Impl;
  explicit Tsdb(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia::storage
