// Builds windows over a column and runs a range function on it by name.
#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "promql/functions/range_function.h"
#include "tests/support/catch.h"

namespace vigia::promql {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInf = std::numeric_limits<double>::infinity();

struct Column {
  std::vector<TimestampMs> t;
  std::vector<double> v;
};

// Samples at 0, interval, 2 * interval, ...
inline Column Every(DurationMs interval_ms, std::vector<double> values) {
  Column column;
  for (std::size_t i = 0; i < values.size(); ++i) column.t.push_back(static_cast<TimestampMs>(i) * interval_ms);
  column.v = std::move(values);
  return column;
}

inline RangeGrid GridAt(TimestampMs at_ms, DurationMs range_ms) {
  RangeGrid grid;
  grid.eval_start_ms = grid.end_start_ms = at_ms;
  grid.range_ms = range_ms;
  return grid;
}

inline RangeGrid GridOver(TimestampMs start_ms, DurationMs step_ms, std::size_t steps, DurationMs range_ms) {
  RangeGrid grid = GridAt(start_ms, range_ms);
  grid.steps = steps;
  grid.eval_step_ms = grid.end_step_ms = step_ms;
  return grid;
}

using Steps = std::vector<std::optional<double>>;

inline storage::Result<Steps> TryRun(std::string_view name, const Column& column, const RangeGrid& grid,
                                     std::vector<double> scalars = {}) {
  const RangeFunctionSpec* spec = FindRangeFunction(name);
  REQUIRE(spec != nullptr);
  const WindowSet windows(column.t, grid);
  RangeInput input{.values = column.v, .windows = windows, .scalars = {}};
  for (std::size_t i = 0; i < scalars.size(); ++i) input.scalars[i].values = std::span(&scalars[i], 1);
  std::vector<double> values(grid.steps, 4711);
  std::vector<std::uint8_t> valid(grid.steps, 7);
  RangeScratch scratch;
  if (auto status = spec->kernel(input, scratch, {values, valid}); !status) return status.error();
  Steps out;
  for (std::size_t i = 0; i < grid.steps; ++i) {
    REQUIRE(valid[i] <= 1);
    out.push_back(valid[i] != 0 ? std::optional(values[i]) : std::nullopt);
  }
  return out;
}

inline Steps Run(std::string_view name, const Column& column, const RangeGrid& grid, std::vector<double> scalars = {}) {
  auto out = TryRun(name, column, grid, std::move(scalars));
  REQUIRE(out.has_value());
  return *out;
}

inline std::optional<double> RunOnce(std::string_view name, const Column& column, TimestampMs at_ms,
                                     DurationMs range_ms, std::vector<double> scalars = {}) {
  return Run(name, column, GridAt(at_ms, range_ms), std::move(scalars))[0];
}

}  // namespace vigia::promql
