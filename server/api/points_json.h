// The points of many series as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "promql/value/value.h"

namespace vigia::server {

// Remembers how times are written: the series of a result mostly have the same ones. Thread-compatible.
class PointsWriter {
 public:
  // [[seconds,"value"],…]. REQUIRES: at least one point, times ascending.
  void Append(std::string& out, std::span<const promql::FloatPoint> points);

 private:
  // [seconds," as it stands before each value of that time.
  struct TimeText {
    explicit TimeText(std::int64_t timestamp_ms);
    std::int64_t t;
    std::uint8_t size;
    char text[31];
  };
  static constexpr std::size_t kMaxTimes = 16'384;

  // `next` is where the time is expected, and moves behind it. Good until the next call.
  const TimeText& TextOf(std::int64_t timestamp_ms, std::size_t& next);

  std::vector<TimeText> times_;  // Ascending.
  TimeText other_{0};
};

}  // namespace vigia::server
