// Pull parser of a scraped body: one entry per call, in whatever format the body is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/histogram.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

enum class MetricType : std::uint8_t {
  kUnknown,
  kCounter,
  kGauge,
  kHistogram,
  kGaugeHistogram,
  kSummary,
  kInfo,
  kStateset,
};

// The word of the metadata APIs: "unknown", "counter", ...
std::string_view ToString(MetricType type);

enum class EntryKind : std::uint8_t { kType, kHelp, kUnit, kComment, kSeries, kEof, kError };

// A label as it stands in the body, escapes not resolved.
struct RawLabel {
  std::string_view name;
  std::string_view value;
};

struct RawExemplar {
  std::vector<RawLabel> labels;
  double value = 0;
  std::optional<storage::TimestampMs> timestamp_ms;
};

// Thread-compatible. The body must outlive the parser. Views that it gives are good until it moves.
class ExpositionParser {
 public:
  virtual ~ExpositionParser() = default;

  // Moves to the next entry. After kEof and kError it must not be called again.
  virtual EntryKind Next() = 0;

  // The next `size` bytes, for the caller to see whether they are what it expects, and then for the next two calls;
  // fewer at the end. Of protobuf, which has no text, the bytes of the next entry, whatever `size` is.
  virtual std::string_view Upcoming(std::size_t size) = 0;

  // Shortcut for a series that the caller expects next. When the body goes on with exactly the series `series` (a
  // series() of an earlier body of the same format) and a valid rest, the result is that of Next() returning kSeries,
  // except that labels are not looked at: AppendLabels() must not be called. False: nothing moved, call Next().
  virtual bool TrySeries(std::string_view series) = 0;

  // The same for what Upcoming() returned, when a blank, a plain number and the line's end follow it. What is false may
  // still be a series.
  virtual bool TryPlain(std::string_view /*upcoming*/) { return false; }

  // Shortcut for a line that is no series: when the body goes on with `line` (a line() of an earlier body), skips it.
  // `type` is the type that a # TYPE line announces, nothing for other lines. False: nothing moved, call Next().
  virtual bool TryLine(std::string_view line, std::optional<MetricType> type) = 0;

  // Of kType, kHelp and kUnit.
  std::string_view family() const { return family_; }
  MetricType type() const { return type_; }  // Of the last # TYPE, whatever came since.
  virtual std::string help() const = 0;      // Escapes resolved.
  std::string_view unit() const { return text_; }

  // Of kSeries.
  std::string_view series() const { return series_; }  // Bytes that no other series of the same format has.
  double value() const { return value_; }              // Of text a NaN is kNormalNan, of protobuf it keeps its bits.
  // Null for a series of floats. Belongs to the caller, who may change it.
  const std::shared_ptr<storage::FloatHistogram>& histogram() const { return histogram_; }
  // Not empty: what is wrong with the histogram, so that it cannot be stored.
  const std::string& histogram_fault() const { return histogram_fault_; }
  std::optional<storage::TimestampMs> timestamp_ms() const { return timestamp_ms_; }
  storage::TimestampMs start_ms() const { return start_ms_; }  // Since when it counts; 0: the entry does not say.
  virtual std::span<const RawExemplar> exemplars() const = 0;

  // Appends __name__ and the labels, in the body's order, escapes resolved, le and quantile in OpenMetrics form where
  // the last type is histogram or summary. Empty values and duplicates are left to the caller. Views point into the
  // body or into `scratch`, which is overwritten.
  virtual void AppendLabels(std::vector<storage::LabelView>& out, std::string& scratch) const = 0;
  // The same for one of exemplars().
  virtual void AppendExemplarLabels(const RawExemplar& exemplar, std::vector<storage::LabelView>& out,
                                    std::string& scratch) const = 0;

  // Of a line of text with its line feed, if it has one; of protobuf bytes that stand for an entry but kSeries.
  virtual std::string_view line() const = 0;
  const std::string& error() const { return error_; }  // Of kError.

 protected:
  std::string_view family_;
  std::string_view text_;
  MetricType type_ = MetricType::kUnknown;
  std::string_view series_;
  double value_ = 0;
  std::shared_ptr<storage::FloatHistogram> histogram_;
  std::string histogram_fault_;
  std::optional<storage::TimestampMs> timestamp_ms_;
  storage::TimestampMs start_ms_ = 0;
  std::string error_;
};

}  // namespace vigia::server
