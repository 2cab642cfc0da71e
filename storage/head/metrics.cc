#include "storage/head/metrics.h"

namespace vigia::storage {
namespace {

const Labels& Float() {
  static const Labels labels{{"type", "float"}};
  return labels;
}
const Labels& Native() {
  static const Labels labels{{"type", "histogram"}};
  return labels;
}

constexpr std::string_view kAppended = "prometheus_tsdb_head_samples_appended_total";
constexpr std::string_view kOutOfOrder = "prometheus_tsdb_out_of_order_samples_total";
constexpr std::string_view kTooOld = "prometheus_tsdb_too_old_samples_total";
constexpr std::string_view kOutOfBound = "prometheus_tsdb_out_of_bound_samples_total";

}  // namespace

HeadMetrics::HeadMetrics(Registry& registry)
    : floats_appended(registry.AddCounter(kAppended, "Total number of appended samples.", Float())),
      histograms_appended(registry.AddCounter(kAppended, "Total number of appended samples.", Native())),
      out_of_order_floats(registry.AddCounter(
          kOutOfOrder,
          "Total number of out of order samples ingestion failed attempts due to out of order being disabled.",
          Float())),
      out_of_order_histograms(registry.AddCounter(kOutOfOrder, "", Native())),
      too_old_floats(registry.AddCounter(
          kTooOld,
          "Total number of out of order samples ingestion failed attempts with out of support enabled, but sample "
          "outside of time window.",
          Float())),
      too_old_histograms(registry.AddCounter(kTooOld, "", Native())),
      out_of_bound_floats(registry.AddCounter(
          kOutOfBound,
          "Total number of out of bound samples ingestion failed attempts with out of order support disabled.",
          Float())),
      out_of_bound_histograms(registry.AddCounter(kOutOfBound, "", Native())),
      duplicates(registry.AddCounter("vigia_storage_duplicate_samples_total",
                                     "Samples refused because another value is stored for their timestamp.")),
      late_floats(registry.AddCounter("prometheus_tsdb_head_out_of_order_samples_appended_total",
                                      "Total number of appended out of order samples.", Float())),
      series_created(registry.AddCounter("prometheus_tsdb_head_series_created_total",
                                         "Total number of series created in the head")),
      series_removed(registry.AddCounter("prometheus_tsdb_head_series_removed_total",
                                         "Total number of series removed in the head")),
      active_appenders(registry.AddGauge("prometheus_tsdb_head_active_appenders",
                                         "Number of currently active appender transactions")) {}

}  // namespace vigia::storage
