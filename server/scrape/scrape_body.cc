#include "server/scrape/scrape_body.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>

#include "server/wire/histogram_rules.h"
#include "server/wire/histogram_shape.h"
#include "storage/api/newest_only.h"
#include "storage/model/sample.h"

namespace vigia::server {
namespace {

using storage::Appender;
using storage::AppendOutcome;
using storage::Errc;
using storage::Error;
using storage::SeriesRef;
using storage::Status;
using storage::TimestampMs;

constexpr storage::DurationMs kMaxAheadMs = 10 * 60 * 1000;
constexpr std::size_t kMaxExemplarRunes = 128;  // OpenMetrics 1.0, "Exemplars".

// In the order of ScrapeBody::report_refs_; the last three only with extra_scrape_metrics.
constexpr std::array<std::string_view, 8> kReportNames = {
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
};

std::optional<ExpositionFormat> FallbackFormat(const config::ScrapeConfig& config) {
  if (!config.fallback_scrape_protocol) return std::nullopt;
  switch (*config.fallback_scrape_protocol) {
    case config::ScrapeProtocol::kPrometheusProto: return ExpositionFormat::kProtobuf;
    case config::ScrapeProtocol::kOpenMetricsText1_0_0:
    case config::ScrapeProtocol::kOpenMetricsText0_0_1: return ExpositionFormat::kOpenMetrics;
    case config::ScrapeProtocol::kPrometheusText1_0_0:
    case config::ScrapeProtocol::kPrometheusText0_0_4: return ExpositionFormat::kText;
  }
  return std::nullopt;
}

// True when a line leads to the same series under both.
bool SameSeries(const config::ScrapeConfig& a, const config::ScrapeConfig& b) {
  return a.honor_labels == b.honor_labels && a.metric_relabel_configs == b.metric_relabel_configs &&
         a.metric_name_validation_scheme == b.metric_name_validation_scheme && a.label_limit == b.label_limit &&
         a.label_name_length_limit == b.label_name_length_limit &&
         a.label_value_length_limit == b.label_value_length_limit;
}

std::size_t CountRunes(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Whether a family exposes a series of this name: the family's own, or with a suffix that its type has.
bool IsOfFamily(std::string_view name, const MetricMetadata& family) {
  if (!name.starts_with(family.metric)) return false;
  const std::string_view suffix = name.substr(family.metric.size());
  if (suffix.empty()) return true;
  switch (family.type) {
    case MetricType::kCounter: return suffix == "_total" || suffix == "_created";
    case MetricType::kHistogram:
      return suffix == "_bucket" || suffix == "_sum" || suffix == "_count" || suffix == "_created";
    case MetricType::kGaugeHistogram:
      return suffix == "_bucket" || suffix == "_gsum" || suffix == "_gcount" || suffix == "_sum" || suffix == "_count";
    case MetricType::kSummary: return suffix == "_sum" || suffix == "_count" || suffix == "_created";
    case MetricType::kInfo: return suffix == "_info";
    case MetricType::kUnknown:
    case MetricType::kGauge:
    case MetricType::kStateset: return false;
  }
  return false;
}

bool HasInvalidText(const std::vector<storage::LabelView>& labels) {
  return std::any_of(labels.begin(), labels.end(), [](const storage::LabelView& label) {
    return !storage::IsValidUtf8(label.name) || !storage::IsValidUtf8(label.value);
  });
}

}  // namespace

struct ScrapeBody::Pass {
  Appender& appender;
  TimestampMs at_ms;
  TimestampMs max_ms;
  ScrapeOutcome outcome{};
  std::uint64_t appended = 0;     // Counts against sample_limit.
  bool unlimited = false;         // Samples without a time of their own meet no limit.
  bool bucket_limit_hit = false;  // native_histogram_bucket_limit.
  std::uint64_t exemplars_out_of_order = 0;
  bool unknown_series = false;  // A known line leads to a series that storage has forgotten.
};

ScrapeBody::ScrapeBody(storage::Appendable& storage, ScrapeMetrics& metrics, Logger log, storage::Labels labels,
                       storage::DurationMs timeout_ms, ScrapeConfigPtr config, ScrapeExtras extras,
                       std::optional<HistogramHandling> histograms)
    : storage_(storage),
      metrics_(metrics),
      log_(std::move(log)),
      labels_(std::move(labels)),
      timeout_ms_(timeout_ms),
      extras_(extras),
      histograms_(histograms),
      config_(std::move(config)) {
  static_assert(kReportNames.size() == kReportSeries);
}

void ScrapeBody::SetConfig(ScrapeConfigPtr config) {
  if (!SameSeries(*config_, *config)) cache_.Invalidate();
  config_ = std::move(config);
}

ScrapeOutcome ScrapeBody::Store(const FetchedBody& fetched, TimestampMs at_ms, TimestampMs now_ms,
                                const std::function<double()>& elapsed_seconds) {
  std::unique_ptr<Appender> appender = storage_.NewAppender(labels_);
  Pass pass{*appender, at_ms, now_ms + kMaxAheadMs};
  pass.unlimited = config_->sample_limit == 0 && at_ms <= pass.max_ms;
  ScrapeOutcome& outcome = pass.outcome;
  outcome.status = fetched.status;
  const bool has_body = outcome.status && !fetched.body.empty();
  if (has_body) {
    outcome.status = AppendBody(pass, fetched);
    if (pass.unknown_series) {  // All lines are looked at as new ones.
      appender->Rollback();
      cache_.Invalidate();
      outcome = {};
      pass.appended = pass.exemplars_out_of_order = 0;
      pass.bucket_limit_hit = pass.unknown_series = false;
      outcome.status = AppendBody(pass, fetched);
    }
    if (!outcome.status) appender->Rollback();
  }
  const bool stored = has_body && outcome.status;
  AppendStale(*appender, stored ? cache_.Vanished() : cache_.AllTracked(), at_ms);
  AppendReport(*appender, at_ms, outcome, fetched, elapsed_seconds());
  outcome.commit = appender->Commit();
  if (!outcome.commit) log_.Error("Scrape commit failed", {{"err", outcome.commit.error()}});
  if (stored) {
    cache_.Accept();
    metadata_.EndBody();
  } else if (cache_.Reject()) {
    metrics_.cache_flush_forced.Add();
  }
  return outcome;
}

Status ScrapeBody::StoreEnd(TimestampMs at_ms) {
  const std::unique_ptr<Appender> appender = storage_.NewAppender(labels_);
  storage::SetNewestOnly(*appender, true);
  for (const SeriesRef ref : cache_.AllTracked()) static_cast<void>(appender->Append(ref, at_ms, storage::kStaleNan));
  for (std::size_t i = 0; i < kReportSeries; ++i) {
    if (report_refs_[i] != SeriesRef::kNone) AppendReportSample(*appender, i, at_ms, storage::kStaleNan);
  }
  cache_.Reject();
  return appender->Commit();
}

StoredSeries ScrapeBody::HandOver() {
  StoredSeries stored{cache_.AllTracked(), report_refs_};
  cache_.Reject();
  return stored;
}

void ScrapeBody::TakeOver(StoredSeries stored) {
  cache_.Adopt(std::move(stored.series));
  for (std::size_t i = 0; i < kReportSeries; ++i) {
    if (report_refs_[i] == SeriesRef::kNone) report_refs_[i] = stored.reports[i];
  }
}

Status ScrapeBody::AppendBody(Pass& pass, const FetchedBody& fetched) {
  const auto format = SelectFormat(fetched.content_type, FallbackFormat(*config_));
  if (!format) return format.error();
  const HistogramHandling handling = histograms_.value_or(
      HistogramHandling{config_->scrape_native_histograms, config_->always_scrape_classic_histograms,
                        config_->convert_classic_histograms_to_nhcb});
  const std::unique_ptr<ExpositionParser> parser = NewParser(*format, fetched.body, handling);
  // What names a series of one form may be anything in another.
  const bool other_form = *format != std::exchange(format_, *format);
  const bool reads_created = extras_.starts.any() && *format == ExpositionFormat::kOpenMetrics;
  const bool others_are_series = reads_created != std::exchange(reads_created_, reads_created);
  const bool new_ids = reads_created && created_.Read(fetched.body);
  if (other_form || others_are_series || new_ids) cache_.Invalidate();
  cache_.Begin();
  family_ = SeriesCache::kNone;
  Status status = ReadEntries(pass, *parser);
  const std::uint64_t limit = config_->sample_limit;
  if (limit > 0 && pass.appended > limit) {
    metrics_.exceeded_sample_limit.Add();
    if (status) status = Error{Errc::kLimit, "sample limit exceeded"};
  }
  if (pass.bucket_limit_hit) {
    metrics_.exceeded_bucket_limit.Add();
    if (status) status = Error{Errc::kLimit, "histogram bucket limit exceeded"};
  }
  CountAndWarn(pass);
  return status;
}

Status ScrapeBody::ReadEntries(Pass& pass, ExpositionParser& parser) {
  for (;;) {
    Status status;
    if (TakePredicted(pass, parser, status)) {
      if (!status) return status;
      continue;
    }
    const EntryKind kind = parser.Next();
    switch (kind) {
      case EntryKind::kEof: return {};
      case EntryKind::kError: return Error{Errc::kInvalid, parser.error()};
      case EntryKind::kType:
      case EntryKind::kHelp:
      case EntryKind::kUnit:
      case EntryKind::kComment: TakeLine(parser, kind); break;
      case EntryKind::kSeries:
        status = TakeSeries(pass, parser);
        if (!status) return status;
        break;
    }
  }
}

// The common case: the body goes on as the last one did. One comparison, no look-up, no allocation.
bool ScrapeBody::TakePredicted(Pass& pass, ExpositionParser& parser, Status& status) {
  const SeriesCache::Index index = cache_.Predicted();
  if (index == SeriesCache::kNone) return false;
  const SeriesCache::Entry& entry = cache_.at(index);
  const std::string_view upcoming = parser.Upcoming(entry.size());
  if (!cache_.Matches(index, upcoming)) return false;
  if (entry.kind() == SeriesCache::Kind::kLine) {
    if (!parser.TryLine(upcoming, entry.type())) return false;
    if (entry.metadata != SeriesCache::kNone) {
      metadata_.Touch(entry.metadata);
      family_ = entry.metadata;
    }
    cache_.Visit(index);
    return true;
  }
  const bool unlimited_series =
      pass.unlimited && entry.kind() == SeriesCache::Kind::kSeries && entry.metadata == SeriesCache::kNone;
  if (unlimited_series && parser.TryPlain(upcoming)) {
    TakePlain(pass, parser.value(), index);
    return true;
  }
  if (!parser.TrySeries(upcoming)) return false;
  status = TakeKnown(pass, parser, index);
  return true;
}

// A float and nothing more, of a series that is known: nearly all samples.
void ScrapeBody::TakePlain(Pass& pass, double value, SeriesCache::Index index) {
  ++pass.outcome.samples;
  ++pass.outcome.after_relabel;
  if (!cache_.Visit(index)) {
    ++pass.outcome.duplicates;
    return;
  }
  if (CountOutcome(pass, pass.appender.Append(cache_.at(index).ref, pass.at_ms, value))) cache_.Track(index);
}

void ScrapeBody::TakeLine(ExpositionParser& parser, EntryKind kind) {
  std::uint32_t metadata = SeriesCache::kNone;
  if (kind == EntryKind::kType) metadata = metadata_.SetType(parser.family(), parser.type());
  if (kind == EntryKind::kHelp) metadata = metadata_.SetHelp(parser.family(), parser.help());
  if (kind == EntryKind::kUnit) metadata = metadata_.SetUnit(parser.family(), parser.unit());
  if (metadata != SeriesCache::kNone) family_ = metadata;
  const std::string_view line = parser.line();
  if (!line.ends_with('\n')) return;  // Might go on differently next time.
  SeriesCache::Index index = cache_.Find(line);
  if (index == SeriesCache::kNone) {
    index = cache_.Add(line, SeriesCache::Kind::kLine);
    cache_.at(index).metadata = metadata;
    if (kind == EntryKind::kType) cache_.at(index).SetType(parser.type());
  }
  cache_.Visit(index);
}

// __type__ and __unit__ of the family that exposed_ is of; exposed ones give way to what the metadata says.
void ScrapeBody::AddTypeAndUnit() {
  if (family_ == SeriesCache::kNone) return;
  const MetricMetadata& family = metadata_.At(family_);
  if (!IsOfFamily(exposed_.front().value, family)) return;
  const auto set = [this](std::string_view name, std::string_view value) {
    std::erase_if(exposed_, [name](const storage::LabelView& label) { return label.name == name; });
    exposed_.push_back({name, value});
  };
  if (family.type != MetricType::kUnknown) set("__type__", ToString(family.type));
  if (!family.unit.empty()) set("__unit__", family.unit);
}

Status ScrapeBody::TakeSeries(Pass& pass, ExpositionParser& parser) {
  const SeriesCache::Index index = cache_.Find(parser.series());
  return index == SeriesCache::kNone ? TakeNew(pass, parser) : TakeKnown(pass, parser, index);
}

Status ScrapeBody::TakeKnown(Pass& pass, ExpositionParser& parser, SeriesCache::Index index) {
  const bool first = cache_.Visit(index);
  const SeriesCache::Entry& entry = cache_.at(index);
  if (entry.kind() == SeriesCache::Kind::kCreated) return {};
  ++pass.outcome.samples;
  if (entry.kind() == SeriesCache::Kind::kDropped) return {};
  ++pass.outcome.after_relabel;
  const bool own_time = config_->honor_timestamps && parser.timestamp_ms().has_value();
  if (!first && !own_time) {
    ++pass.outcome.duplicates;
    return {};
  }
  if (!parser.histogram_fault().empty()) return Error{Errc::kInvalid, parser.histogram_fault()};
  const TimestampMs start_ms = entry.metadata == SeriesCache::kNone ? parser.start_ms() : created_.At(entry.metadata);
  const bool added = AppendSample(pass, parser, entry.ref, start_ms);
  if (added && (!own_time || config_->track_timestamps_staleness)) cache_.Track(index);
  if (extras_.exemplars && !parser.exemplars().empty()) AppendExemplars(pass, parser, entry.ref);
  return {};
}

Status ScrapeBody::TakeNew(Pass& pass, ExpositionParser& parser) {
  exposed_.clear();
  parser.AppendLabels(exposed_, scratch_);
  if (reads_created_ && CreatedTimes::IsCreated(parser.type(), exposed_.front().value)) {
    cache_.Visit(cache_.Add(parser.series(), SeriesCache::Kind::kCreated));
    return {};
  }
  ++pass.outcome.samples;
  if (extras_.type_and_unit_labels) AddTypeAndUnit();
  const std::uint32_t created = reads_created_ ? created_.IdOf(parser.type(), exposed_) : SeriesCache::kNone;
  const SampleLabels built = BuildSampleLabels(*config_, labels_, exposed_);
  if (built.dropped) {
    cache_.Visit(cache_.Add(parser.series(), SeriesCache::Kind::kDropped));
    return {};
  }
  if (built.over_limit) metrics_.exceeded_label_limits.Add();
  if (!built.status) return built.status;
  ++pass.outcome.after_relabel;
  if (!parser.histogram_fault().empty()) return Error{Errc::kInvalid, parser.histogram_fault()};
  const std::uint64_t limit = config_->sample_limit;
  if (limit > 0 && pass.appended >= limit) {
    ++pass.appended;  // Not a reason to create the series.
    return {};
  }
  const auto ref = pass.appender.Resolve(built.labels);
  if (!ref) return ref.error();
  const bool own_time = config_->honor_timestamps && parser.timestamp_ms().has_value();
  const TimestampMs start_ms = created == SeriesCache::kNone ? parser.start_ms() : created_.At(created);
  if (!AppendSample(pass, parser, *ref, start_ms)) return {};
  const SeriesCache::Index index = cache_.Add(parser.series(), SeriesCache::Kind::kSeries);
  cache_.at(index).ref = *ref;
  cache_.at(index).metadata = created;
  cache_.Visit(index);
  if (!own_time || config_->track_timestamps_staleness) cache_.Track(index);
  pass.outcome.series_added += !pass.bucket_limit_hit;
  if (extras_.exemplars && !parser.exemplars().empty()) AppendExemplars(pass, parser, *ref);
  return {};
}

// Both: false: the sample was refused and counted.
bool ScrapeBody::AppendSample(Pass& pass, const ExpositionParser& parser, SeriesRef ref, TimestampMs start_ms) {
  if (parser.histogram() && !LimitBuckets(*parser.histogram())) {
    pass.bucket_limit_hit = true;
    return false;
  }
  if (++pass.appended > config_->sample_limit && config_->sample_limit > 0) return false;
  TimestampMs t = pass.at_ms;
  if (config_->honor_timestamps && parser.timestamp_ms()) t = *parser.timestamp_ms();
  return CountOutcome(pass, t > pass.max_ms ? AppendOutcome::kOutOfBounds : AppendAt(pass, parser, ref, t, start_ms));
}

bool ScrapeBody::CountOutcome(Pass& pass, AppendOutcome outcome) {
  switch (outcome) {
    case AppendOutcome::kAdded:
    case AppendOutcome::kSame: return true;
    case AppendOutcome::kDuplicate: ++pass.outcome.duplicates; return false;
    case AppendOutcome::kOutOfOrder:
    case AppendOutcome::kTooOld: ++pass.outcome.out_of_order; return false;
    case AppendOutcome::kOutOfBounds: ++pass.outcome.out_of_bounds; return false;
    case AppendOutcome::kUnknownSeries: pass.unknown_series = true; return false;
  }
  return false;
}

AppendOutcome ScrapeBody::AppendAt(Pass& pass, const ExpositionParser& parser, SeriesRef ref, TimestampMs t,
                                   TimestampMs start_ms) {
  const storage::HistogramPtr h = parser.histogram();
  if (!h) return storage::AppendStarted(pass.appender, extras_.starts, ref, t, parser.value(), start_ms);
  // The end of a series of histograms is told by the sum; storage marks the end of any series by a float.
  if (storage::IsStaleNan(h->sum)) return pass.appender.Append(ref, t, storage::kStaleNan);
  return storage::AppendStarted(pass.appender, extras_.starts, ref, t, h, start_ms);
}

// False: there are more buckets than native_histogram_bucket_limit allows, whatever the resolution.
bool ScrapeBody::LimitBuckets(storage::FloatHistogram& h) const {
  if (config_->native_histogram_min_bucket_factor > 1 && h.schema >= kMinSchema) {
    const std::int32_t finest = FinestSchema(config_->native_histogram_min_bucket_factor);
    if (h.schema > finest) ReduceSchema(h, finest);
  }
  const std::uint64_t limit = config_->native_histogram_bucket_limit;
  return limit == 0 || FitBuckets(h, limit);
}

void ScrapeBody::AppendExemplars(Pass& pass, const ExpositionParser& parser, SeriesRef ref) {
  const TimestampMs sample_ms = config_->honor_timestamps ? parser.timestamp_ms().value_or(pass.at_ms) : pass.at_ms;
  std::vector<storage::Exemplar> exemplars;
  for (const RawExemplar& raw : parser.exemplars()) {
    // Of a native histogram, the same exemplar without a time could not be told from a new one.
    if (parser.histogram() && !raw.timestamp_ms) continue;
    exposed_.clear();
    parser.AppendExemplarLabels(raw, exposed_, scratch_);
    std::size_t runes = 0;
    for (const storage::LabelView& label : exposed_) runes += CountRunes(label.name) + CountRunes(label.value);
    if (runes > kMaxExemplarRunes || HasInvalidText(exposed_)) continue;
    exemplars.push_back({storage::Labels::FromPairs(exposed_), raw.value, raw.timestamp_ms.value_or(sample_ms),
                         raw.timestamp_ms.has_value()});
  }
  std::sort(exemplars.begin(), exemplars.end(), [](const storage::Exemplar& a, const storage::Exemplar& b) {
    return std::tie(a.t, a.v, a.labels.bytes()) < std::tie(b.t, b.v, b.labels.bytes());
  });
  for (const storage::Exemplar& exemplar : exemplars) {
    const AppendOutcome result = pass.appender.AppendExemplar(ref, exemplar);
    pass.exemplars_out_of_order += result == AppendOutcome::kOutOfOrder || result == AppendOutcome::kTooOld;
  }
}

// One warning per scrape and kind, not per sample.
void ScrapeBody::CountAndWarn(const Pass& pass) {
  const ScrapeOutcome& outcome = pass.outcome;
  const auto count = [&](std::uint64_t number, storage::Counter& counter, std::string_view message) {
    if (number == 0) return;
    counter.Add(static_cast<double>(number));
    log_.Warn(message, {{"num_dropped", number}});
  };
  count(outcome.out_of_order, metrics_.out_of_order, "Error on ingesting out-of-order samples");
  count(outcome.duplicates, metrics_.duplicate_timestamp,
        "Error on ingesting samples with different value but same timestamp");
  count(outcome.out_of_bounds, metrics_.out_of_bounds,
        "Error on ingesting samples that are too old or are too far into the future");
  count(pass.exemplars_out_of_order, metrics_.exemplar_out_of_order, "Error on ingesting out-of-order exemplars");
}

void ScrapeBody::AppendStale(Appender& appender, const std::vector<SeriesRef>& refs, TimestampMs at_ms) {
  // A refusal is expected where another target goes on with the series: its samples are newer.
  storage::SetNewestOnly(appender, true);
  for (const SeriesRef ref : refs) static_cast<void>(appender.Append(ref, at_ms, storage::kStaleNan));
  storage::SetNewestOnly(appender, false);
}

void ScrapeBody::AppendReport(Appender& appender, TimestampMs at_ms, const ScrapeOutcome& outcome,
                              const FetchedBody& fetched, double seconds) {
  AppendReportSample(appender, 0, at_ms, outcome.status ? 1 : 0);
  AppendReportSample(appender, 1, at_ms, seconds);
  AppendReportSample(appender, 2, at_ms, static_cast<double>(outcome.samples));
  AppendReportSample(appender, 3, at_ms, static_cast<double>(outcome.after_relabel));
  AppendReportSample(appender, 4, at_ms, static_cast<double>(outcome.series_added));
  if (!config_->extra_scrape_metrics) return;
  AppendReportSample(appender, 5, at_ms, static_cast<double>(timeout_ms_) / 1000);
  AppendReportSample(appender, 6, at_ms, static_cast<double>(config_->sample_limit));
  AppendReportSample(appender, 7, at_ms, fetched.body_limit_hit ? -1 : static_cast<double>(fetched.body.size()));
}

void ScrapeBody::AppendReportSample(Appender& appender, std::size_t which, TimestampMs at_ms, double value) {
  SeriesRef& ref = report_refs_[which];
  if (ref != SeriesRef::kNone && appender.Append(ref, at_ms, value) != AppendOutcome::kUnknownSeries) return;
  const auto resolved = appender.Resolve(ReportLabels(labels_, kReportNames[which]));
  if (!resolved) {
    log_.Warn("Appending scrape report failed", {{"err", resolved.error()}});
    return;
  }
  ref = *resolved;
  static_cast<void>(appender.Append(ref, at_ms, value));
}

}  // namespace vigia::server
