#include "server/exposition/lookahead_parser.h"

#include <utility>

namespace vigia::server {

EntryKind LookaheadParser::Peek() {
  if (!ahead_) ahead_ = Advance();
  return *ahead_;
}

EntryKind LookaheadParser::Next() {
  if (!ahead_) return Advance();
  return *std::exchange(ahead_, std::nullopt);
}

std::string_view LookaheadParser::Upcoming(std::size_t /*size*/) {
  switch (Peek()) {
    case EntryKind::kSeries: return series();
    case EntryKind::kType:
    case EntryKind::kHelp:
    case EntryKind::kUnit:
    case EntryKind::kComment: return line();
    case EntryKind::kEof:
    case EntryKind::kError: return {};
  }
  return {};
}

bool LookaheadParser::TrySeries(std::string_view expected) {
  if (Peek() != EntryKind::kSeries || series() != expected) return false;
  ahead_.reset();
  return true;
}

bool LookaheadParser::TryLine(std::string_view expected, std::optional<MetricType> /*type*/) {
  switch (Peek()) {
    case EntryKind::kSeries:
    case EntryKind::kEof:
    case EntryKind::kError: return false;
    case EntryKind::kType:
    case EntryKind::kHelp:
    case EntryKind::kUnit:
    case EntryKind::kComment: break;
  }
  if (line() != expected) return false;
  ahead_.reset();
  return true;
}

}  // namespace vigia::server
