// A decoded remote write request as a walk over its series. One implementation for each version of the protocol; what
// is done with the series (ingest.h) does not know which.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "storage/api/appender.h"

namespace vigia::server {

// Field numbers inside of a TimeSeries. Samples and histograms themselves are the same in both versions.
struct SeriesLayout {
  std::uint32_t samples;
  std::uint32_t exemplars;
  std::uint32_t histograms;
  bool has_starts;  // Samples may carry start timestamps.
};

// One TimeSeries.
struct SeriesFrame {
  std::string_view labels;  // As wire_labels.h describes; valid until the next Scan().
  std::string_view parts;   // The fields after the labels; more label fields in between are to be skipped.
  std::uint64_t samples = 0;
  std::uint64_t exemplars = 0;
  std::uint64_t histograms = 0;
  bool has_metadata = false;
  std::string fault;  // Not empty: what is wrong with this series' references (version 2).
};

// Views point into the message, which must outlive this. Thread-compatible.
class WriteMessage {
 public:
  virtual ~WriteMessage() = default;
  // The bytes of the next TimeSeries. False: the end, or the message is malformed (error() is set).
  virtual bool NextSeries(std::string_view& series) = 0;
  // Looks over all fields of a TimeSeries without decoding the samples. Reuse `out`. False: malformed.
  virtual bool Scan(std::string_view series, SeriesFrame& out) = 0;
  // False: malformed. `fault` is set when references lead nowhere; else value, time and, as wire_labels.h describes,
  // `labels`, valid until the next call.
  virtual bool ReadExemplar(std::string_view bytes, storage::Exemplar& out, std::string_view& labels,
                            std::string& fault) = 0;
  virtual const SeriesLayout& layout() const = 0;
  // nullptr while all that was read is well formed.
  virtual const char* error() const = 0;
};

// prometheus.WriteRequest (prometheus.io/docs/specs/prw/remote_write_spec). Its metadata is not kept.
std::unique_ptr<WriteMessage> NewMessageV1(std::string_view message);
// io.prometheus.write.v2.Request (prometheus.io/docs/specs/prw/remote_write_spec_2_0). Its metadata is not kept.
std::unique_ptr<WriteMessage> NewMessageV2(std::string_view message);

}  // namespace vigia::server
