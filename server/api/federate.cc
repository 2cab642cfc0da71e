#include "server/api/federate.h"

#include <algorithm>

#include <fmt/format.h>

#include "promql/parser/selector.h"
#include "server/exposition/client_model_writer.h"
#include "server/exposition/format.h"
#include "server/exposition/number.h"
#include "server/json/number.h"
#include "storage/model/sample.h"

namespace vigia::server {
namespace {

using storage::Labels;

struct Newest {
  Labels labels;
  storage::Sample sample;
  storage::HistogramPtr histogram;  // Null: the sample is a float.
};

struct FederateMetrics {
  storage::Counter& errors;
  storage::Counter& warnings;
};

Response Failure(const FederateMetrics& metrics, int status, const std::string& text) {
  metrics.errors.Add();
  Response response;
  response.status = status;
  response.body = text + "\n";
  return response;
}

// A histogram with custom buckets is told as the classic one that it stands for: neither format can carry it.
void AddClassic(const Labels& labels, const storage::FloatHistogram& h, storage::TimestampMs t,
                std::vector<Newest>& out) {
  const std::string name(labels.metric_name());
  storage::LabelsBuilder builder(labels);
  const auto add = [&](const char* suffix, double value) {
    out.push_back({builder.Set(storage::kMetricName, name + suffix).Build(), {t, value}, nullptr});
  };
  add("_count", h.count);
  add("_sum", h.sum);
  for (const CumulativeBucket& bucket : ClassicBuckets(h)) {
    builder.Set("le", FormatOpenMetricsFloat(bucket.upper_bound));
    add("_bucket", bucket.count);
  }
}

// The newest sample of each series in the window, unless it is a staleness marker, or an exponential histogram and the
// format is text.
storage::Status Collect(const FederateDeps& deps, const std::vector<std::vector<storage::Matcher>>& sets,
                        ExpositionFormat format, std::vector<Newest>& out) {
  storage::SelectHints hints;
  hints.end_ms = deps.clock();
  hints.start_ms = hints.end_ms - deps.lookback_delta_ms;
  const auto querier = deps.storage.NewQuerier(hints.start_ms, hints.end_ms);
  storage::ReadBuffer buffer;
  for (const auto& matchers : sets) {
    const auto selection = querier->Select(hints, matchers);
    if (selection.has_error()) return selection.error();
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      const auto samples = (*selection)->Read(i, buffer);
      if (samples.has_error()) return samples.error();
      if (samples->t.empty() || storage::IsStaleNan(samples->v.back())) continue;
      const storage::HistogramPtr histogram = samples->h.empty() ? nullptr : samples->h.back();
      if (histogram && histogram->schema == storage::kCustomBucketsSchema) {
        AddClassic((*selection)->labels(i), *histogram, samples->t.back(), out);
        continue;
      }
      if (histogram && format != ExpositionFormat::kProtobuf) continue;
      out.push_back({(*selection)->labels(i), {samples->t.back(), samples->v.back()}, histogram});
    }
  }
  return {};
}

void AppendEscaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\')
      out.append("\\\\");
    else if (c == '"')
      out.append("\\\"");
    else if (c == '\n')
      out.append("\\n");
    else
      out.push_back(c);
  }
}

void AppendLabel(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out.push_back(',');
  out.append(storage::IsLegacyLabelName(name) ? std::string(name) : storage::Quoted(name)).append("=\"");
  AppendEscaped(out, value);
  out.push_back('"');
}

// Calls add(name, value) for the labels that are told, but the metric name.
template <class Add>
void ForEachLabel(const Newest& newest, const Labels& external, const Add& add) {
  storage::LabelsBuilder labels(newest.labels);
  for (const auto label : external) {
    if (labels.Get(label.name).empty()) labels.Set(label.name, label.value);
  }
  labels.Delete(storage::kMetricName);
  // An empty instance keeps the puller from putting its own in (honor_labels).
  bool instance = false;
  labels.ForEach([&](std::string_view label, std::string_view value) {
    if (!instance && label >= "instance") {
      if (label != "instance") add("instance", "");
      instance = true;
    }
    add(label, value);
  });
  if (!instance) add("instance", "");
}

ClientType TypeOf(const Newest& newest) {
  if (!newest.histogram) return ClientType::kUntyped;
  return newest.histogram->hint == storage::CounterResetHint::kGauge ? ClientType::kGaugeHistogram
                                                                     : ClientType::kHistogram;
}

// Of series sorted by name. One name may be more than one family: of floats, of histograms.
std::string ProtobufBody(const std::vector<Newest>& newest, const Labels& external, NameEscaping escaping) {
  std::string out;
  std::string metrics;
  for (std::size_t i = 0; i < newest.size(); ++i) {
    const Newest& n = newest[i];
    const ClientType type = TypeOf(n);
    std::vector<std::pair<std::string, std::string>> pairs;
    ForEachLabel(n, external, [&](std::string_view name, std::string_view value) {
      pairs.emplace_back(EscapeName(name, escaping), value);
    });
    std::vector<storage::LabelView> labels;
    labels.reserve(pairs.size());
    for (const auto& [name, value] : pairs) labels.push_back({name, value});
    AppendMetric(metrics, labels, type, n.histogram ? HistogramMessage(*n.histogram) : ValueMessage(n.sample.v),
                 n.sample.t);
    const bool last = i + 1 == newest.size() || newest[i + 1].labels.metric_name() != n.labels.metric_name() ||
                      TypeOf(newest[i + 1]) != type;
    if (!last) continue;
    AppendFamily(out, EscapeName(n.labels.metric_name(), escaping), {}, type, metrics);
    metrics.clear();
  }
  return out;
}

// `name` is the escaped one.
void AppendSample(std::string& out, std::string_view name, const Newest& newest, const Labels& external,
                  NameEscaping escaping) {
  const bool bare = storage::IsLegacyMetricName(name);
  if (bare) out.append(name);
  out.push_back('{');
  if (!bare) out.append(storage::Quoted(name));
  ForEachLabel(newest, external, [&](std::string_view label, std::string_view value) {
    AppendLabel(out, EscapeName(label, escaping), value);
  });
  out.append("} ");
  AppendSampleValue(out, newest.sample.v);
  out.append(fmt::format(" {}\n", newest.sample.t));
}

std::string TextBody(const std::vector<Newest>& newest, const Labels& external, NameEscaping escaping) {
  std::string out;
  std::string_view family;
  std::string shown;
  for (const Newest& n : newest) {
    if (const auto name = n.labels.metric_name(); name != family) {
      family = name;
      shown = EscapeName(name, escaping);
      out += fmt::format("# TYPE {} untyped\n", storage::IsLegacyMetricName(shown) ? shown : storage::Quoted(shown));
    }
    AppendSample(out, shown, n, external, escaping);
  }
  return out;
}

Response Federate(const FederateDeps& deps, const FederateMetrics& metrics, const Request& http) {
  std::vector<std::vector<storage::Matcher>> sets;  // Any: unlike the API's, they may match all series.
  for (const std::string& text : http.params.GetAll("match[]")) {
    auto matchers = promql::ParseSelector(text);
    if (matchers.has_error()) return Failure(metrics, 400, matchers.error().what);
    sets.push_back(std::move(*matchers));
  }
  const NegotiatedFormat negotiated = Negotiate(http.headers.Get("Accept"), Offer::kProtobuf);
  std::vector<Newest> newest;
  if (const auto status = Collect(deps, sets, negotiated.format, newest); status.has_error()) {
    return Failure(metrics, 500, status.error().what);
  }
  const auto key = [](const Newest& n) { return std::pair(n.labels.metric_name(), std::cref(n.labels)); };
  std::sort(newest.begin(), newest.end(), [&](const Newest& a, const Newest& b) {
    const auto [name_a, labels_a] = key(a);
    const auto [name_b, labels_b] = key(b);
    return name_a != name_b ? name_a < name_b : labels_a.get() < labels_b.get();
  });
  newest.erase(
      std::unique(newest.begin(), newest.end(), [](const Newest& a, const Newest& b) { return a.labels == b.labels; }),
      newest.end());
  Response response;
  response.content_type = negotiated.content_type;
  const Labels external = deps.external_labels();
  response.body = negotiated.format == ExpositionFormat::kProtobuf ? ProtobufBody(newest, external, negotiated.escaping)
                                                                   : TextBody(newest, external, negotiated.escaping);
  return response;
}

}  // namespace

void RegisterFederate(Router& router, FederateDeps deps) {
  const FederateMetrics metrics{
      deps.registry.AddCounter("prometheus_web_federation_errors_total",
                               "Total number of errors that occurred while sending federation responses."),
      deps.registry.AddCounter("prometheus_web_federation_warnings_total",
                               "Total number of warnings that occurred while sending federation responses.")};
  router.Add({"GET"}, "/federate", [deps, metrics](const Request& http) { return Federate(deps, metrics, http); });
}

}  // namespace vigia::server
