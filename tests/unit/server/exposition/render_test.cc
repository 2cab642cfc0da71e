#include "server/exposition/render.h"

#include "server/exposition/client_model_writer.h"
#include "server/exposition/openmetrics_parser.h"
#include "server/exposition/protobuf_parser.h"
#include "server/exposition/text_parser.h"
#include "storage/telemetry/registry.h"
#include "tests/support/catch.h"
#include "tests/unit/server/exposition/transcript.h"

using namespace vigia::server;
using vigia::storage::Labels;
using vigia::storage::Registry;

namespace {
void Fill(Registry& registry) {
  registry.AddCounter("requests_total", "Back\\slash and\nline", Labels{{"path", "C:\\\"x\"\n"}}).Add(3);
  registry.AddGauge("temperature", "Degrees.").Set(-0.5);
  auto& histogram = registry.AddHistogram("size", "Sizes.", {1, 1e6});
  histogram.Observe(0.5);
  histogram.Observe(2e6);
}
}  // namespace

TEST_CASE("metrics are rendered in the text format and can be read back") {
  Registry registry;
  Fill(registry);
  const std::string text = Render(registry.Collect(), ExpositionFormat::kText);
  CHECK(text ==
        "# HELP requests_total Back\\\\slash and\\nline\n# TYPE requests_total counter\n"
        "requests_total{path=\"C:\\\\\\\"x\\\"\\n\"} 3\n"
        "# HELP size Sizes.\n# TYPE size histogram\n"
        "size_bucket{le=\"1\"} 1\nsize_bucket{le=\"1e+06\"} 1\nsize_bucket{le=\"+Inf\"} 2\nsize_sum 2.0000005e+06\n"
        "size_count 2\n"
        "# HELP temperature Degrees.\n# TYPE temperature gauge\ntemperature -0.5\n");
  TextParser parser(text);
  CHECK(Transcript(parser) ==
        "help requests_total Back\\slash and\nline\ntype requests_total counter\n"
        "requests_total{path=C:\\\"x\"\n} 3\n"
        "help size Sizes.\ntype size histogram\n"
        "size_bucket{le=1.0} 1\nsize_bucket{le=1e+06} 1\nsize_bucket{le=+Inf} 2\nsize_sum 2.0000005e+06\nsize_count 2\n"
        "help temperature Degrees.\ntype temperature gauge\ntemperature -0.5\neof");
}

TEST_CASE("metrics are rendered in OpenMetrics and can be read back") {
  Registry registry;
  Fill(registry);
  const std::string text = Render(registry.Collect(), ExpositionFormat::kOpenMetrics);
  OpenMetricsParser parser(text);
  CHECK(Transcript(parser) ==
        "help requests Back\\slash and\nline\ntype requests counter\n"
        "requests_total{path=C:\\\"x\"\n} 3\n"
        "help size Sizes.\ntype size histogram\n"
        "size_bucket{le=1.0} 1\nsize_bucket{le=1e+06} 1\nsize_bucket{le=+Inf} 2\nsize_sum 2.0000005e+06\nsize_count 2\n"
        "help temperature Degrees.\ntype temperature gauge\ntemperature -0.5\neof");
}

TEST_CASE("a counter without _total is of unknown type in OpenMetrics") {
  Registry registry;
  registry.AddCounter("odd", "Odd.").Add(1);
  CHECK(Render(registry.Collect(), ExpositionFormat::kOpenMetrics) ==
        "# HELP odd Odd.\n# TYPE odd unknown\nodd 1.0\n# EOF\n");
  CHECK(Render({}, ExpositionFormat::kText).empty());
}

TEST_CASE("metrics are rendered as protobuf and can be read back") {
  Registry registry;
  Fill(registry);
  registry.AddSummary("lag", "Lag.", {0.5}, Labels{{"a", "b"}}).Observe(3);
  const std::string body = Render(registry.Collect(), ExpositionFormat::kProtobuf);
  ProtobufParser parser(body, {});
  CHECK(Transcript(parser) ==
        "help lag Lag.\ntype lag summary\nlag_count{a=b} 1\nlag_sum{a=b} 3\nlag{a=b,quantile=0.5} 3\n"
        "help requests_total Back\\slash and\nline\ntype requests_total counter\n"
        "requests_total{path=C:\\\"x\"\n} 3\n"
        "help size Sizes.\ntype size histogram\n"
        "size_count 2\nsize_sum 2.0000005e+06\nsize_bucket{le=1.0} 1\nsize_bucket{le=1e+06} 1\nsize_bucket{le=+Inf} 2\n"
        "help temperature Degrees.\ntype temperature gauge\ntemperature -0.5\neof");
}

TEST_CASE("native histograms are written as protobuf and can be read back") {
  vigia::storage::FloatHistogram h;
  h.schema = -1;
  h.count = 7;
  h.sum = -2.5;
  h.zero_threshold = 0.25;
  h.zero_count = 1;
  h.positive_spans = {{-3, 1}, {2, 1}};
  h.positive_buckets = {1.5, 2};
  h.negative_spans = {{5, 1}};
  h.negative_buckets = {2.5};
  vigia::storage::FloatHistogram custom;
  custom.schema = vigia::storage::kCustomBucketsSchema;
  custom.count = 4;
  custom.positive_spans = {{1, 2}};
  custom.positive_buckets = {1, 3};
  custom.custom_values = {0.5, 1};
  std::string metrics;
  AppendMetric(metrics, std::vector<vigia::storage::LabelView>{{"a", "b"}}, ClientType::kHistogram, HistogramMessage(h),
               5);
  AppendMetric(metrics, {}, ClientType::kHistogram, HistogramMessage(custom));
  AppendMetric(metrics, {}, ClientType::kHistogram, HistogramMessage(vigia::storage::FloatHistogram()));
  std::string body;
  AppendFamily(body, "h", "", ClientType::kHistogram, metrics);
  ProtobufParser parser(body, {.native = true});
  CHECK(Transcript(parser) ==
        "help h \ntype h histogram\n"
        "h{a=b} float schema:-1 count:7 sum:-2.5 zero:1/0.25 +(-3,1)(2,1) 1.5 2 -(5,1) 2.5 @5\n"
        "h_count 4\nh_sum 0\nh_bucket{le=0.5} 0\nh_bucket{le=1.0} 1\nh_bucket{le=+Inf} 4\n"
        "h integer schema:0 count:0 sum:0\neof");
}
