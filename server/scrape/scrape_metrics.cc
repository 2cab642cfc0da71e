#include "server/scrape/scrape_metrics.h"

#include <functional>
#include <vector>

#include <fmt/format.h>

namespace vigia::server {
namespace {

using storage::Labels;

const std::vector<double> kQuantiles = {0.01, 0.05, 0.5, 0.9, 0.99};

constexpr const char* kMetadataEntries = "prometheus_target_metadata_cache_entries";
constexpr const char* kMetadataBytes = "prometheus_target_metadata_cache_bytes";

Labels Job(std::string_view job) { return Labels{{"scrape_job", job}}; }

}  // namespace

ScrapeMetrics::ScrapeMetrics(storage::Registry& registry)
    : pools(registry.AddCounter("prometheus_target_scrape_pools_total",
                                "Total number of scrape pool creation attempts.")),
      pools_failed(registry.AddCounter("prometheus_target_scrape_pools_failed_total",
                                       "Total number of scrape pool creations that failed.")),
      pool_reloads(
          registry.AddCounter("prometheus_target_scrape_pool_reloads_total", "Total number of scrape pool reloads.")),
      pool_reloads_failed(registry.AddCounter("prometheus_target_scrape_pool_reloads_failed_total",
                                              "Total number of failed scrape pool reloads.")),
      exceeded_target_limit(registry.AddCounter(
          "prometheus_target_scrape_pool_exceeded_target_limit_total",
          "Total number of times scrape pools hit the target limit, during sync or config reload.")),
      exceeded_label_limits(registry.AddCounter(
          "prometheus_target_scrape_pool_exceeded_label_limits_total",
          "Total number of times scrape pools hit the label limits, during sync or config reload.")),
      exceeded_sample_limit(
          registry.AddCounter("prometheus_target_scrapes_exceeded_sample_limit_total",
                              "Total number of scrapes that hit the sample limit and were rejected.")),
      exceeded_body_size_limit(registry.AddCounter("prometheus_target_scrapes_exceeded_body_size_limit_total",
                                                   "Total number of scrapes that hit the body size limit")),
      exceeded_bucket_limit(
          registry.AddCounter("prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
                              "Total number of scrapes that hit the native histogram bucket limit and were rejected.")),
      duplicate_timestamp(
          registry.AddCounter("prometheus_target_scrapes_sample_duplicate_timestamp_total",
                              "Total number of samples rejected due to duplicate timestamps but different values.")),
      out_of_order(registry.AddCounter("prometheus_target_scrapes_sample_out_of_order_total",
                                       "Total number of samples rejected due to not being out of the expected order.")),
      out_of_bounds(registry.AddCounter("prometheus_target_scrapes_sample_out_of_bounds_total",
                                        "Total number of samples rejected due to timestamp falling outside of the time "
                                        "bounds.")),
      exemplar_out_of_order(
          registry.AddCounter("prometheus_target_scrapes_exemplar_out_of_order_total",
                              "Total number of exemplar rejected due to not being out of the expected order.")),
      cache_flush_forced(registry.AddCounter("prometheus_target_scrapes_cache_flush_forced_total",
                                             "How many times a scrape cache was flushed due to getting big while "
                                             "scrapes are failing.")),
      scrape_duration_seconds(registry.AddHistogram("prometheus_target_scrape_duration_seconds",
                                                    "Total duration of the scrape from start to commit completion in "
                                                    "seconds.",
                                                    {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      registry_(registry) {
  using Points = std::function<std::vector<storage::CollectedPoint>()>;
  registry_.AddCallback(kMetadataEntries, "Total number of metric metadata entries in the cache",
                        storage::InstrumentType::kGauge,
                        Points([this] { return MetadataPoints(&MetadataSize::entries); }));
  registry_.AddCallback(
      kMetadataBytes, "The number of bytes that are currently used for storing metric metadata in the cache",
      storage::InstrumentType::kGauge, Points([this] { return MetadataPoints(&MetadataSize::bytes); }));
}

ScrapeMetrics::~ScrapeMetrics() {
  registry_.RemoveCallback(kMetadataEntries);
  registry_.RemoveCallback(kMetadataBytes);
}

void ScrapeMetrics::AddMetadata(const std::string& job, std::int64_t entries, std::int64_t bytes) {
  const std::lock_guard lock(mu_);
  MetadataSize& size = metadata_[job];
  size.entries += entries;
  size.bytes += bytes;
  if (size.entries == 0) metadata_.erase(job);
}

std::vector<storage::CollectedPoint> ScrapeMetrics::MetadataPoints(std::int64_t MetadataSize::*field) const {
  const std::lock_guard lock(mu_);
  std::vector<storage::CollectedPoint> points;
  points.reserve(metadata_.size());
  for (const auto& [job, size] : metadata_) points.push_back({"", Job(job), static_cast<double>(size.*field)});
  return points;
}

storage::Summary& ScrapeMetrics::IntervalLength(storage::DurationMs interval_ms) {
  return registry_.AddSummary("prometheus_target_interval_length_seconds", "Actual intervals between scrapes.",
                              kQuantiles, Labels{{"interval", GoDuration(interval_ms)}});
}

storage::Summary& ScrapeMetrics::ReloadLength(storage::DurationMs interval_ms) {
  return registry_.AddSummary("prometheus_target_reload_length_seconds",
                              "Actual interval to reload the scrape pool with a given configuration.", kQuantiles,
                              Labels{{"interval", GoDuration(interval_ms)}});
}

ScrapeMetrics::Pool ScrapeMetrics::ForPool(std::string_view job) {
  return {
      registry_.AddGauge("prometheus_target_scrape_pool_targets", "Current number of targets in this scrape pool.",
                         Job(job)),
      registry_.AddGauge("prometheus_target_scrape_pool_target_limit",
                         "Maximum number of targets allowed in this scrape pool.", Job(job)),
      registry_.AddCounter("prometheus_target_scrape_pool_sync_total",
                           "Total number of syncs that were executed on a scrape pool.", Job(job)),
      registry_.AddCounter("prometheus_target_sync_failed_total", "Total number of target sync failures.", Job(job)),
      registry_.AddSummary("prometheus_target_sync_length_seconds", "Actual interval to sync the scrape pool.",
                           kQuantiles, Job(job))};
}

void ScrapeMetrics::RemovePool(std::string_view job) {
  for (const char* name : {"prometheus_target_scrape_pool_targets", "prometheus_target_scrape_pool_target_limit",
                           "prometheus_target_scrape_pool_sync_total", "prometheus_target_sync_failed_total",
                           "prometheus_target_sync_length_seconds"}) {
    registry_.Remove(name, Job(job));
  }
}

std::string GoDuration(storage::DurationMs duration_ms) {
  if (duration_ms == 0) return "0s";
  if (duration_ms < 1000) return fmt::format("{}ms", duration_ms);
  const std::int64_t hours = duration_ms / 3'600'000;
  const std::int64_t minutes = duration_ms / 60'000 % 60;
  std::string seconds = fmt::format("{}", duration_ms / 1000 % 60);
  if (const std::int64_t ms = duration_ms % 1000; ms != 0) {
    seconds += fmt::format(".{:03}", ms);
    while (seconds.back() == '0') seconds.pop_back();
  }
  if (hours > 0) return fmt::format("{}h{}m{}s", hours, minutes, seconds);
  if (minutes > 0) return fmt::format("{}m{}s", minutes, seconds);
  return seconds + "s";
}

}  // namespace vigia::server
