#include "config/schema/scrape_config.h"

#include <algorithm>

#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "config/schema/words.h"

namespace vigia::config {
namespace {

using ParamsCodec = MapCodec<ListCodec<StringCodec>>;

struct SchemeCodec : StringCodec {
  static std::string Type() { return "one of http, https"; }
};

void AppendIdentityFields(FieldTable<ScrapeConfig>& fields) {
  using T = ScrapeConfig;
  fields.push_back(MakeField<StringCodec>("job_name", &T::job_name, "",
                                          "Required. Name of the job, unique; becomes the label job.", Show::kAlways));
  fields.push_back(MakeField<BoolCodec>("honor_labels", &T::honor_labels, "false",
                                        "Keep labels of the target that clash with the server's; otherwise they are "
                                        "renamed to exported_<name>."));
  fields.push_back(MakeField<BoolCodec>("honor_timestamps", &T::honor_timestamps, "true",
                                        "Keep timestamps that the target exposes.", Show::kAlways));
  fields.push_back(MakeField<BoolCodec>("track_timestamps_staleness", &T::track_timestamps_staleness, "false",
                                        "Mark series with own timestamps as gone when they disappear.", Show::kAlways));
  fields.push_back(MakeField<ParamsCodec>("params", &T::params, "", "URL parameters of the scrape."));
  fields.push_back(
      MakeField<DurationCodec>("scrape_interval", &T::scrape_interval_ms, "global", "How often targets are scraped."));
  fields.push_back(MakeField<DurationCodec>("scrape_timeout", &T::scrape_timeout_ms, "global",
                                            "Deadline of a scrape; at most scrape_interval."));
}

void AppendFormatFields(FieldTable<ScrapeConfig>& fields) {
  using T = ScrapeConfig;
  fields.push_back(MakeField<ListCodec<WordCodec<ProtocolWords>>>("scrape_protocols", &T::scrape_protocols, "global",
                                                                  "Formats to ask for, most wanted first."));
  fields.push_back(MakeField<OptionalCodec<WordCodec<ProtocolWords>>>(
      "fallback_scrape_protocol", &T::fallback_scrape_protocol, "",
      "Format to assume when the answer has no usable Content-Type."));
  fields.push_back(MakeField<BoolCodec>("scrape_native_histograms", &T::scrape_native_histograms, "global",
                                        "Take native histograms from targets.", Show::kAlways));
  fields.push_back(MakeField<BoolCodec>("always_scrape_classic_histograms", &T::always_scrape_classic_histograms,
                                        "global", "Keep classic buckets beside native histograms.", Show::kAlways));
  fields.push_back(MakeField<BoolCodec>("convert_classic_histograms_to_nhcb", &T::convert_classic_histograms_to_nhcb,
                                        "global", "Store classic histograms as native ones with custom buckets.",
                                        Show::kAlways));
  fields.push_back(MakeField<PathCodec>("scrape_failure_log_file", &T::scrape_failure_log_file, "global",
                                        "File to which failed scrapes are logged."));
  fields.push_back(MakeField<StringCodec>("metrics_path", &T::metrics_path, "/metrics", "Path of the metrics."));
  fields.push_back(MakeField<SchemeCodec>("scheme", &T::scheme, "http", "Protocol of the requests."));
  fields.push_back(MakeField<BoolCodec>("enable_compression", &T::enable_compression, "true",
                                        "Ask targets for compressed answers.", Show::kAlways));
}

void AppendLimitFields(FieldTable<ScrapeConfig>& fields) {
  using T = ScrapeConfig;
  fields.push_back(MakeField<SizeCodec>("body_size_limit", &T::body_size_limit_bytes, "global",
                                        "Largest answer, uncompressed; 0 = no limit."));
  fields.push_back(
      MakeField<CountCodec>("sample_limit", &T::sample_limit, "global", "Most samples of a scrape after relabelling."));
  fields.push_back(MakeField<CountCodec>("target_limit", &T::target_limit, "global", "Most targets of the job."));
  fields.push_back(MakeField<CountCodec>("label_limit", &T::label_limit, "global", "Most labels of a sample."));
  fields.push_back(
      MakeField<CountCodec>("label_name_length_limit", &T::label_name_length_limit, "global", "Longest label name."));
  fields.push_back(MakeField<CountCodec>("label_value_length_limit", &T::label_value_length_limit, "global",
                                         "Longest label value."));
  fields.push_back(MakeField<CountCodec>("native_histogram_bucket_limit", &T::native_histogram_bucket_limit, "0",
                                         "Most buckets of a native histogram; they are merged to stay below."));
  fields.push_back(MakeField<FloatCodec>("native_histogram_min_bucket_factor", &T::native_histogram_min_bucket_factor,
                                         "0", "Smallest growth from one bucket to the next; finer ones are merged."));
  fields.push_back(MakeField<CountCodec>("keep_dropped_targets", &T::keep_dropped_targets, "global",
                                         "How many dropped targets are kept for display."));
}

void AppendNameFields(FieldTable<ScrapeConfig>& fields) {
  using T = ScrapeConfig;
  fields.push_back(MakeField<WordCodec<NameValidationWords>>("metric_name_validation_scheme",
                                                             &T::metric_name_validation_scheme, "global",
                                                             "Which names are accepted.", Show::kAlways));
  fields.push_back(MakeField<WordCodec<EscapingWords>>("metric_name_escaping_scheme", &T::metric_name_escaping_scheme,
                                                       "global", "How targets are asked to write names.",
                                                       Show::kAlways));
  fields.push_back(MakeField<BoolCodec>("extra_scrape_metrics", &T::extra_scrape_metrics, "global",
                                        "Store three more series about each scrape.", Show::kAlways));
}

template <class Value>
void InheritIfZero(Value& own, const Value& global) {
  if (own == Value{}) own = global;
}

void InheritLimits(const GlobalConfig& global, ScrapeConfig& out) {
  InheritIfZero(out.body_size_limit_bytes, global.body_size_limit_bytes);
  InheritIfZero(out.sample_limit, global.sample_limit);
  InheritIfZero(out.target_limit, global.target_limit);
  InheritIfZero(out.label_limit, global.label_limit);
  InheritIfZero(out.label_name_length_limit, global.label_name_length_limit);
  InheritIfZero(out.label_value_length_limit, global.label_value_length_limit);
  InheritIfZero(out.keep_dropped_targets, global.keep_dropped_targets);
  InheritIfZero(out.scrape_failure_log_file, global.scrape_failure_log_file);
}

bool IsGiven(const yaml::Node& node, std::string_view key) {
  const yaml::Node* value = node.Find(key);
  return value != nullptr && !value->IsNull();
}

std::vector<ScrapeProtocol> DefaultProtocols(bool native_histograms) {
  const auto& all = ProtocolWords::kAll;  // PrometheusProto is the first.
  return {native_histograms ? all.begin() : all.begin() + 1, all.end()};
}

EscapingScheme DefaultEscaping(NameValidation validation) {
  switch (validation) {
    case NameValidation::kUtf8: return EscapingScheme::kAllowUtf8;
    case NameValidation::kLegacy: return EscapingScheme::kUnderscores;
  }
  return EscapingScheme::kAllowUtf8;
}

}  // namespace

const FieldTable<ScrapeConfig>& Schema<ScrapeConfig>::Fields() {
  using T = ScrapeConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields;
    AppendIdentityFields(fields);
    AppendFormatFields(fields);
    AppendLimitFields(fields);
    AppendNameFields(fields);
    AppendInlined(fields, "http client", Schema<HttpClientConfig>::Fields(), &T::http);
    fields.push_back(MakeField<ListCodec<SectionCodec<RelabelRule>>>("relabel_configs", &T::relabel_configs, "",
                                                                     "Rewrites, keeps and drops targets."));
    fields.push_back(MakeField<ListCodec<SectionCodec<RelabelRule>>>(
        "metric_relabel_configs", &T::metric_relabel_configs, "", "Rewrites, keeps and drops scraped samples."));
    AppendInlined(fields, "discovery", Schema<DiscoveryConfig>::Fields(), &T::discovery);
    return fields;
  }();
  return kFields;
}

void Schema<ScrapeConfig>::Prepare(Reader& in, const yaml::Node& node, ScrapeConfig& out) {
  const GlobalConfig& global = in.global();
  out.scrape_interval_ms = out.scrape_timeout_ms = 0;  // Not given.
  out.scrape_native_histograms = global.scrape_native_histograms;
  out.always_scrape_classic_histograms = global.always_scrape_classic_histograms;
  out.convert_classic_histograms_to_nhcb = global.convert_classic_histograms_to_nhcb;
  out.extra_scrape_metrics = global.extra_scrape_metrics;
  out.metric_name_validation_scheme = global.metric_name_validation_scheme;
  // The relabelling rules are checked by this scheme, wherever it stands.
  in.SetValidation(out.metric_name_validation_scheme);
  if (const yaml::Node* scheme = node.Find("metric_name_validation_scheme"); scheme != nullptr && !scheme->IsNull()) {
    in.SetValidation(scheme->text == ToString(NameValidation::kLegacy) ? NameValidation::kLegacy
                                                                       : NameValidation::kUtf8);
  }
}

void Schema<ScrapeConfig>::Check(Reader& in, const yaml::Node& node, ScrapeConfig& out) {
  const GlobalConfig& global = in.global();
  const std::string job = "for scrape config with job name " + storage::Quoted(out.job_name);
  if (out.job_name.empty()) in.Fail(node, "job_name is empty");
  InheritIfZero(out.scrape_interval_ms, global.scrape_interval_ms);
  if (out.scrape_timeout_ms > out.scrape_interval_ms) {
    in.Fail(node, "scrape timeout greater than scrape interval " + job);
  }
  InheritIfZero(out.scrape_timeout_ms, std::min(global.scrape_timeout_ms, out.scrape_interval_ms));
  InheritLimits(global, out);
  if (!IsGiven(node, "scrape_protocols")) {
    out.scrape_protocols =
        global.scrape_protocols.empty() ? DefaultProtocols(out.scrape_native_histograms) : global.scrape_protocols;
  }
  CheckProtocols(in, node, out.scrape_protocols, job);
  if (!IsGiven(node, "metric_name_escaping_scheme")) {
    const bool own_validation = IsGiven(node, "metric_name_validation_scheme");
    out.metric_name_escaping_scheme =
        own_validation
            ? DefaultEscaping(out.metric_name_validation_scheme)
            : global.metric_name_escaping_scheme.value_or(DefaultEscaping(global.metric_name_validation_scheme));
  }
  if (out.metric_name_escaping_scheme == EscapingScheme::kAllowUtf8 &&
      out.metric_name_validation_scheme != NameValidation::kUtf8) {
    in.Fail(node, "utf8 metric names requested but validation scheme is not set to UTF8");
  }
  // Upper case is as good (RFC 3986, 3.1), and an empty text as if nothing stood there.
  std::transform(out.scheme.begin(), out.scheme.end(), out.scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (out.scheme.empty()) out.scheme = "http";
  if (out.scheme != "http" && out.scheme != "https") {
    in.Fail(node, "scheme must be http or https, not " + storage::Quoted(out.scheme));
  }
  Schema<HttpClientConfig>::Check(in, node, out.http);
  if (out.relabel_configs.empty()) CheckStaticTargets(in, node, out.discovery);
}

const FieldTable<ScrapeConfigFile>& Schema<ScrapeConfigFile>::Fields() {
  using T = ScrapeConfigFile;
  static const FieldTable<T> kFields{
      MakeField<ListCodec<SectionCodec<ScrapeConfig>>>("scrape_configs", &T::scrape_configs, "", "Jobs."),
  };
  return kFields;
}

}  // namespace vigia::config
