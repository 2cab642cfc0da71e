// Cost of a scraped sample between the HTTP client and storage in a steady state: parse, cache, one call of the
// appender. Prints nanoseconds of CPU time and heap allocations per sample for the text format and OpenMetrics, and for
// the parser alone.
//   exposition_bench [series] [scrapes]
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include <string>

#include <fmt/format.h>

#include "server/scrape/scrape_body.h"

namespace {
std::atomic<std::uint64_t> allocations = 0;
}

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace vigia;

// Of this process alone: other work on the machine does not count.
double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Takes everything and keeps nothing.
class Sink final : public storage::Appendable {
 public:
  std::unique_ptr<storage::Appender> NewAppender(const storage::Labels&) override {
    return std::make_unique<Batch>(*this);
  }
  double sum = 0;

 private:
  class Batch final : public storage::Appender {
   public:
    explicit Batch(Sink& sink) : sink_(sink) {}
    storage::Result<storage::SeriesRef> Resolve(const storage::Labels&) override {
      return static_cast<storage::SeriesRef>(++sink_.series_);
    }
    storage::AppendOutcome Append(storage::SeriesRef, storage::TimestampMs, double v) override {
      sink_.sum += v;
      return storage::AppendOutcome::kAdded;
    }
    storage::AppendOutcome AppendHistogram(storage::SeriesRef, storage::TimestampMs,
                                           const storage::HistogramPtr&) override {
      return storage::AppendOutcome::kAdded;
    }
    storage::AppendOutcome AppendExemplar(storage::SeriesRef, const storage::Exemplar&) override {
      return storage::AppendOutcome::kAdded;
    }
    storage::Status Commit() override { return {}; }
    void Rollback() override {}

   private:
    Sink& sink_;
  };
  std::uint64_t series_ = 0;
};

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
  Sink sink;
  server::ScrapeBody body(sink, metrics, server::Logger::Silent(), storage::Labels{{"job", "node"}, {"instance", "i"}},
                          10'000, std::make_shared<const config::ScrapeConfig>(), server::ScrapeExtras());
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
