// query instant|range|series|labels, check healthy|ready: over the HTTP API of any Prometheus-compatible server.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/http/url.h"
#include "server/tool/arguments.h"
#include "server/tool/commands.h"
#include "storage/model/labels.h"

namespace vigia::server {
namespace {

using Json = nlohmann::json;

int Wrong(const ToolWorld& world, std::string_view what) {
  world.err << "vigiatool: error: " << what << "\n";
  return kFailure;
}

// The metric as PromQL writes it.
std::string MetricText(const Json& metric) {
  storage::LabelsBuilder builder;
  for (const auto& [name, value] : metric.items()) builder.Set(name, value.get<std::string>());
  return builder.Build().ToString();
}

std::string PointText(const Json& point) {
  return fmt::format("{} @[{}]", point.at(1).get<std::string>(), point.at(0).get<double>());
}

std::string VectorText(const Json& result) {
  std::string text;
  for (const Json& sample : result) {
    text += fmt::format("{} => {}\n", MetricText(sample.at("metric")),
                        sample.contains("value") ? PointText(sample["value"]) : sample.at("histogram").at(1).dump());
  }
  return text;
}

std::string MatrixText(const Json& result) {
  std::string text;
  for (const Json& series : result) {
    text += MetricText(series.at("metric")) + " =>\n";
    for (const Json& point : series.value("values", Json::array())) text += PointText(point) + "\n";
    for (const Json& point : series.value("histograms", Json::array())) {
      text += fmt::format("{} @[{}]\n", point.at(1).dump(), point.at(0).get<double>());
    }
  }
  return text;
}

std::string ResultText(const Json& data) {
  const std::string type = data.at("resultType");
  const Json& result = data.at("result");
  if (type == "vector") return VectorText(result);
  if (type == "matrix") return MatrixText(result);
  return fmt::format("{}: {}\n", type, PointText(result));
}

// One call of the API; prints its error. The envelope's data, or discarded.
class ApiCall {
 public:
  ApiCall(const ToolWorld& world, const Arguments& arguments) : world_(world), arguments_(arguments) {}

  void Add(std::string name, std::string value) {
    if (!value.empty()) params_.Add(std::move(name), std::move(value));
  }

  template <class Print>
  int Run(const std::string& path, Print&& print) {
    HttpRequest request;
    request.method = "POST";
    std::string server = arguments_.positional()[0];
    while (server.ends_with('/')) server.pop_back();
    request.url = server + path;
    request.timeout_ms = 120'000;
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    request.body = EncodeQuery(params_);
    if (path.ends_with("/values")) {  // This endpoint takes GET only.
      request.method = "GET";
      request.url += "?" + request.body;
      request.body.clear();
    }
    for (const std::string& header : arguments_.GetAll("header")) {
      const std::size_t equals = header.find('=');
      if (equals == std::string::npos) return Wrong(world_, "expected a header as name=value, got " + header);
      request.headers.Add(header.substr(0, equals), header.substr(equals + 1));
    }
    const auto response = world_.fetch(std::move(request));
    if (!response) return Fail(response.error().what);
    const Json envelope = Json::parse(response->body, nullptr, false);
    if (!envelope.is_object()) return Fail(fmt::format("server returned {} and no JSON", response->status));
    try {
      if (envelope.value("status", "") != "success") {
        return Fail(envelope.value("errorType", "") + ": " + envelope.value("error", ""));
      }
      const Json& data = envelope.at("data");
      world_.out << (arguments_.Get("format", arguments_.Get("o", "promql")) == "json" ? data.dump() + "\n"
                                                                                       : print(data));
    } catch (const Json::exception& e) {
      return Fail(fmt::format("unexpected answer: {}", e.what()));
    }
    return kSuccess;
  }

 private:
  int Fail(const std::string& what) {
    world_.err << "query error: " << what << "\n";
    return kFailure;
  }
  const ToolWorld& world_;
  const Arguments& arguments_;
  Params params_;
};

storage::Result<Arguments> Parse(const Words& words, std::size_t positional) {
  auto arguments = Arguments::Parse(words, {{"o", "format", "time", "start", "end", "step", "match", "header"}, {}});
  if (arguments && arguments->positional().size() != positional) {
    return storage::Error{storage::Errc::kInvalid,
                          fmt::format("expected {} arguments, got {}", positional, arguments->positional().size())};
  }
  return arguments;
}

std::string Lines(const Json& list) {
  std::string text;
  for (const Json& entry : list) {
    if (entry.is_string()) {
      text += entry.get<std::string>() + "\n";
      continue;
    }
    std::string labels;
    for (const auto& [name, value] : entry.items()) {
      labels += (labels.empty() ? "" : ", ") + name + "=" + storage::Quoted(value.get<std::string>());
    }
    text += "{" + labels + "}\n";
  }
  return text;
}

std::optional<double> Seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

int Probe(const Words& words, const ToolWorld& world, std::string_view path, std::string_view good) {
  const auto arguments = Arguments::Parse(words, {{"url"}, {}});
  if (!arguments) return Wrong(world, arguments.error().what);
  HttpRequest request;
  request.url = arguments->Get("url", "http://localhost:9090") + std::string(path);
  const auto response = world.fetch(std::move(request));
  if (!response) return Wrong(world, response.error().what);
  if (response->status != 200) {
    return Wrong(world, fmt::format("check failed: URL={}, status={}", arguments->Get("url", "http://localhost:9090"),
                                    response->status));
  }
  world.out << "  SUCCESS: " << good << "\n";
  return kSuccess;
}

}  // namespace

int QueryInstant(const Words& words, const ToolWorld& world) {
  const auto arguments = Parse(words, 2);
  if (!arguments) return Wrong(world, arguments.error().what);
  ApiCall call(world, *arguments);
  call.Add("query", arguments->positional()[1]);
  call.Add("time", arguments->Get("time"));
  return call.Run("/api/v1/query", ResultText);
}

int QueryRange(const Words& words, const ToolWorld& world) {
  const auto arguments = Parse(words, 2);
  if (!arguments) return Wrong(world, arguments.error().what);
  ApiCall call(world, *arguments);
  const double now = static_cast<double>(world.clock()) / 1000;
  // promtool's defaults: the last five minutes, at most 250 points.
  const std::string end = arguments->Get("end", fmt::format("{:.3f}", now));
  const auto end_seconds = Seconds(end);
  const std::string start = arguments->Get("start", fmt::format("{:.3f}", end_seconds.value_or(now) - 300));
  std::string step = arguments->Get("step");
  if (step.empty()) {
    if (!end_seconds || !Seconds(start)) return Wrong(world, "--step is needed when times are not Unix seconds");
    step = fmt::format("{}", std::max(std::floor((*end_seconds - *Seconds(start)) / 250), 1.0));
  }
  call.Add("query", arguments->positional()[1]);
  call.Add("start", start);
  call.Add("end", end);
  call.Add("step", step);
  return call.Run("/api/v1/query_range", ResultText);
}

int QuerySeries(const Words& words, const ToolWorld& world) {
  const auto arguments = Parse(words, 1);
  if (!arguments) return Wrong(world, arguments.error().what);
  if (arguments->GetAll("match").empty()) return Wrong(world, "required flag --match not provided");
  ApiCall call(world, *arguments);
  for (const std::string& match : arguments->GetAll("match")) call.Add("match[]", match);
  call.Add("start", arguments->Get("start"));
  call.Add("end", arguments->Get("end"));
  return call.Run("/api/v1/series", Lines);
}

int QueryLabels(const Words& words, const ToolWorld& world) {
  const auto arguments = Parse(words, 2);
  if (!arguments) return Wrong(world, arguments.error().what);
  ApiCall call(world, *arguments);
  for (const std::string& match : arguments->GetAll("match")) call.Add("match[]", match);
  call.Add("start", arguments->Get("start"));
  call.Add("end", arguments->Get("end"));
  return call.Run("/api/v1/label/" + PercentEncode(arguments->positional()[1]) + "/values", Lines);
}

int CheckHealthy(const Words& words, const ToolWorld& world) {
  return Probe(words, world, "/-/healthy", "Prometheus Server is Healthy.");
}
int CheckReady(const Words& words, const ToolWorld& world) {
  return Probe(words, world, "/-/ready", "Prometheus Server is Ready.");
}

}  // namespace vigia::server
