// Cost of a scraped sample between the HTTP client and storage in a steady state: parse, cache, one call of the
// appender. Prints nanoseconds of CPU time and heap allocations per sample for the text format and OpenMetrics, and for
// the parser alone.
//   exposition_bench [series] [scrapes]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include <fmt/format.h>

#include "server/scrape/scrape_body.h"
#include "tests/bench/counted_allocations.h"
#include "tests/bench/discarding_storage.h"

namespace {

using namespace vigia;

// Of this process alone: other work on the machine does not count.
double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Bodies as node_exporter writes them: families of 8 series, integers and fractions, some of them changing.
std::string Body(int series, int scrape, bool openmetrics) {
  std::string out;
  for (int i = 0; i < series; ++i) {
    const int family = i / 8;
    if (i % 8 == 0) {
      out += fmt::format("# HELP node_metric_{0} Statistics of the device, field {0}.\n# TYPE node_metric_{0} {1}\n",
                         family, openmetrics ? "unknown" : "untyped");
    }
    out += fmt::format("node_metric_{}{{device=\"eth{}\",mode=\"user\"}} ", family, i % 8);
    if (i % 3 == 0) {
      out += fmt::format("{}\n", 1000000 + i * 17 + scrape * (i % 5));
    } else {
      out += fmt::format("{:.2f}\n", i * 1.37 + scrape * 0.25);
    }
  }
  return openmetrics ? out + "# EOF\n" : out;
}

void Report(const char* what, double cpu_seconds, std::uint64_t allocated, double samples) {
  std::printf("%-24s %7.1f ns/sample  %8.5f allocations/sample\n", what, cpu_seconds * 1e9 / samples,
              static_cast<double>(allocated) / samples);
}

void RunScrapes(const char* what, int series, int scrapes, bool openmetrics) {
  storage::Registry registry;
  server::ScrapeMetrics metrics(registry);
  bench::DiscardingStorage discarding;
  server::ScrapeBody body(discarding, metrics, server::Logger::Silent(),
                          storage::Labels{{"job", "node"}, {"instance", "i"}}, 10'000,
                          std::make_shared<const config::ScrapeConfig>(), server::ScrapeExtras());
  server::FetchedBody fetched[2];
  for (int i = 0; i < 2; ++i) {
    fetched[i].body = Body(series, i, openmetrics);
    fetched[i].content_type = openmetrics ? "application/openmetrics-text" : "text/plain";
  }
  const std::function<double()> elapsed = [] { return 0.1; };
  for (int i = 0; i < 3; ++i) body.Store(fetched[i % 2], i, i, elapsed);
  const std::uint64_t before = allocations;
  const double start = CpuSeconds();
  for (int i = 0; i < scrapes; ++i) body.Store(fetched[i % 2], 10 + i, 10 + i, elapsed);
  Report(what, CpuSeconds() - start, allocations - before, static_cast<double>(series) * scrapes);
}

void RunParser(const char* what, int series, int scrapes, bool openmetrics) {
  const std::string text = Body(series, 0, openmetrics);
  const auto format = openmetrics ? server::ExpositionFormat::kOpenMetrics : server::ExpositionFormat::kText;
  double sum = 0;
  const std::uint64_t before = allocations;
  const double start = CpuSeconds();
  for (int i = 0; i < scrapes; ++i) {
    const auto parser = server::NewParser(format, text);
    for (auto kind = parser->Next(); kind != server::EntryKind::kEof; kind = parser->Next()) sum += parser->value();
  }
  Report(what, CpuSeconds() - start, allocations - before, static_cast<double>(series) * scrapes);
  if (sum == 0) std::puts("nothing was parsed");
}

}  // namespace

int main(int argc, char** argv) {
  const int series = argc > 1 ? std::atoi(argv[1]) : 1000;
  const int scrapes = argc > 2 ? std::atoi(argv[2]) : 1000;
  RunScrapes("text, cached", series, scrapes, false);
  RunScrapes("openmetrics, cached", series, scrapes, true);
  RunParser("text, parser alone", series, scrapes, false);
  RunParser("openmetrics, parser alone", series, scrapes, true);
  return 0;
}
