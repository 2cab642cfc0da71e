#include "server/api/points_json.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "server/json/number.h"

namespace vigia::server {

PointsWriter::TimeText::TimeText(std::int64_t timestamp_ms) : t(timestamp_ms), text{} {
  char all[kMaxNumberChars + 8];
  all[0] = '[';
  char* at = WriteTimestampSeconds(all + 1, timestamp_ms);
  *at++ = ',';
  *at++ = '"';
  size = static_cast<std::uint8_t>(at - all);
  std::memcpy(text, all, sizeof(text));
}

const PointsWriter::TimeText& PointsWriter::TextOf(std::int64_t timestamp_ms, std::size_t& next) {
  while (next < times_.size() && times_[next].t < timestamp_ms) ++next;
  if (next < times_.size() && times_[next].t == timestamp_ms) return times_[next++];
  if (next == 0) times_.clear();  // What comes now begins earlier: later series are more like it.
  if (next == times_.size() && next < kMaxTimes) {
    ++next;
    return times_.emplace_back(timestamp_ms);
  }
  other_ = TimeText(timestamp_ms);
  return other_;
}

void PointsWriter::Append(std::string& out, std::span<const promql::FloatPoint> points) {
  constexpr std::size_t kPointRoom = sizeof(TimeText::text) + kMaxNumberChars + 8;
  std::array<char, 8192> text;
  const char* const full = text.data() + text.size() - kPointRoom;
  char* at = text.data();
  *at++ = '[';
  if (times_.empty()) times_.reserve(std::min(points.size(), kMaxTimes));
  std::size_t next = 0;
  for (const promql::FloatPoint& point : points) {
    if (at > full) {
      out.append(text.data(), at);
      at = text.data();
    }
    const TimeText& time = TextOf(point.t, next);
    std::memcpy(at, time.text, sizeof(time.text));
    at = WriteSampleValue(at + time.size, point.v);
    std::memcpy(at, "\"],", 3);
    at += 3;
  }
  at[-1] = ']';
  out.append(text.data(), at);
}

}  // namespace vigia::server
