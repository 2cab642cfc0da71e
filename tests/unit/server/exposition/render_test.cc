#include "server/exposition/render.h"

#include "server/exposition/openmetrics_parser.h"
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
