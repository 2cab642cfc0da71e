#include "config/schema/field_table.h"

#include <algorithm>
#include <numeric>

namespace vigia::config {
namespace {

// Levenshtein: insertions, deletions and replacements that make `b` of `a`.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view ClosestKey(std::string_view wanted, const std::vector<std::string_view>& known) {
  constexpr std::size_t kLongestKey = 100;
  if (wanted.size() > kLongestKey) return {};
  std::string_view closest;
  std::size_t least = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string_view key : known) {
    const std::size_t distance = EditDistance(wanted, key);
    if (distance < least) {
      least = distance;
      closest = key;
    }
  }
  return closest;
}

}  // namespace vigia::config
