#include "promql/engine/engine_metrics.h"

namespace vigia::promql {

EngineMetrics::Slice::Slice(storage::Registry& registry, std::string_view name)
    : summary(registry.AddSummary("prometheus_engine_query_duration_seconds", "Query timings", {0.5, 0.9, 0.99},
                                  {{"slice", name}})),
      histogram(registry.AddHistogram("prometheus_engine_query_duration_histogram_seconds",
                                      "The duration of various parts of PromQL query execution.", {.01, .1, 1, 10},
                                      {{"slice", name}})) {}

void EngineMetrics::Slice::Observe(double seconds) {
  summary.Observe(seconds);
  histogram.Observe(seconds);
}

EngineMetrics::EngineMetrics(storage::Registry& registry, int max_concurrency)
    : queries_(
          registry.AddGauge("prometheus_engine_queries", "The current number of queries being executed or waiting.")),
      samples_(registry.AddCounter("prometheus_engine_query_samples_total",
                                   "The total number of samples loaded by all queries.")),
      samples_read_(registry.AddCounter("prometheus_engine_query_samples_read_total",
                                        "The total number of samples that storage handed to queries.")),
      queue_(registry, "queue_time"),
      prepare_(registry, "prepare_time"),
      evaluation_(registry, "inner_eval"),
      sort_(registry, "result_sort"),
      cancelled_(registry.AddCounter("vigia_queries_canceled_total",
                                     "Queries that ended because somebody asked for it or their client went away.")),
      slow_(
          registry.AddCounter("vigia_slow_queries_total", "Queries that took longer than the threshold for logging.")),
      top_evictions_(registry.AddCounter("vigia_query_top_evictions_total",
                                         "Entries that left the table of the most expensive queries for new ones.")),
      log_enabled_(registry.AddGauge("prometheus_engine_query_log_enabled", "State of the query log.")),
      log_failures_(
          registry.AddCounter("prometheus_engine_query_log_failures_total", "The number of query log failures.")) {
  static constexpr std::array kLimits = {"samples", "memory", "timeout", "queue_timeout", "queue_full", "text_bytes"};
  static_assert(kLimits.size() == std::tuple_size_v<decltype(limit_hits_)>);
  for (std::size_t i = 0; i < kLimits.size(); ++i) {
    limit_hits_[i] = &registry.AddCounter("vigia_query_limit_hits_total", "Queries that a limit ended or refused.",
                                          {{"limit", kLimits[i]}});
  }
  registry.AddGauge("prometheus_engine_queries_concurrent_max", "The max number of concurrent queries.")
      .Set(max_concurrency);
}

void EngineMetrics::QueryEnded(const QueryStats& stats) {
  queries_.Add(-1);
  samples_.Add(static_cast<double>(stats.total_samples));
  samples_read_.Add(static_cast<double>(stats.samples_read));
  queue_.Observe(stats.queue_seconds);
  prepare_.Observe(stats.preparation_seconds);
  evaluation_.Observe(stats.eval_seconds);
  sort_.Observe(stats.sort_seconds);
}

}  // namespace vigia::promql
