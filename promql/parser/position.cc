#include "promql/parser/position.h"

#include <algorithm>

#include <fmt/format.h>

namespace vigia::promql {

std::string PositionText(std::string_view query, std::uint32_t at) {
  if (query.empty()) return "unknown position";
  if (at > query.size()) return "invalid position";
  const std::string_view before = query.substr(0, at);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_break = before.rfind('\n');
  const std::size_t line_start = line_break == std::string_view::npos ? 0 : line_break + 1;
  return fmt::format("{}:{}", line, at - line_start + 1);
}

}  // namespace vigia::promql
