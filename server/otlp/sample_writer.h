// One batch of storage for one OTLP request: all of it or nothing (surface.md 1.9).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>

#include "storage/api/start_use.h"
#include "storage/model/labels.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// Thread-safe.
struct OtlpMetrics {
  explicit OtlpMetrics(storage::Registry& registry);

  storage::Counter& out_of_order_exemplars;  // Prometheus' name.
  storage::Counter& undecodable;             // Requests that are malformed, or too large once decompressed.
  storage::Counter& unsupported;             // Requests with another content type or encoding.
  storage::Counter& refused;                 // Requests refused because of what is in them.
  storage::Counter& samples;                 // Samples stored, histograms among them.
  storage::Counter& merged_samples;          // Samples of a series and time that the same request has twice.
  storage::Counter& shortened_errors;        // Answers that do not name every fault.
};

// One sample of a series.
struct OtlpSample {
  storage::TimestampMs t = 0;
  storage::TimestampMs start_ms = 0;  // 0: unknown.
  double value = 0;
  storage::HistogramPtr histogram;  // Null for a float.
};

// Thread-compatible; for one request.
class SampleWriter {
 public:
  // Samples after `max_t` are out of bounds. References outlive this.
  SampleWriter(storage::Appendable& storage, OtlpMetrics& metrics, storage::StartUse starts,
               storage::TimestampMs max_t);

  // `target`: what names the target of what is appended next (server/wire/target_labels.h).
  void SetTarget(storage::Labels target);
  void Append(const storage::Labels& labels, const OtlpSample& sample, std::span<const storage::Exemplar> exemplars);
  // A fault that is not storage's: the request will be answered with 500.
  void AddFault(std::string_view text);

  struct Outcome {
    int status = 200;
    std::string text;  // Of a fault: one line for each, shortened when there are very many.
  };
  // Commits when there was no fault. Nothing of the batch is there otherwise.
  Outcome Finish();

 private:
  storage::SeriesRef Resolve(const storage::Labels& labels);
  void Refuse(std::string_view why);
  void AddText(std::string_view text);

  storage::Appendable& storage_;
  OtlpMetrics& metrics_;
  const storage::StartUse starts_;
  const storage::TimestampMs max_t_;
  std::unique_ptr<storage::Appender> appender_;
  storage::Labels target_;                       // What appender_ was made with.
  std::unique_ptr<storage::Appender> resolver_;  // Only names series, for another target. Null: appender_ does.
  storage::Labels resolver_target_;
  std::unordered_map<storage::SeriesRef, storage::TimestampMs> newest_;  // By this request.
  std::uint64_t samples_ = 0;
  std::uint64_t unnamed_faults_ = 0;
  bool refused_ = false;
  bool unavailable_ = false;
  bool faulty_ = false;
  std::string text_;
};

}  // namespace vigia::server
