// Prometheus text format 0.0.4 and 1.0.0 (surface.md 5.3).
#pragma once

#include <string_view>

#include "server/exposition/line_parser.h"

namespace vigia::server {

class TextParser final : public LineParser {
 public:
  explicit TextParser(std::string_view body) : LineParser(body, false) {}
  EntryKind Next() override;
  bool TrySeries(std::string_view series) override;

 private:
  EntryKind ReadComment();
  EntryKind ReadMeta(EntryKind kind);
  EntryKind ReadSeries();
  const char* ReadSuffix();  // Value, timestamp and line end; what was expected instead, or null when all is well.
  bool AtLineEnd() const { return AtEnd() || body_[position_] == '\n'; }
  void EndLine();
  bool HasWord(std::string_view word) const;
};

}  // namespace vigia::server
