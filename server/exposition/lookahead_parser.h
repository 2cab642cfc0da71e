// A parser that must read an entry to know what it is: it reads one ahead to answer what comes next.
#pragma once

#include <optional>

#include "server/exposition/parser.h"

namespace vigia::server {

class LookaheadParser : public ExpositionParser {
 public:
  EntryKind Next() final;
  std::string_view Upcoming(std::size_t size) override;
  bool TrySeries(std::string_view series) override;
  bool TryLine(std::string_view line, std::optional<MetricType> type) override;

 protected:
  // Reads the next entry into the accessors.
  virtual EntryKind Advance() = 0;
  bool is_ahead() const { return ahead_.has_value(); }

 private:
  EntryKind Peek();

  std::optional<EntryKind> ahead_;  // Read, and not yet given out.
};

}  // namespace vigia::server
