// A line of a load or of an expected result: "<series> <points>".
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/histogram.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::promqltest {

struct Point {
  bool omitted = false;
  double v = 0;
  storage::HistogramPtr h{};  // Set: a histogram.
  bool hint_written = false;  // Then the histogram's hint is compared, too.
};

struct SeriesLine {
  storage::Labels labels;
  std::vector<Point> points{};
  // For a line "<series>@st ...": the offsets of the start timestamps, and no points.
  bool is_start_line = false;
  std::vector<std::optional<storage::DurationMs>> start_offsets_ms{};
};

// Longest list of points that one line may stand for.
inline constexpr std::size_t kMaxPoints = 1'000'000;

storage::Result<SeriesLine> ParseSeriesLine(std::string_view line);

}  // namespace vigia::promqltest
