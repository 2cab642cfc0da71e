// OpenMetrics 1.0 text format, as leniently as Prometheus reads it (surface.md 5.4).
#pragma once

#include <string_view>

#include "server/exposition/line_parser.h"

namespace vigia::server {

class OpenMetricsParser final : public LineParser {
 public:
  explicit OpenMetricsParser(std::string_view body) : LineParser(body, true) {}
  EntryKind Next() override;
  bool TrySeries(std::string_view series) override;
  bool TryPlain(std::string_view upcoming) override { return !broken_line_end_ && LineParser::TryPlain(upcoming); }

 private:
  EntryKind ReadDescriptor();
  EntryKind ReadMeta(EntryKind kind);
  EntryKind ReadSeries();
  // The next two return what was expected instead, or null when all is well.
  const char* ReadSuffix();
  const char* ReadExemplar();
  std::string_view ReadSpacedToken();  // After exactly one space; "" when there is none.
  const char* ReadSeconds(storage::TimestampMs* timestamp_ms);
  bool EndLine();
  bool UnitFits() const;

  // After a value came what is neither a timestamp nor the line's end. The reference gives the sample out before it
  // fails, so that the sample counts as scraped.
  bool broken_line_end_ = false;
};

}  // namespace vigia::server
