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
      sort_(registry, "result_sort") {
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
