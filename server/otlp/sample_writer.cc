#include "server/otlp/sample_writer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "storage/model/sample.h"

namespace vigia::server {
namespace {

using storage::AppendOutcome;
using storage::SeriesRef;

constexpr std::size_t kMaxErrorText = 64 << 10;  // An answer is for people.

}  // namespace

OtlpMetrics::OtlpMetrics(storage::Registry& registry)
    : out_of_order_exemplars(registry.AddCounter("prometheus_api_otlp_out_of_order_exemplars_total",
                                                 "The total number of received OTLP exemplars which were rejected "
                                                 "because they were out of order.")),
      undecodable(registry.AddCounter("vigia_otlp_undecodable_total",
                                      "OTLP requests refused because they could not be decoded.")),
      unsupported(registry.AddCounter("vigia_otlp_unsupported_total",
                                      "OTLP requests refused because of their content type or encoding.")),
      refused(registry.AddCounter("vigia_otlp_refused_total",
                                  "OTLP requests of which nothing was stored because of faults in them.")),
      samples(registry.AddCounter("vigia_otlp_samples_total", "Samples stored of OTLP requests.")),
      merged_samples(registry.AddCounter("vigia_otlp_merged_samples_total",
                                         "Samples of OTLP requests left out because the request has another one of "
                                         "the same series and time, or a later one before it.")),
      shortened_errors(registry.AddCounter("vigia_otlp_shortened_errors_total",
                                           "Answers to OTLP requests with more faults than were sent back.")) {}

SampleWriter::SampleWriter(storage::Appendable& storage, OtlpMetrics& metrics, storage::StartUse starts,
                           storage::TimestampMs max_t)
    : storage_(storage), metrics_(metrics), starts_(starts), max_t_(max_t) {}

void SampleWriter::SetTarget(storage::Labels target) {
  if (!appender_) {
    appender_ = storage_.NewAppender(target);
    target_ = std::move(target);
    return;
  }
  if (target == target_) {
    resolver_.reset();
  } else if (!resolver_ || target != resolver_target_) {
    resolver_ = storage_.NewAppender(target);
    resolver_target_ = std::move(target);
  }
}

SeriesRef SampleWriter::Resolve(const storage::Labels& labels) {
  if (!appender_) SetTarget({});
  const auto resolved = (resolver_ ? resolver_ : appender_)->Resolve(labels);
  if (resolved.has_value()) return *resolved;
  if (resolved.error().code == storage::Errc::kUnavailable) unavailable_ = true;
  AddFault(resolved.error().what);
  return SeriesRef::kNone;
}

void SampleWriter::Append(const storage::Labels& labels, const OtlpSample& sample,
                          std::span<const storage::Exemplar> exemplars) {
  if (sample.t > max_t_) return Refuse("out of bounds: timestamp is too far in the future");
  const SeriesRef ref = Resolve(labels);
  if (ref == SeriesRef::kNone) return;
  const AppendOutcome outcome =
      sample.histogram ? storage::AppendStarted(*appender_, starts_, ref, sample.t, sample.histogram, sample.start_ms)
                       : storage::AppendStarted(*appender_, starts_, ref, sample.t, sample.value, sample.start_ms);
  const auto [newest, is_new] = newest_.try_emplace(ref, sample.t);
  // The reference finds these two only between requests: inside of one the first sample stays, and nobody complains.
  const bool merged = !is_new && newest->second >= sample.t;
  newest->second = std::max(newest->second, sample.t);
  switch (outcome) {
    case AppendOutcome::kAdded:
    case AppendOutcome::kSame: ++samples_; break;
    case AppendOutcome::kDuplicate:
    case AppendOutcome::kOutOfOrder:
      if (merged) return metrics_.merged_samples.Add();
      return Refuse(outcome == AppendOutcome::kDuplicate ? "duplicate sample for timestamp" : "out of order sample");
    case AppendOutcome::kTooOld: return Refuse("too old sample");
    case AppendOutcome::kOutOfBounds: return Refuse("out of bounds");
    case AppendOutcome::kUnknownSeries: return Refuse("unknown series");  // Not right after Resolve().
  }
  for (const storage::Exemplar& exemplar : exemplars) {
    const AppendOutcome result = appender_->AppendExemplar(ref, exemplar);
    if (result == AppendOutcome::kOutOfOrder || result == AppendOutcome::kTooOld) {
      metrics_.out_of_order_exemplars.Add();
    }
  }
}

void SampleWriter::Refuse(std::string_view why) {
  refused_ = true;
  AddText(why);
}

void SampleWriter::AddFault(std::string_view text) {
  faulty_ = true;
  AddText(text);
}

void SampleWriter::AddText(std::string_view text) {
  if (unnamed_faults_ > 0 || text_.size() + text.size() > kMaxErrorText) {
    ++unnamed_faults_;
    return;
  }
  text_.append(text_.empty() ? "" : "\n").append(text);
}

SampleWriter::Outcome SampleWriter::Finish() {
  Outcome out;
  if (refused_ || faulty_) {
    if (appender_) appender_->Rollback();
    metrics_.refused.Add();
    if (unnamed_faults_ > 0) {
      metrics_.shortened_errors.Add();
      text_ += fmt::format("\nand {} more", unnamed_faults_);
    }
    // A sample that storage will never take must not be sent again, whatever else is wrong.
    out.status = refused_ ? 400 : unavailable_ ? 503 : 500;
    out.text = std::move(text_);
    return out;
  }
  if (!appender_) return out;
  if (const storage::Status status = appender_->Commit(); !status) {
    out.status = status.error().code == storage::Errc::kUnavailable ? 503 : 500;
    out.text = status.error().what;
    return out;
  }
  metrics_.samples.Add(static_cast<double>(samples_));
  return out;
}

}  // namespace vigia::server
