// One scrape's answer into one batch of samples: the body's, staleness markers for what is gone, and the report series
// (up, scrape_duration_seconds, ...). Everything between the HTTP client and storage, without time or network of its
// own.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/schema/scrape_config.h"
#include "server/exposition/format.h"
#include "server/log/log.h"
#include "server/scrape/created_times.h"
#include "server/scrape/metadata_cache.h"
#include "server/scrape/sample_labels.h"
#include "server/scrape/scrape_metrics.h"
#include "server/scrape/series_cache.h"
#include "storage/api/start_use.h"

namespace vigia::server {

// What came of the request. `body` and `content_type` are of a good answer.
struct FetchedBody {
  storage::Status status{};
  std::string body;
  std::string content_type;
  bool body_limit_hit = false;
};

// What a scrape did.
struct ScrapeOutcome {
  storage::Status status{};   // The request's or the body's error: the target is down. Not storage's at commit.
  std::uint64_t samples = 0;  // In the body.
  std::uint64_t after_relabel = 0;
  std::uint64_t series_added = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t out_of_bounds = 0;
  storage::Status commit{};  // Storage refused the batch: nothing of it is there.
};

// What stands in storage as the newest state of a target. Report series are kNone until they are written.
struct StoredSeries {
  static constexpr std::size_t kReports = 8;
  std::vector<storage::SeriesRef> series;
  std::array<storage::SeriesRef, kReports> reports{};
};

// What is taken from bodies besides samples.
struct ScrapeExtras {
  bool exemplars = false;
  storage::StartUse starts = {};
  bool type_and_unit_labels = false;  // Type and unit of its family become labels of a series.
};

using ScrapeConfigPtr = std::shared_ptr<const config::ScrapeConfig>;

// Thread-compatible; metadata() may be read from any thread. `storage`, `metrics` must outlive it.
class ScrapeBody {
 public:
  // `labels`: the target's. `timeout_ms` is only reported. `histograms`: what the target says of them, whatever the job
  // does.
  ScrapeBody(storage::Appendable& storage, ScrapeMetrics& metrics, Logger log, storage::Labels labels,
             storage::DurationMs timeout_ms, ScrapeConfigPtr config, ScrapeExtras extras,
             std::optional<HistogramHandling> histograms = std::nullopt);

  // Another configuration of the same job. Keeps what was learned about lines unless they now become other series.
  void SetConfig(ScrapeConfigPtr config);

  // Stores one scrape. Samples without a time of their own get `at_ms`; those after `now_ms` + 10 minutes are refused.
  // `elapsed_seconds` tells, when all is appended, how long the scrape took.
  ScrapeOutcome Store(const FetchedBody& fetched, storage::TimestampMs at_ms, storage::TimestampMs now_ms,
                      const std::function<double()>& elapsed_seconds);

  // The target is gone: all its series and report series go stale at `at_ms`.
  storage::Status StoreEnd(storage::TimestampMs at_ms);

  // The target goes on under another body, with other settings: what this one stored last, to be handed to that one, so
  // that what the target does not have any more goes stale there. This one stores nothing afterwards.
  StoredSeries HandOver();
  void TakeOver(StoredSeries stored);

  const MetadataCache& metadata() const { return metadata_; }

 private:
  struct Pass;  // The state of one body being read.

  storage::Status AppendBody(Pass& pass, const FetchedBody& fetched);
  storage::Status ReadEntries(Pass& pass, ExpositionParser& parser);
  bool TakePredicted(Pass& pass, ExpositionParser& parser, storage::Status& status);
  void TakePlain(Pass& pass, double value, SeriesCache::Index index);
  void TakeLine(ExpositionParser& parser, EntryKind kind);
  void AddTypeAndUnit();
  storage::Status TakeSeries(Pass& pass, ExpositionParser& parser);
  storage::Status TakeKnown(Pass& pass, ExpositionParser& parser, SeriesCache::Index index);
  storage::Status TakeNew(Pass& pass, ExpositionParser& parser);
  bool AppendSample(Pass& pass, const ExpositionParser& parser, storage::SeriesRef ref, storage::TimestampMs start_ms);
  static bool CountOutcome(Pass& pass, storage::AppendOutcome outcome);
  storage::AppendOutcome AppendAt(Pass& pass, const ExpositionParser& parser, storage::SeriesRef ref,
                                  storage::TimestampMs t, storage::TimestampMs start_ms);
  bool LimitBuckets(storage::FloatHistogram& h) const;
  void AppendExemplars(Pass& pass, const ExpositionParser& parser, storage::SeriesRef ref);
  void CountAndWarn(const Pass& pass);
  static void AppendStale(storage::Appender& appender, const std::vector<storage::SeriesRef>& refs,
                          storage::TimestampMs at_ms);
  void AppendReport(storage::Appender& appender, storage::TimestampMs at_ms, const ScrapeOutcome& outcome,
                    const FetchedBody& fetched, double seconds);
  void AppendReportSample(storage::Appender& appender, std::size_t which, storage::TimestampMs at_ms, double value);

  static constexpr std::size_t kReportSeries = StoredSeries::kReports;

  storage::Appendable& storage_;
  ScrapeMetrics& metrics_;
  const Logger log_;
  const storage::Labels labels_;
  const storage::DurationMs timeout_ms_;
  const ScrapeExtras extras_;
  const std::optional<HistogramHandling> histograms_;
  ScrapeConfigPtr config_;
  SeriesCache cache_;
  MetadataCache metadata_;
  CreatedTimes created_;
  bool reads_created_ = false;  // Of the current body.
  ExpositionFormat format_ = ExpositionFormat::kText;
  std::array<storage::SeriesRef, kReportSeries> report_refs_{};
  std::uint32_t family_ = SeriesCache::kNone;  // Id in metadata_ of the family that the body last told something about.
  std::vector<storage::LabelView> exposed_;    // Scratch memory of new lines.
  std::string scratch_;
};

}  // namespace vigia::server
