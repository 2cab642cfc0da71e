// Samples and native histograms as both versions of remote write carry them.
#pragma once

#include <bit>
#include <memory>
#include <string>
#include <string_view>

#include "server/wire/wire_reader.h"
#include "storage/model/histogram.h"
#include "storage/model/sample.h"

namespace vigia::server {

// Sample value = 1 (double), timestamp = 2, and start_timestamp = 3 in version 2. Any order, unknown fields skipped.
// nullptr, or what is malformed. `start` is 0 when there is none.
const char* DecodeSampleSlowly(std::string_view bytes, storage::Sample& out, storage::TimestampMs& start);

inline const char* DecodeSample(std::string_view bytes, storage::Sample& out, storage::TimestampMs& start) {
  // What senders write for any value and time but zero: nine bytes of value, then the time until the end.
  constexpr std::size_t kTime = 10;
  if (bytes.size() > kTime && bytes.size() <= kTime + 10 && bytes[0] == 0x09 && bytes[9] == 0x10) {
    std::uint64_t t = 0;
    std::size_t at = kTime;
    unsigned shift = 0;
    for (; at + 1 < bytes.size() && static_cast<unsigned char>(bytes[at]) >= 0x80; ++at, shift += 7) {
      t |= std::uint64_t{bytes[at] & 0x7fu} << shift;
    }
    if (at + 1 == bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80) {
      out.v = std::bit_cast<double>(storage::LoadFixed64(bytes.data() + 1));
      out.t = static_cast<std::int64_t>(t | std::uint64_t{static_cast<unsigned char>(bytes[at])} << shift);
      start = 0;
      return nullptr;
    }
  }
  return DecodeSampleSlowly(bytes, out, start);
}

struct WireHistogram {
  storage::TimestampMs t = 0;
  storage::TimestampMs start = 0;  // 0: none.
  std::shared_ptr<storage::FloatHistogram> h;
  std::string fault;  // Not empty: well formed, but not a histogram by Prometheus' rules.
};

// Integer buckets become absolute counts; schemas 9..52 are reduced to 8, as Prometheus' receiver does. nullptr, or
// what is malformed.
const char* DecodeHistogram(std::string_view bytes, WireHistogram& out);

}  // namespace vigia::server
