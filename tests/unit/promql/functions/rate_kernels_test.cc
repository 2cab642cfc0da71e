#include "promql/functions/rate_kernels.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "promql/functions/range_function.h"
#include "storage/model/sample.h"
#include "tests/support/catch.h"

using namespace vigia::promql;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

bool Same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// Prometheus' extrapolatedRate() as surface.md 4.8 has it, sample by sample.
bool Extrapolated(std::string_view function, const std::vector<TimestampMs>& t, const std::vector<double>& v,
                  const Window& window, TimestampMs start, TimestampMs end, double range_seconds, double& result) {
  if (window.size() < 2) return false;
  const bool counter = function != "delta";
  const double first = v[window.begin];
  result = v[window.end - 1] - first;
  for (std::uint32_t i = window.begin + 1; counter && i < window.end; ++i) {
    if (v[i] < v[i - 1]) result += v[i - 1];
  }
  double to_start = static_cast<double>(t[window.begin] - start) / 1000;
  double to_end = static_cast<double>(end - t[window.end - 1]) / 1000;
  const double sampled = static_cast<double>(t[window.end - 1] - t[window.begin]) / 1000;
  const double average = sampled / static_cast<double>(window.size() - 1);
  const double threshold = average * 1.1;
  if (to_start >= threshold) to_start = average / 2;
  if (counter && result > 0 && first >= 0) {
    const double to_zero = sampled * (first / result);
    if (to_zero < to_start) to_start = to_zero;
  }
  if (to_end >= threshold) to_end = average / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (function == "rate") factor /= range_seconds;
  result *= factor;
  return true;
}

}  // namespace

TEST_CASE("all forms find staleness markers and descents wherever they are") {
  for (auto kernels = AllRateKernels(); *kernels != nullptr; ++kernels) {
    INFO((*kernels)->name);
    for (const std::size_t n : {0, 1, 2, 7, 8, 9, 31, 255, 256, 257, 600}) {
      std::vector<double> values(n);
      for (std::size_t i = 0; i < n; ++i) values[i] = i % 5 == 4 ? kNan : static_cast<double>(i / 2);
      CHECK_FALSE((*kernels)->has_stale(values.data(), n));
      for (std::size_t at = 0; at < n; ++at) {
        const double before = std::exchange(values[at], vigia::storage::kStaleNan);
        if (!(*kernels)->has_stale(values.data(), n)) FAIL("marker at " << at << " of " << n);
        values[at] = before;
      }
      values.assign(n, 1);
      CHECK_FALSE((*kernels)->descends(values.data(), n));
      for (std::size_t at = 0; at < n; ++at) {
        values[at] = 0;
        const bool below = at > 0;
        if ((*kernels)->descends(values.data(), n) != below) FAIL("descent at " << at << " of " << n);
        values[at] = kNan;
        if ((*kernels)->descends(values.data(), n)) FAIL("NaN at " << at << " of " << n);
        values[at] = 1;
      }
    }
  }
}

TEST_CASE("all forms scale differences alike, and tell of zero points") {
  std::mt19937_64 random(1);
  const double special[] = {0.0, -0.0, kNan, kInf, -kInf, 1e308, -1e308, 5e-324, -1};
  const auto number = [&] {
    return random() % 4 == 0 ? special[random() % 9] : std::ldexp(static_cast<double>(random() >> 1), -50);
  };
  for (int round = 0; round < 300; ++round) {
    const std::size_t n = random() % 70;
    std::vector<double> first(n), last(n), factors(n), limits(n), expected(n);
    bool usual = true;
    for (std::size_t i = 0; i < n; ++i) {
      first[i] = round % 2 == 0 ? number() : 1000;
      last[i] = round % 2 == 0 ? number() : 1000 + static_cast<double>(random() % 900);
      factors[i] = 1 / static_cast<double>(random() % 1000 + 1);
      limits[i] = round % 3 == 0 && random() % 16 == 0 ? kInf : 1;
      const double growth = last[i] - first[i];
      expected[i] = growth * factors[i];
      if (growth > 0 && first[i] >= 0 && !(first[i] >= growth * limits[i])) usual = false;
    }
    for (auto kernels = AllRateKernels(); *kernels != nullptr; ++kernels) {
      std::vector<double> out(n);
      CHECK((*kernels)->differences(first.data(), last.data(), factors.data(), limits.data(), n, out.data()) == usual);
      for (std::size_t i = 0; i < n; ++i) {
        if (!Same(out[i], expected[i])) FAIL((*kernels)->name << " gives " << out[i] << " for " << expected[i]);
      }
    }
  }
}

TEST_CASE("rate, increase and delta of many steps are those of the definition") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 400; ++round) {
    std::vector<TimestampMs> t;
    std::vector<double> v;
    TimestampMs at = 1'000'000 + static_cast<TimestampMs>(random() % 15'000);
    double value = random() % 3 == 0 ? 0 : static_cast<double>(random() % 100'000);
    const std::uint64_t resets = round % 4 == 0 ? 0 : round % 4 == 1 ? 200 : round % 4 == 2 ? 20 : 2;
    const std::size_t samples = random() % 900;
    for (std::size_t i = 0; i < samples; ++i) {
      at += random() % 40 == 0 ? 200'000 : 15'000 + static_cast<TimestampMs>(random() % 20);
      value += static_cast<double>(random() % 7) / (round % 5 == 0 ? 10 : 1);
      if (resets != 0 && random() % resets == 0) value = static_cast<double>(random() % 3);
      t.push_back(at);
      v.push_back(round % 16 == 9 && random() % 50 == 0 ? (random() % 2 == 0 ? kNan : kInf) : value);
    }
    RangeGrid grid;
    grid.steps = 1 + random() % 700;
    grid.range_ms = 15'000 * static_cast<DurationMs>(1 + random() % 40);
    grid.eval_start_ms = grid.end_start_ms = 900'000 + static_cast<TimestampMs>(random() % 400'000);
    grid.eval_step_ms = grid.end_step_ms = round % 10 == 0 ? 0 : 1'000 * static_cast<DurationMs>(1 + random() % 60);
    const WindowSet windows(t, grid);
    for (const std::string_view name : {"rate", "increase", "delta"}) {
      RangeScratch scratch;
      std::vector<double> values(grid.steps);
      std::vector<std::uint8_t> valid(grid.steps, 2);
      REQUIRE(FindRangeFunction(name)->kernel({v, windows, {}, {}}, scratch, {values, valid}).has_value());
      for (std::size_t step = 0; step < grid.steps; ++step) {
        double expected = 0;
        const bool any = Extrapolated(name, t, v, windows.windows()[step], grid.RangeStart(step), grid.RangeEnd(step),
                                      grid.RangeSeconds(), expected);
        if ((valid[step] != 0) != any) FAIL(name << " at step " << step << " of round " << round);
        if (any && !Same(values[step], expected)) {
          FAIL(name << " at step " << step << " of round " << round << ": " << values[step] << " for " << expected);
        }
      }
    }
  }
}
