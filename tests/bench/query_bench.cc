// What the parts of a query cost, one after the other: decoding, rate, the sum of a group, a join, quantiles, writing
// JSON; and how the cost of range functions grows with the window while the samples stay the same. The first part calls
// the loops themselves, the second whole queries over storage in memory.
//   query_bench
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "promql/engine/engine.h"
#include "promql/functions/classic_histogram.h"
#include "promql/functions/fold_kernels.h"
#include "promql/functions/range_function.h"
#include "server/api/result_json.h"
#include "storage/codec/values.h"
#include "tests/bench/stopwatch.h"
#include "tests/support/memory_storage.h"

namespace {

using namespace vigia;
using bench::Report;
using bench::SecondsOf;
using promql::TimestampMs;

constexpr std::size_t kSteps = 1000;
constexpr storage::DurationMs kSecond = 1000;
constexpr storage::DurationMs kMinute = 60 * kSecond;
constexpr storage::DurationMs kHour = 60 * kMinute;

// The kinds of values that fleets have.
enum class Kind { kConstant, kCounter, kDecimal, kDouble };
constexpr Kind kKinds[] = {Kind::kConstant, Kind::kCounter, Kind::kDecimal, Kind::kDouble};

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kConstant: return "constant";
    case Kind::kCounter: return "counter";
    case Kind::kDecimal: return "two decimals";
    case Kind::kDouble: return "full doubles";
  }
  return "";
}

std::vector<double> Values(Kind kind, std::size_t n, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<double> values;
  double last = 1000;
  for (std::size_t i = 0; i < n; ++i) {
    switch (kind) {
      case Kind::kConstant: break;
      case Kind::kCounter: last += static_cast<double>(random() % 100); break;
      case Kind::kDecimal: last = static_cast<double>(random() % 10'000) / 100; break;
      case Kind::kDouble: last = static_cast<double>(random()) * 0x1p-64; break;
    }
    values.push_back(last);
  }
  return values;
}

void Decode() {
  constexpr std::size_t kSamples = 480;
  for (const Kind kind : kKinds) {
    const auto values = Values(kind, kSamples);
    std::string bytes;
    storage::EncodeValues(values, bytes);
    std::vector<double> out(kSamples);
    const double seconds = SecondsOf([&] {
      if (!storage::DecodeValues(bytes, out)) std::abort();
    });
    const std::string what =
        fmt::format("decode, {} ({:.2f} B)", NameOf(kind), static_cast<double>(bytes.size()) / kSamples);
    Report(what.c_str(), seconds, kSamples, "sample", 0.8);
  }
}

// A column of samples every 15 s and windows of `range_ms` every minute, the last sample at the last step.
struct Column {
  Column(storage::DurationMs range_ms, std::size_t samples)
      : times(Times(samples)), windows(times, Grid(times.back(), range_ms)) {}
  static std::vector<TimestampMs> Times(std::size_t n) {
    std::vector<TimestampMs> times(n);
    for (std::size_t i = 0; i < n; ++i) times[i] = static_cast<TimestampMs>(i) * 15 * kSecond + 1'700'000'000'000;
    return times;
  }
  static promql::RangeGrid Grid(TimestampMs end, storage::DurationMs range_ms) {
    promql::RangeGrid grid;
    grid.steps = kSteps;
    grid.eval_step_ms = grid.end_step_ms = kMinute;
    grid.eval_start_ms = grid.end_start_ms = end - static_cast<TimestampMs>(kSteps - 1) * kMinute;
    grid.range_ms = range_ms;
    return grid;
  }
  const std::vector<TimestampMs> times;
  const promql::WindowSet windows;
};

double KernelSeconds(const char* name, const Column& column, const std::vector<double>& values) {
  const auto* const spec = promql::FindRangeFunction(name);
  std::vector<double> out(kSteps);
  std::vector<std::uint8_t> valid(kSteps);
  std::vector<double> scalars[] = {{0.9}, {0.9}};
  promql::RangeScratch scratch;
  const promql::RangeInput input{values, column.windows, {{{scalars[0]}, {scalars[1]}}}};
  column.windows.Extrapolations();  // Once for all series of a column.
  return SecondsOf([&] {
    if (!spec->kernel(input, scratch, {out, valid})) std::abort();
  });
}

void RangeFunctions() {
  const Column column(5 * kMinute, kSteps * 4 + 20);
  const auto counter = Values(Kind::kCounter, column.times.size());
  const auto gauge = Values(Kind::kDecimal, column.times.size());
  for (const char* name : {"rate", "increase"}) {
    Report(fmt::format("{}, windows of 20 samples", name).c_str(), KernelSeconds(name, column, counter), kSteps, "step",
           3);
  }
  for (const char* name : {"avg_over_time", "max_over_time", "quantile_over_time"}) {
    Report(fmt::format("{}, windows of 20 samples", name).c_str(), KernelSeconds(name, column, gauge), kSteps, "step",
           0);
  }
  for (const std::size_t samples : {240, 5760}) {
    const Column sliding(static_cast<storage::DurationMs>(samples) * 15 * kSecond, kSteps * 4 + samples);
    const double touched = static_cast<double>(samples * kSteps);
    for (const Kind kind : {Kind::kCounter, Kind::kDecimal, Kind::kDouble}) {
      Report(fmt::format("avg_over_time, windows of {}, {}", samples, NameOf(kind)).c_str(),
             KernelSeconds("avg_over_time", sliding, Values(kind, sliding.times.size())), touched, "window's sample",
             0);
    }
  }
}

void GroupSum() {
  std::vector<double> values = Values(Kind::kDouble, kSteps);
  std::vector<std::uint8_t> valid(kSteps, 1);
  std::vector<double> sums(kSteps);
  std::vector<double> compensations(kSteps);
  std::vector<std::uint8_t> seen(kSteps);
  for (const auto* const* form = promql::AllFoldKernels(); *form != nullptr; ++form) {
    const double seconds = SecondsOf(
        [&] { (*form)->sum(values.data(), valid.data(), kSteps, sums.data(), compensations.data(), seen.data()); });
    Report(fmt::format("sum of a group, {}", (*form)->name).c_str(), seconds, kSteps, "value", 1);
  }
}

void BucketQuantiles() {
  constexpr std::size_t kBuckets = 12;
  const double seconds = SecondsOf([] {
    std::vector<promql::Bucket> buckets;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      const double bound = i + 1 == kBuckets ? INFINITY : static_cast<double>(std::size_t{1} << i);
      buckets.push_back({bound, static_cast<double>(100 * i)});
    }
    if (std::isnan(promql::BucketQuantile(0.9, buckets).value)) std::abort();
  });
  Report("quantile of a classic histogram, 12 buckets", seconds, 1, "histogram", 0);
}

promql::QueryResult MatrixOf(Kind kind, std::size_t series) {
  promql::Matrix matrix(series);
  for (std::size_t s = 0; s < series; ++s) {
    matrix[s].metric = storage::Labels{{"__name__", "m"}, {"job", "node"}, {"instance", std::to_string(s)}};
    const auto values = Values(kind, kSteps, s);
    for (std::size_t i = 0; i < kSteps; ++i) {
      matrix[s].floats.push_back({1'700'000'000'000 + static_cast<TimestampMs>(i) * 15 * kSecond, values[i]});
    }
  }
  promql::QueryResult result;
  result.value = std::move(matrix);
  return result;
}

void Json() {
  constexpr std::size_t kSeries = 100;
  for (const Kind kind : kKinds) {
    const auto result = MatrixOf(kind, kSeries);
    const double seconds = SecondsOf([&] { return result; },
                                     [](promql::QueryResult& copy) {
                                       auto response = server::QueryResponse(std::move(copy), server::StatsMode::kNone);
                                       std::string piece;
                                       while (response.source && response.source(piece)) piece.clear();
                                     });
    Report(fmt::format("JSON, {}", NameOf(kind)).c_str(), seconds, kSeries * kSteps, "point", 30);
  }
}

// Queries over storage in memory, which costs nothing to read.
class Queries {
 public:
  explicit Queries(const tests::MemoryStorage& storage) : engine_(Options(), storage, registry_) {}

  double Seconds(const std::string& text, TimestampMs start, storage::DurationMs step = kMinute) {
    promql::QueryRequest request;
    request.text = text;
    request.start_ms = start;
    request.end_ms = start + static_cast<TimestampMs>(kSteps - 1) * step;
    request.step_ms = step;
    return SecondsOf([] { return 0; },
                     [&](int) {
                       const auto result = engine_.Execute(request);
                       if (!result) {
                         std::fprintf(stderr, "%s: %s\n", text.c_str(), result.error().what.c_str());
                         std::exit(1);
                       }
                     });
  }

 private:
  static promql::EngineOptions Options() {
    promql::EngineOptions options;
    options.range_cache_bytes = 0;
    options.parser.experimental_functions = true;
    return options;
  }
  storage::Registry registry_;
  promql::Engine engine_;
};

void WholeQueries() {
  constexpr std::size_t kSeries = 1200;  // 100 instances with 12 each.
  constexpr const char* kBounds[] = {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25",
                                     "0.5",   "1",    "2.5",   "5",    "10",  "+Inf"};
  tests::MemoryStorage storage;
  for (std::size_t s = 0; s < kSeries; ++s) {
    const auto values = Values(Kind::kCounter, kSteps * 4 + 20, s);
    const std::string instance = std::to_string(s / 12);
    const std::string device = std::to_string(s % 12);
    storage.AddEvery({{"__name__", "a"}, {"device", device}, {"instance", instance}}, 15 * kSecond, values);
    storage.AddEvery({{"__name__", "b"}, {"device", device}, {"instance", instance}}, 15 * kSecond, values);
    storage.AddEvery({{"__name__", "h_bucket"}, {"instance", instance}, {"le", kBounds[s % 12]}}, 15 * kSecond, values);
  }
  Queries queries(storage);
  for (const char* text : {"a", "sum(a)", "sum by (instance) (a)", "rate(a[5m])", "sum by (instance) (rate(a[5m]))",
                           "a * b", "a * on (instance, device) group_left () b", "quantile(0.9, a)", "topk(5, a)",
                           "histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))", "max_over_time(a[1h])"}) {
    Report(text, queries.Seconds(text, 5 * kMinute), static_cast<double>(kSeries * kSteps), "series-step", 0);
  }
}

constexpr const char* kGrowing[] = {"avg_over_time",
                                    "sum_over_time",
                                    "count_over_time",
                                    "min_over_time",
                                    "last_over_time",
                                    "stddev_over_time",
                                    "rate",
                                    "delta",
                                    "changes",
                                    "deriv",
                                    "predict_linear",
                                    "quantile_over_time",
                                    "mad_over_time",
                                    "double_exponential_smoothing"};

std::string CallOf(std::string_view name, const char* window) {
  const char* const before = name == "quantile_over_time" ? "0.9, " : "";
  const char* const after = name == "predict_linear"                 ? ", 60"
                            : name == "double_exponential_smoothing" ? ", 0.5, 0.5"
                                                                     : "";
  return fmt::format("{}({}x[{}]{})", name, before, window, after);
}

// What windows of a day cost, relative to those of an hour over the same samples. Those of an hour make kSteps steps of
// `hour_step` up to the last sample, those of a day of a minute.
void WindowGrowth(const char* title, std::size_t samples, storage::DurationMs hour_step) {
  constexpr std::size_t kSeries = 10;
  std::printf("\n%s\n%-30s", title, "");
  for (const Kind kind : kKinds) std::printf("%14s", NameOf(kind));
  std::printf("\n");
  const TimestampMs end = static_cast<TimestampMs>(samples) * 15 * kSecond;
  for (const char* name : kGrowing) {
    std::printf("%-30s", name);
    for (const Kind kind : kKinds) {
      tests::MemoryStorage storage;
      for (std::size_t s = 0; s < kSeries; ++s) {
        storage.AddEvery({{"__name__", "x"}, {"i", std::to_string(s)}}, 15 * kSecond, Values(kind, samples, s));
      }
      Queries queries(storage);
      const auto seconds = [&](const char* window, storage::DurationMs step) {
        return queries.Seconds(CallOf(name, window), end - static_cast<TimestampMs>(kSteps - 1) * step, step);
      };
      std::printf("%13.2fx", seconds("1d", kMinute) / seconds("1h", hour_step));
    }
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace

int main() {
  Decode();
  RangeFunctions();
  GroupSum();
  BucketQuantiles();
  Json();
  WholeQueries();
  WindowGrowth("1000 steps, windows of 1d relative to 1h: samples from an hour before the first step on",
               kSteps * 4 + 240, kMinute);
  WindowGrowth("1000 steps, windows of 1d relative to 1h: windows that slide over the same samples",
               kSteps * 4 + 24 * 240, 143 * kSecond);
  return 0;
}
