#include "server/api/self_metrics_api.h"

#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;

namespace {

std::string Get(const storage::Registry& registry, const std::string& pattern) {
  Router router;
  RegisterSelfMetricsApi(router, registry);
  Request request;
  request.params.Add("metric_name_pattern", pattern);
  return (*router.Find("GET", "/api/v1/status/self_metrics").handler)(request).body;
}

}  // namespace

// The JSON form of io.prometheus.client.MetricFamily: 64-bit integers are text (protobuf.dev, "JSON Mapping").
TEST_CASE("own metrics as JSON") {
  storage::Registry registry;
  registry.AddCounter("c_total", "A counter.", {{"a", "b"}}).Add(2.5);
  storage::Histogram& h = registry.AddHistogram("h", "Sizes.", {1, 2});
  h.Observe(1.5);
  CHECK(Get(registry, "c_.*") ==
        R"({"status":"success","data":[{"name":"c_total","help":"A counter.","type":"COUNTER","metric":[)"
        R"({"label":[{"name":"a","value":"b"}],"counter":{"value":2.5}}]}]})");
  CHECK(Get(registry, "h") ==
        R"({"status":"success","data":[{"name":"h","help":"Sizes.","type":"HISTOGRAM","metric":[{"label":[],)"
        R"("histogram":{"sampleCount":"1","sampleSum":1.5,"bucket":[{"cumulativeCount":"0","upperBound":1},)"
        R"({"cumulativeCount":"1","upperBound":2},{"cumulativeCount":"1","upperBound":"Infinity"}]}}]}]})");
  CHECK(Get(registry, "_total") == R"({"status":"success","data":[]})");  // Anchored.
  CHECK(Get(registry, "(").find("bad_data") != std::string::npos);
}
