#include "config/schema/global_config.h"

#include <algorithm>

#include "config/schema/codecs.h"
#include "config/schema/scalar_text.h"
#include "config/schema/sections.h"
#include "config/schema/words.h"

namespace vigia::config {
namespace {

struct ExternalLabelsCodec : LabelsCodec {
  static void Read(Reader& in, const yaml::Node& node, storage::Labels& out) {
    storage::Labels written;
    LabelsCodec::Read(in, node, written);
    std::vector<std::pair<std::string, std::string>> expanded;
    std::vector<std::string> undefined;
    for (const auto& [name, value] : written) expanded.emplace_back(name, ExpandEnvironment(value, undefined));
    for (const std::string& name : undefined) {
      in.Warn("global.external_labels: environment variable " + name + " is not set or empty");
    }
    std::vector<storage::LabelView> views;
    for (const auto& [name, value] : expanded) {
      if (value.size() > storage::kMaxLabelBytes || !storage::IsValidUtf8(value)) {
        in.Fail(node, "the expanded value of " + storage::Quoted(name) + " is not a valid label value");
        return;
      }
      views.push_back({name, value});
    }
    out = storage::Labels::FromPairs(std::move(views));
  }
};

}  // namespace

const FieldTable<GlobalConfig>& Schema<GlobalConfig>::Fields() {
  using T = GlobalConfig;
  static const FieldTable<T> kFields{
      MakeField<DurationCodec>("scrape_interval", &T::scrape_interval_ms, "1m", "How often targets are scraped."),
      MakeField<DurationCodec>("scrape_timeout", &T::scrape_timeout_ms, "10s",
                               "Deadline of a scrape; at most scrape_interval, and by default no more than it."),
      MakeField<ListCodec<WordCodec<ProtocolWords>>>(
          "scrape_protocols", &T::scrape_protocols, "",
          "Formats to ask targets for, most wanted first. By default OpenMetricsText1.0.0, OpenMetricsText0.0.1, "
          "PrometheusText1.0.0, PrometheusText0.0.4; with native histograms PrometheusProto before them."),
      MakeField<DurationCodec>("evaluation_interval", &T::evaluation_interval_ms, "1m",
                               "How often rules are evaluated."),
      MakeField<DurationCodec>("rule_query_offset", &T::rule_query_offset_ms, "0s",
                               "How far in the past rules are evaluated, so that late samples count."),
      MakeField<PathCodec>("query_log_file", &T::query_log_file, "", "File to which queries are logged."),
      MakeField<PathCodec>("scrape_failure_log_file", &T::scrape_failure_log_file, "",
                           "File to which failed scrapes are logged."),
      MakeField<ExternalLabelsCodec>("external_labels", &T::external_labels, "{}",
                                     "Labels added to what leaves the server: alerts, federation. $NAME and ${NAME} "
                                     "are taken from the environment; $$ is a dollar sign."),
      MakeField<SizeCodec>("body_size_limit", &T::body_size_limit_bytes, "0",
                           "Largest answer of a target, uncompressed; 0 = no limit."),
      MakeField<CountCodec>("sample_limit", &T::sample_limit, "0",
                            "Most samples of a scrape after relabelling; 0 = no limit."),
      MakeField<CountCodec>("target_limit", &T::target_limit, "0", "Most targets of a job; 0 = no limit."),
      MakeField<CountCodec>("label_limit", &T::label_limit, "0", "Most labels of a sample; 0 = no limit."),
      MakeField<CountCodec>("label_name_length_limit", &T::label_name_length_limit, "0",
                            "Longest label name; 0 = no limit."),
      MakeField<CountCodec>("label_value_length_limit", &T::label_value_length_limit, "0",
                            "Longest label value; 0 = no limit."),
      MakeField<CountCodec>("keep_dropped_targets", &T::keep_dropped_targets, "0",
                            "How many dropped targets of a job are kept for display; 0 = all."),
      MakeField<WordCodec<NameValidationWords>>("metric_name_validation_scheme", &T::metric_name_validation_scheme,
                                                "utf8", "Which metric and label names are accepted.", Show::kAlways),
      MakeField<OptionalCodec<WordCodec<EscapingWords>>>(
          "metric_name_escaping_scheme", &T::metric_name_escaping_scheme, "allow-utf-8",
          "How targets are asked to write names; underscores when the validation scheme is legacy."),
      MakeField<BoolCodec>("scrape_native_histograms", &T::scrape_native_histograms, "false",
                           "Take native histograms from targets.", Show::kAlways),
      MakeField<BoolCodec>("convert_classic_histograms_to_nhcb", &T::convert_classic_histograms_to_nhcb, "false",
                           "Store classic histograms as native ones with custom buckets."),
      MakeField<BoolCodec>("always_scrape_classic_histograms", &T::always_scrape_classic_histograms, "false",
                           "Keep the classic buckets of a histogram that is exposed natively too."),
      MakeField<BoolCodec>("extra_scrape_metrics", &T::extra_scrape_metrics, "false",
                           "Store scrape_timeout_seconds, scrape_sample_limit and scrape_body_size_bytes too."),
  };
  return kFields;
}

void Schema<GlobalConfig>::Prepare(Reader& in, const yaml::Node& node, GlobalConfig& out) {
  const bool extra_scrape_metrics = out.extra_scrape_metrics;  // Who loads the file may have set its default.
  // 0 stands for "not given" until Check() fills in the defaults.
  out = GlobalConfig{};
  out.extra_scrape_metrics = extra_scrape_metrics;
  out.scrape_interval_ms = out.scrape_timeout_ms = out.evaluation_interval_ms = 0;
  // external_labels are checked by a scheme that may stand below them.
  if (const yaml::Node* scheme = node.Find("metric_name_validation_scheme")) {
    in.SetValidation(scheme->text == ToString(NameValidation::kLegacy) ? NameValidation::kLegacy
                                                                       : NameValidation::kUtf8);
  }
}

void Schema<GlobalConfig>::Check(Reader& in, const yaml::Node& node, GlobalConfig& out) {
  const GlobalConfig defaults;
  if (out.scrape_interval_ms == 0) out.scrape_interval_ms = defaults.scrape_interval_ms;
  if (out.scrape_timeout_ms > out.scrape_interval_ms) {
    in.Fail(node, "global scrape timeout greater than scrape interval");
  }
  if (out.scrape_timeout_ms == 0) out.scrape_timeout_ms = std::min(defaults.scrape_timeout_ms, out.scrape_interval_ms);
  if (out.evaluation_interval_ms == 0) out.evaluation_interval_ms = defaults.evaluation_interval_ms;
  if (node.Find("scrape_protocols") != nullptr) CheckProtocols(in, node, out.scrape_protocols, "for global config");
  if (out.metric_name_escaping_scheme == EscapingScheme::kAllowUtf8 &&
      out.metric_name_validation_scheme == NameValidation::kLegacy) {
    in.Fail(node, "utf8 metric names requested but validation scheme is not set to UTF8");
  }
}

void CheckProtocols(Reader& in, const yaml::Node& node, const std::vector<ScrapeProtocol>& protocols,
                    const std::string& where) {
  const yaml::Node* list = node.Find("scrape_protocols");
  if (list != nullptr && list->IsNull()) return;  // As if it were not there.
  const yaml::Node& place = list == nullptr ? node : *list;
  if (protocols.empty()) in.Fail(place, "scrape_protocols cannot be empty " + where);
  for (auto it = protocols.begin(); it != protocols.end(); ++it) {
    if (std::find(protocols.begin(), it, *it) != it) {
      in.Fail(place, "duplicated protocol " + std::string(ToString(*it)) + " in scrape_protocols " + where);
    }
  }
}

}  // namespace vigia::config
