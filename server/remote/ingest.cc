#include "server/remote/ingest.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "server/wire/target_labels.h"

namespace vigia::server {
namespace {

using storage::AppendOutcome;
using storage::SeriesRef;

// An answer is for people: a request may hold millions of refused samples.
constexpr std::size_t kMaxErrorText = 64 << 10;
constexpr std::size_t kMaxExemplarRunes = 128;  // OpenMetrics 1.0, "Exemplars"; Prometheus drops longer ones.

// Prometheus storage/interface.go. nullptr: the sample is in the batch or was there before.
const char* RefusalText(AppendOutcome outcome) {
  switch (outcome) {
    case AppendOutcome::kAdded:
    case AppendOutcome::kSame: return nullptr;
    case AppendOutcome::kDuplicate: return "duplicate sample for timestamp";
    case AppendOutcome::kOutOfOrder: return "out of order sample";
    case AppendOutcome::kTooOld: return "too old sample";
    case AppendOutcome::kOutOfBounds: return "out of bounds";
    case AppendOutcome::kUnknownSeries: return "unknown series";
  }
  return nullptr;
}

std::size_t Runes(const storage::Labels& labels) {
  std::size_t runes = 0;
  const auto count = [&](std::string_view text) {
    runes +=
        static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
  };
  for (const storage::LabelView label : labels) {
    count(label.name);
    count(label.value);
  }
  return runes;
}

}  // namespace

void Ingest::Reset(WriteMessage& message, WritePolicy policy, storage::TimestampMs now_ms) {
  message_ = &message;
  policy_ = policy;
  starts_ = message.layout().has_starts ? deps_.starts : storage::StartUse{};
  max_t_ = now_ms + kMaxAheadMs;
  highest_t_ = 0;
  without_metadata_ = invalid_labels_ = unnamed_errors_ = 0;
  first_invalid_.clear();
  result_ = {};
}

WriteResult Ingest::Run(WriteMessage& message, WritePolicy policy, storage::TimestampMs now_ms) {
  Reset(message, policy, now_ms);
  bool good = true;
  do {
    good = ReadChunk() && AppendChunk();
  } while (good && chunk_ == kChunk);
  WriteResult result;
  if (good) {
    result = Finish();
  } else {
    if (appender_) appender_->Rollback();
    result.status = result_.status;
    result.text = std::move(result_.text);
  }
  appender_.reset();
  resolver_.reset();
  return result;
}

bool Ingest::ReadChunk() {
  std::string_view series;
  for (chunk_ = 0; chunk_ < kChunk && message_->NextSeries(series); ++chunk_) {
    if (!message_->Scan(series, frame_)) break;
    if (!appender_) Begin();
    items_[chunk_] = {series,
                      frame_.parts,
                      frame_.samples,
                      frame_.exemplars,
                      frame_.histograms,
                      frame_.has_metadata,
                      !frame_.fault.empty()};
    keys_[chunk_] = deps_.cache.KeyOf(frame_.labels);
  }
  if (message_->error() != nullptr) return Malformed(message_->error());
  deps_.cache.Find(std::span(keys_).first(chunk_), std::span(refs_).first(chunk_));
  return true;
}

// A sender's requests mix targets, or all series have the same: the first one's is as good a guess as any.
void Ingest::Begin() {
  target_ = frame_.fault.empty() ? labels_.TargetLabels(frame_.labels) : storage::Labels();
  appender_ = deps_.storage.NewAppender(target_);
}

bool Ingest::AppendChunk() {
  for (std::size_t i = 0; i < chunk_; ++i) {
    const Item& item = items_[i];
    // Without a reference table to look into, the labels of such a series are empty: they are no key.
    SeriesRef ref = item.bad_references ? SeriesRef::kNone : refs_[i];
    const bool empty = item.samples + item.histograms == 0;
    if (ref == SeriesRef::kNone || (empty && policy_ == WritePolicy::kPartial)) {
      if (!Lookup(item, ref)) return false;
      if (ref == SeriesRef::kNone) continue;
      if (refs_[i] == SeriesRef::kNone && !deps_.cache.Insert(keys_[i], ref)) deps_.metrics.cache_flushes.Add();
    }
    const SeriesRef known = ref;
    if (!AppendParts(item, ref)) return false;
    if (ref != known && refs_[i] == known) deps_.cache.Replace(keys_[i], ref);
    if (!item.has_metadata) without_metadata_ += item.samples + item.histograms;
  }
  return true;
}

// The ref of a series that the cache does not know. kNone: the series is left out.
bool Ingest::Lookup(const Item& item, SeriesRef& ref) {
  ref = SeriesRef::kNone;
  if (!message_->Scan(item.series, frame_)) return Malformed(message_->error());
  if (item.bad_references) return SkipSeries(item, frame_.fault, {});
  const ParsedLabels parsed = labels_.ParseSeries(frame_.labels);
  switch (parsed.fault) {
    case LabelFault::kMalformed: return Malformed("labels of a series");
    case LabelFault::kInvalid:
      return SkipSeries(item, "invalid metric name or labels, got " + parsed.text, parsed.text);
    case LabelFault::kDuplicate:
      return SkipSeries(
          item,
          fmt::format("invalid labels for series, labels {}, duplicated label {}", parsed.text, parsed.duplicate_name),
          parsed.text);
    case LabelFault::kNone: break;
  }
  if (policy_ == WritePolicy::kPartial && item.samples + item.histograms == 0) {
    result_.status = 400;
    AddError("TimeSeries must contain at least one sample or histogram for series " + SeriesText(item));
    return true;
  }
  if (item.samples + item.histograms + item.exemplars == 0) return true;
  return Resolve(item, parsed.labels, ref);
}

bool Ingest::Resolve(const Item& item, const storage::Labels& labels, SeriesRef& ref) {
  storage::Labels target = TargetLabelsOf(labels);
  storage::Appender* resolver = appender_.get();
  if (target != target_) {
    if (!resolver_ || target != resolver_target_) {
      resolver_ = deps_.storage.NewAppender(target);
      resolver_target_ = std::move(target);
    }
    resolver = resolver_.get();
  }
  const auto resolved = resolver->Resolve(labels);
  if (resolved.has_value()) {
    ref = *resolved;
    return true;
  }
  if (resolved.error().code != storage::Errc::kInvalid) return Fault(resolved.error());
  return SkipSeries(item, resolved.error().what, SeriesText(item));
}

// Version 1 says nothing and counts series; version 2 names the series and counts samples. As the reference does.
bool Ingest::SkipSeries(const Item& item, const std::string& why, std::string_view labels_text) {
  if (first_invalid_.empty()) first_invalid_ = labels_text.empty() ? std::string_view(why) : labels_text;
  if (policy_ == WritePolicy::kAllOrNothing) {
    ++invalid_labels_;
    return true;
  }
  invalid_labels_ += item.samples + item.histograms;
  result_.status = 400;
  AddError(why);
  return true;
}

bool Ingest::AppendParts(const Item& item, SeriesRef& ref) {
  const SeriesLayout layout = message_->layout();
  WireReader parts(item.parts);
  while (parts.Next()) {
    const std::uint32_t field = parts.field();
    if (field == layout.samples) {
      if (!AppendSample(item, ref, parts.bytes())) return false;
    } else if (field == layout.histograms) {
      if (!AppendHistogram(item, ref, parts.bytes())) return false;
    } else if (field == layout.exemplars) {
      if (!AppendExemplar(item, ref, parts.bytes())) return false;
    }
  }
  return true;
}

// Appends by append(ref); once more when the cache's ref names no series any more.
template <class Append>
bool Ingest::AppendKnown(const Item& item, SeriesRef& ref, AppendOutcome& outcome, Append&& append) {
  outcome = append(ref);
  if (outcome != AppendOutcome::kUnknownSeries) return true;
  if (!Lookup(item, ref)) return false;
  if (ref != SeriesRef::kNone) outcome = append(ref);
  return true;
}

bool Ingest::AppendSample(const Item& item, SeriesRef& ref, std::string_view bytes) {
  storage::Sample sample;
  storage::TimestampMs start = 0;
  if (const char* error = DecodeSample(bytes, sample, start); error != nullptr) return Malformed(error);
  if (sample.t > max_t_) {
    deps_.metrics.too_far_ahead.Add();
    return Refused(item, "out of bounds: timestamp is too far in the future", sample.t);
  }
  AppendOutcome outcome = AppendOutcome::kAdded;
  const auto append = [&](SeriesRef series) {
    return storage::AppendStarted(*appender_, starts_, series, sample.t, sample.v, start);
  };
  if (!AppendKnown(item, ref, outcome, append)) return false;
  if (const char* why = RefusalText(outcome); why != nullptr) return Refused(item, why, sample.t);
  ++result_.samples;
  highest_t_ = std::max(highest_t_, sample.t);
  return true;
}

bool Ingest::AppendHistogram(const Item& item, SeriesRef& ref, std::string_view bytes) {
  if (const char* error = DecodeHistogram(bytes, histogram_); error != nullptr) return Malformed(error);
  const storage::TimestampMs t = histogram_.t;
  if (t > max_t_) {
    deps_.metrics.too_far_ahead.Add();
    return Refused(item, "out of bounds: timestamp is too far in the future", t);
  }
  // The end of a series of histograms is marked in the sum; storage marks the end of any series by a float.
  const bool stale = storage::IsStaleNan(histogram_.h->sum);
  if (!stale && !histogram_.fault.empty()) return Refused(item, histogram_.fault, t);
  const storage::HistogramPtr h = std::move(histogram_.h);
  AppendOutcome outcome = AppendOutcome::kAdded;
  const auto append = [&](SeriesRef series) {
    return stale ? appender_->Append(series, t, storage::kStaleNan)
                 : storage::AppendStarted(*appender_, starts_, series, t, h, histogram_.start);
  };
  if (!AppendKnown(item, ref, outcome, append)) return false;
  if (const char* why = RefusalText(outcome); why != nullptr) return Refused(item, why, t);
  ++result_.histograms;
  highest_t_ = std::max(highest_t_, t);
  return true;
}

// An exemplar that storage does not want is no reason to refuse the samples, which is what the reference thinks, too.
bool Ingest::AppendExemplar(const Item& item, SeriesRef ref, std::string_view bytes) {
  std::string_view wire;
  std::string fault;
  if (!message_->ReadExemplar(bytes, exemplar_, wire, fault)) return Malformed(message_->error());
  ParsedLabels parsed = labels_.ParseExemplar(wire);
  if (parsed.fault == LabelFault::kMalformed) return Malformed("labels of an exemplar");
  if (fault.empty() && parsed.fault == LabelFault::kNone && exemplar_.t <= max_t_ &&
      Runes(parsed.labels) <= kMaxExemplarRunes) {
    exemplar_.labels = std::move(parsed.labels);
    exemplar_.has_own_time = exemplar_.t != 0;
    if (RefusalText(appender_->AppendExemplar(ref, exemplar_)) == nullptr) {
      ++result_.exemplars;
      return true;
    }
  }
  deps_.metrics.dropped_exemplars.Add();
  if (fault.empty() || policy_ == WritePolicy::kAllOrNothing) return true;
  result_.status = 400;
  AddError(fmt::format("parsing exemplar for series {}: {}", SeriesText(item), fault));
  return true;
}

bool Ingest::Refused(const Item& item, std::string_view why, storage::TimestampMs t) {
  deps_.metrics.refused_samples.Add();
  const bool first = result_.status != 400;
  result_.status = 400;
  if (policy_ == WritePolicy::kPartial) {
    // The text of a series costs much more than a sample does: not for those that would not be shown.
    AddError(unnamed_errors_ > 0 ? std::string() : fmt::format("{} for series {}", why, SeriesText(item)));
  } else {
    result_.text = why;
  }
  if (first) {
    deps_.log.Error("Out of order sample from remote write",
                    {{"err", why}, {"series", SeriesText(item)}, {"timestamp", t}});
  }
  return policy_ == WritePolicy::kPartial;
}

bool Ingest::Malformed(const char* why) {
  deps_.metrics.undecodable.Add();
  result_.status = 400;
  result_.text = fmt::format("malformed remote write message: {}", why);
  deps_.log.Error("Error decoding remote write request", {{"err", why}});
  return false;
}

bool Ingest::Fault(const storage::Error& error) {
  // Both make a sender try again; 503 says that nothing is broken: the disk is nearly full or the head is.
  result_.status = error.code == storage::Errc::kUnavailable ? 503 : 500;
  result_.text = error.what;
  deps_.log.Error("Error while remote writing the request", {{"err", error}});
  return false;
}

void Ingest::AddError(std::string_view text) {
  if (unnamed_errors_ > 0 || result_.text.size() + text.size() > kMaxErrorText) {
    ++unnamed_errors_;
    return;
  }
  if (!result_.text.empty()) result_.text += "\n";
  result_.text += text;
}

std::string Ingest::SeriesText(const Item& item) {
  if (!message_->Scan(item.series, frame_)) return {};
  const ParsedLabels parsed = labels_.ParseSeries(frame_.labels);
  if (parsed.fault != LabelFault::kNone) return parsed.text;
  return LabelText(std::vector<storage::LabelView>(parsed.labels.begin(), parsed.labels.end()));
}

WriteResult Ingest::Finish() {
  if (appender_) {
    if (const storage::Status status = appender_->Commit(); !status) {
      Fault(status.error());
      return {.status = result_.status, .text = std::move(result_.text)};
    }
  }
  CountStored();
  if (unnamed_errors_ > 0) {
    deps_.metrics.shortened_errors.Add();
    result_.text += fmt::format("\nand {} more", unnamed_errors_);
  }
  return std::move(result_);
}

void Ingest::CountStored() {
  WriteMetrics& metrics = deps_.metrics;
  const bool counted = metrics.counted_elsewhere && metrics.counted_elsewhere();
  if (!counted) {
    metrics.samples_in.Add(static_cast<double>(result_.samples));
    metrics.histograms_in.Add(static_cast<double>(result_.histograms));
    metrics.exemplars_in.Add(static_cast<double>(result_.exemplars));
    metrics.RaiseHighest(highest_t_);
  }
  metrics.without_metadata.Add(static_cast<double>(without_metadata_));
  if (first_invalid_.empty()) return;
  metrics.invalid_labels.Add(static_cast<double>(invalid_labels_));
  deps_.log.Warn("Invalid metric names or labels", {{"got", first_invalid_}, {"count", invalid_labels_}});
}

}  // namespace vigia::server
