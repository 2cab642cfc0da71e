// Every kernel that is cleverer than a loop over each window, against that loop, to the bit.
#include <algorithm>
#include <bit>
#include <functional>
#include <random>
#include <utility>

#include "promql/functions/quantile.h"
#include "promql/value/kahan_sum.h"
#include "tests/unit/promql/functions/window_fixture.h"

namespace vigia::promql {
namespace {

using Values = std::vector<double>;

struct Twin {
  const char* name;
  std::function<std::optional<double>(const Column&, const RangeGrid&, std::size_t step)> slow;
  std::vector<double> scalars = {};
};

Column Cut(const Column& column, const RangeGrid& grid, std::size_t step) {
  Column out;
  for (std::size_t i = 0; i < column.t.size(); ++i) {
    if (column.t[i] > grid.RangeStart(step) && column.t[i] <= grid.RangeEnd(step)) {
      out.t.push_back(column.t[i]);
      out.v.push_back(column.v[i]);
    }
  }
  return out;
}

std::optional<double> SlowRate(const Column& window, const RangeGrid& grid, std::size_t step, bool counter,
                               bool per_second) {
  const std::size_t n = window.v.size();
  if (n < 2) return std::nullopt;
  double result = window.v[n - 1] - window.v[0];
  for (std::size_t i = 1; counter && i < n; ++i) {
    if (window.v[i] < window.v[i - 1]) result += window.v[i - 1];
  }
  double to_start = static_cast<double>(window.t[0] - grid.RangeStart(step)) / 1000;
  double to_end = static_cast<double>(grid.RangeEnd(step) - window.t[n - 1]) / 1000;
  const double sampled = static_cast<double>(window.t[n - 1] - window.t[0]) / 1000;
  const double gap = sampled / static_cast<double>(n - 1);
  if (to_start >= gap * 1.1) to_start = gap / 2;
  if (counter && result > 0 && window.v[0] >= 0) to_start = std::min(to_start, sampled * (window.v[0] / result));
  if (to_end >= gap * 1.1) to_end = gap / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (per_second) factor /= grid.RangeSeconds();
  return result * factor;
}

template <class Keep>
std::size_t Best(const Values& v, Keep keep) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (keep(v[i], v[best]) || std::isnan(v[best])) best = i;
  }
  return best;
}

double SlowSum(const Values& v) {
  KahanSum sum;
  for (const double x : v) sum.Add(x);
  return std::isinf(sum.sum) ? sum.sum : sum.Total();
}

double SlowAverage(const Values& v) {
  KahanSum sum{v[0], 0};
  KahanSum mean;
  bool incremental = false;
  double count = 1;
  for (std::size_t i = 1; i < v.size(); ++i) {
    count = static_cast<double>(i + 1);
    if (!incremental) {
      KahanSum next = sum;
      next.Add(v[i]);
      if (!std::isinf(next.sum)) {
        sum = next;
        continue;
      }
      incremental = true;
      mean = {sum.sum / (count - 1), sum.compensation / (count - 1)};
    }
    const double q = (count - 1) / count;
    mean = {q * mean.sum, q * mean.compensation};
    mean.Add(v[i] / count);
  }
  return incremental ? mean.Total() : sum.sum / count + sum.compensation / count;
}

double SlowVariance(const Values& v) {
  double count = 0;
  KahanSum mean;
  KahanSum squares;
  for (const double x : v) {
    count += 1;
    const double delta = x - mean.Total();
    mean.Add(delta / count);
    squares.Add(delta * (x - mean.Total()));
  }
  return squares.Total() / count;
}

// Slope, and intercept at `origin`.
std::optional<std::pair<double, double>> SlowFit(const Column& w, TimestampMs origin) {
  if (w.v.size() < 2) return std::nullopt;
  if (std::all_of(w.v.begin(), w.v.end(), [&](double x) { return x == w.v[0]; })) {
    return std::isinf(w.v[0]) ? std::pair(kNan, kNan) : std::pair(0.0, w.v[0]);
  }
  KahanSum x, y, xy, xx;
  for (std::size_t i = 0; i < w.v.size(); ++i) {
    const double seconds = static_cast<double>(w.t[i] - origin) / 1e3;
    x.Add(seconds);
    y.Add(w.v[i]);
    xy.Add(seconds * w.v[i]);
    xx.Add(seconds * seconds);
  }
  const auto n = static_cast<double>(w.v.size());
  const double covariance = xy.Total() - x.Total() * y.Total() / n;
  const double variance = xx.Total() - x.Total() * x.Total() / n;
  const double slope = covariance / variance;
  return std::pair(slope, y.Total() / n - slope * x.Total() / n);
}

std::optional<double> SlowSmoothing(const Values& v, double smoothing, double trend_factor) {
  if (v.size() < 2) return std::nullopt;
  double before = 0;
  double now = v[0];
  double trend = v[1] - v[0];
  for (std::size_t i = 1; i < v.size(); ++i) {
    if (i > 1) trend = trend_factor * (now - before) + (1 - trend_factor) * trend;
    before = std::exchange(now, smoothing * v[i] + (1 - smoothing) * (now + trend));
  }
  return now;
}

double SlowQuantile(double q, Values v) {
  std::sort(v.begin(), v.end(), [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const double rank = q * static_cast<double>(v.size() - 1);
  const auto lower = static_cast<std::size_t>(std::floor(rank));
  const std::size_t upper = std::min(v.size() - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return v[lower] * (1 - weight) + v[upper] * weight;
}

// Prometheus' functions.test: a NaN makes the result NaN.
double SlowMad(const Values& v) {
  for (const double x : v) {
    if (std::isnan(x)) return x;
  }
  const double median = SlowQuantile(0.5, v);
  Values deviations;
  for (const double x : v) deviations.push_back(std::fabs(x - median));
  return SlowQuantile(0.5, deviations);
}

double SlowCount(const Values& v, bool (*happens)(double, double)) {
  double count = 0;
  for (std::size_t i = 1; i < v.size(); ++i) count += happens(v[i - 1], v[i]) ? 1 : 0;
  return count;
}

// Functions of the window's samples alone, absent for an empty window.
Twin OfSamples(const char* name, std::function<double(const Column&)> slow, std::vector<double> scalars = {}) {
  return {name,
          [slow](const Column& column, const RangeGrid& grid, std::size_t step) -> std::optional<double> {
            const Column window = Cut(column, grid, step);
            if (window.v.empty()) return std::nullopt;
            return slow(window);
          },
          std::move(scalars)};
}

Twin OfRate(const char* name, bool counter, bool per_second) {
  return {name, [=](const Column& column, const RangeGrid& grid, std::size_t step) {
            return SlowRate(Cut(column, grid, step), grid, step, counter, per_second);
          }};
}

std::vector<Twin> Twins() {
  const auto seconds = [](TimestampMs t) { return static_cast<double>(t) / 1000; };
  const auto greater = [](double a, double b) { return a > b; };
  const auto less = [](double a, double b) { return a < b; };
  const auto not_less = [](double a, double b) { return a >= b; };
  const auto not_greater = [](double a, double b) { return a <= b; };
  return {
      OfRate("rate", true, true),
      OfRate("increase", true, false),
      OfRate("delta", false, false),
      OfSamples("sum_over_time", [](const Column& w) { return SlowSum(w.v); }),
      OfSamples("avg_over_time", [](const Column& w) { return SlowAverage(w.v); }),
      OfSamples("max_over_time", [=](const Column& w) { return w.v[Best(w.v, greater)]; }),
      OfSamples("min_over_time", [=](const Column& w) { return w.v[Best(w.v, less)]; }),
      OfSamples("ts_of_max_over_time", [=](const Column& w) { return seconds(w.t[Best(w.v, not_less)]); }),
      OfSamples("ts_of_min_over_time", [=](const Column& w) { return seconds(w.t[Best(w.v, not_greater)]); }),
      OfSamples("count_over_time", [](const Column& w) { return static_cast<double>(w.v.size()); }),
      OfSamples("last_over_time", [](const Column& w) { return w.v.back(); }),
      OfSamples("first_over_time", [](const Column& w) { return w.v.front(); }),
      OfSamples("resets", [](const Column& w) { return SlowCount(w.v, [](double a, double b) { return b < a; }); }),
      OfSamples("changes",
                [](const Column& w) {
                  return SlowCount(w.v, [](double a, double b) { return a != b && !(std::isnan(a) && std::isnan(b)); });
                }),
      OfSamples("quantile_over_time", [](const Column& w) { return SlowQuantile(0.37, w.v); }, {0.37}),
      OfSamples("mad_over_time", [](const Column& w) { return SlowMad(w.v); }),
      OfSamples("stdvar_over_time", [](const Column& w) { return SlowVariance(w.v); }),
      OfSamples("stddev_over_time", [](const Column& w) { return std::sqrt(SlowVariance(w.v)); }),
      {"deriv",
       [](const Column& column, const RangeGrid& grid, std::size_t step) -> std::optional<double> {
         const Column window = Cut(column, grid, step);
         const auto line = SlowFit(window, window.t.empty() ? 0 : window.t[0]);
         return line ? std::optional(line->first) : std::nullopt;
       }},
      {"predict_linear",
       [](const Column& column, const RangeGrid& grid, std::size_t step) -> std::optional<double> {
         const auto line = SlowFit(Cut(column, grid, step), grid.EvalTime(step));
         return line ? std::optional(line->first * 300 + line->second) : std::nullopt;
       },
       {300}},
      {"double_exponential_smoothing",
       [](const Column& column, const RangeGrid& grid, std::size_t step) {
         return SlowSmoothing(Cut(column, grid, step).v, 0.3, 0.6);
       },
       {0.3, 0.6}},
  };
}

enum class Shape { kCounter, kIntegers, kQuarters, kReals, kPlateaus, kHostile };

double Draw(Shape shape, double previous, std::mt19937& random) {
  std::uniform_real_distribution<double> unit(0, 1);
  switch (shape) {
    case Shape::kCounter:
      return unit(random) < 0.03 ? std::floor(unit(random) * 5) : previous + std::floor(unit(random) * 100);
    case Shape::kIntegers: return std::floor(unit(random) * 20) - 10;
    case Shape::kQuarters: return (std::floor(unit(random) * 4e6) - 2e6) / 4;
    case Shape::kReals: return (unit(random) - 0.5) * std::pow(10, unit(random) * 12 - 6);
    case Shape::kPlateaus: return unit(random) < 0.1 ? unit(random) : previous;
    case Shape::kHostile: {
      const double special[] = {0.0,
                                -0.0,
                                kNan,
                                kInf,
                                -kInf,
                                1e308,
                                -1.7e308,
                                5e-324,
                                1e100,
                                -1e100,
                                1,
                                0.1,
                                std::numeric_limits<double>::max()};
      return special[random() % 13];
    }
  }
  return 0;
}

Column RandomColumn(Shape shape, std::mt19937& random) {
  Column column;
  const std::size_t count = random() % 120;
  TimestampMs t = static_cast<TimestampMs>(random() % 20'000);
  double value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    t += random() % 8 == 0 ? 1 + static_cast<TimestampMs>(random() % 200'000) : 15'000;
    value = Draw(shape, value, random);
    column.t.push_back(t);
    column.v.push_back(value);
  }
  return column;
}

bool SameBits(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

TEST_CASE("fast kernels equal their slow twins to the bit") {
  std::mt19937 random(20240229);
  const std::vector<Twin> twins = Twins();
  for (const Shape shape :
       {Shape::kCounter, Shape::kIntegers, Shape::kQuarters, Shape::kReals, Shape::kPlateaus, Shape::kHostile}) {
    for (int round = 0; round < 60; ++round) {
      const Column column = RandomColumn(shape, random);
      const auto phase = static_cast<TimestampMs>(random() % 60'000);
      const auto step = static_cast<DurationMs>(random() % 90'000);
      const auto range = static_cast<DurationMs>(1 + random() % (round % 2 == 0 ? 900'000 : 60'000));
      const RangeGrid grid = GridOver(phase, step, 1 + random() % 60, range);
      for (const Twin& twin : twins) {
        const Steps fast = Run(twin.name, column, grid, twin.scalars);
        for (std::size_t i = 0; i < grid.steps; ++i) {
          const auto slow = twin.slow(column, grid, i);
          const bool same = slow.has_value() == fast[i].has_value() && (!slow || SameBits(*slow, *fast[i]));
          // The order of 0 and -0 in a sort is nobody's promise.
          const bool both_zero = slow && fast[i] && *slow == 0 && *fast[i] == 0 && twin.scalars.size() == 1;
          if (same || both_zero) continue;
          INFO(twin.name << " shape " << static_cast<int>(shape) << " round " << round << " step " << i << ": "
                         << slow.value_or(-4711) << " against " << fast[i].value_or(-4711));
          CHECK(same);
        }
      }
    }
  }
}

}  // namespace
}  // namespace vigia::promql
