#include "server/tool/tsdb_text.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace vigia::server {

std::string LabelsInBraces(const storage::Labels& labels) {
  std::string out = "{";
  for (const auto& [name, value] : labels) {
    if (out.size() > 1) out += ", ";
    out += storage::IsLegacyLabelName(name) ? std::string(name) : storage::Quoted(name);
    out += "=" + storage::Quoted(value);
  }
  return out + "}";
}

std::string ByteSizeText(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{}B", bytes);
  auto size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  return fmt::format("{:.4g}{}", size, kUnits[unit]);
}

std::string DurationText(std::int64_t ms) {
  if (ms == 0) return "0s";
  // Unsigned: the distance of any two times.
  auto left = static_cast<std::uint64_t>(ms);
  std::string out;
  if (ms < 0) {
    out = "-";
    left = -left;
  }
  if (left < 1000) return out + fmt::format("{}ms", left);
  const std::uint64_t hours = left / 3'600'000;
  const std::uint64_t minutes = left / 60'000 % 60;
  if (hours > 0) out += fmt::format("{}h", hours);
  if (hours > 0 || minutes > 0) out += fmt::format("{}m", minutes);
  return out + fmt::format("{}s", static_cast<double>(left % 60'000) / 1000);
}

void Table::Print(std::ostream& out) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i + 1 < row.size() ? fmt::format("{:<{}}", row[i], widths[i] + 2) : row[i];
    }
    out << line << "\n";
  }
}

}  // namespace vigia::server
