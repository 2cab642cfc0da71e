// Results, statistics and annotations do not depend on the number of threads.
#include <random>
#include <string>

#include "storage/model/sample.h"
#include "tests/unit/promql/engine/cached_queries.h"
#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

EngineOptions WithThreads(std::size_t threads) {
  EngineOptions options;
  options.worker_threads = threads;
  options.range_cache_bytes = 0;
  options.parser.experimental_functions = true;
  return options;
}

storage::HistogramPtr Histogram(double count) {
  storage::FloatHistogram h;
  h.count = count;
  h.sum = count * 2;
  h.positive_spans = {{0, 1}};
  h.positive_buckets = {count};
  return std::make_shared<const storage::FloatHistogram>(std::move(h));
}

// Counters with resets, gaps and markers; gauges; a histogram here and there among the gauges.
void Fill(tests::MemoryStorage& storage) {
  std::mt19937_64 random(9);
  for (std::size_t i = 0; i < 700; ++i) {
    const storage::Labels counter{
        {"__name__", "a_total"}, {"job", std::to_string(i % 5)}, {"instance", std::to_string(i)}};
    const storage::Labels gauge{{"__name__", "b"}, {"job", std::to_string(i % 5)}, {"instance", std::to_string(i)}};
    double count = 0;
    for (int k = 0; k < 60; ++k) {
      const TimestampMs t = k * 15 * kSecond + (i % 7 == 0 ? static_cast<TimestampMs>(i) : 0);
      if (random() % 20 == 0) continue;
      count = random() % 40 == 0 ? 0 : count + static_cast<double>(random() % 100) / 7;
      storage.Add(counter, t, random() % 50 == 0 ? storage::kStaleNan : count);
      if (i % 90 == 3 && k > 20) {
        storage.Add(gauge, t, 0, Histogram(k));
      } else {
        storage.Add(gauge, t, static_cast<double>(random() % 1000) / 13);
      }
    }
  }
}

std::string Everything(const storage::Result<QueryResult>& result) {
  if (!result) return "error: " + result.error().what;
  const QueryStats& stats = result->stats;
  std::string text = fmt::format("{} {} {}\n", stats.total_samples, stats.samples_read, stats.peak_samples);
  if (std::holds_alternative<Matrix>(result->value)) return text + Bits(result);
  if (!std::holds_alternative<Vector>(result->value)) return text + QueryFixture::Show(result);
  for (const VectorElement& element : std::get<Vector>(result->value)) {
    text += fmt::format("{} {:x} {}\n", element.metric.ToString(), std::bit_cast<std::uint64_t>(element.v),
                        element.h != nullptr);
  }
  return text;
}

}  // namespace

TEST_CASE("results, counts and annotations are the same with any number of threads") {
  QueryFixture alone(WithThreads(0));
  QueryFixture helped(WithThreads(3));
  Fill(alone.storage());
  Fill(helped.storage());
  const auto check = [&](const std::string& text) {
    INFO(text);
    CHECK(Everything(alone.Run(text, 800 * kSecond)) == Everything(helped.Run(text, 800 * kSecond)));
    for (const storage::DurationMs step : {15 * kSecond, 240 * kSecond}) {
      CHECK(Everything(alone.Run(text, 100 * kSecond, 900 * kSecond, step)) ==
            Everything(helped.Run(text, 100 * kSecond, 900 * kSecond, step)));
    }
  };
  for (const char* text : kCachedQueries) check(text);
  for (const char* text : {"sum by (job) (avg_over_time(b[3m]))", "quantile_over_time(2, b[2m])", "sum(b)", "count(b)",
                           "histogram_count(b)", "rate(b[2m])", "max by (instance) (-a_total * 2)",
                           "min(last_over_time(b[1m]) + 1)", "group by (job) ({__name__=~\"a_total|b\"})",
                           "sum by (job) (rate({__name__=~\"a_total|b\"}[2m]))", "avg_over_time(a_total[2m:20s])"}) {
    check(text);
  }
}

TEST_CASE("parts may have more rows than the batches of the query") {
  QueryFixture alone(WithThreads(0));
  QueryFixture helped(WithThreads(2));
  Fill(alone.storage());
  Fill(helped.storage());
  for (const char* text : {"rate(a_total[2m])", "b", "sum by (job) (b)"}) {
    CHECK(Everything(alone.Run(text, 300 * kSecond, 500 * kSecond, 50)) ==
          Everything(helped.Run(text, 300 * kSecond, 500 * kSecond, 50)));
  }
}

TEST_CASE("an error is the same with any number of threads") {
  EngineOptions few = WithThreads(0);
  few.max_samples = 20'000;
  EngineOptions few_helped = WithThreads(3);
  few_helped.max_samples = 20'000;
  QueryFixture alone(few);
  QueryFixture helped(few_helped);
  Fill(alone.storage());
  Fill(helped.storage());
  for (const char* text : {"a_total", "rate(a_total[5m])", "sum(rate({__name__=~\"a_total|b\"}[5m]))"}) {
    CHECK(Everything(alone.Run(text, 0, 900 * kSecond, kSecond)) ==
          Everything(helped.Run(text, 0, 900 * kSecond, kSecond)));
  }
}

}  // namespace vigia::promql
