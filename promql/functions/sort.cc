#include "promql/functions/sort.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

namespace vigia::promql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the longest run of digits, or of anything else, off the front.
std::string_view TakeChunk(std::string_view& text) {
  std::size_t length = 1;
  while (length < text.size() && IsDigit(text[length]) == IsDigit(text[0])) ++length;
  const std::string_view chunk = text.substr(0, length);
  text.remove_prefix(length);
  return chunk;
}

// nullopt for letters and for more digits than 64 bits hold.
std::optional<std::int64_t> NumberOf(std::string_view chunk) {
  std::int64_t value = 0;
  if (!IsDigit(chunk[0])) return std::nullopt;
  const auto [end, error] = std::from_chars(chunk.data(), chunk.data() + chunk.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

bool SortsBefore(double a, double b) { return a < b || (!std::isnan(a) && std::isnan(b)); }
bool SortsBeforeDesc(double a, double b) { return a > b || (!std::isnan(a) && std::isnan(b)); }

bool NaturalLess(std::string_view a, std::string_view b) {
  while (!a.empty()) {
    if (b.empty()) return false;
    const std::string_view left = TakeChunk(a);
    const std::string_view right = TakeChunk(b);
    const auto left_number = NumberOf(left);
    const auto right_number = NumberOf(right);
    const bool numeric = left_number && right_number;
    const bool equal = numeric ? *left_number == *right_number : left == right;
    if (!equal) return numeric ? *left_number < *right_number : left < right;
    // The shorter one comes first; 01 and 1 at the end are equal in Prometheus' eyes, which then takes the first
    // argument.
    if (a.empty()) return true;
    if (b.empty()) return false;
  }
  return false;
}

int CompareByLabels(const storage::Labels& a, const storage::Labels& b, std::span<const std::string> names) {
  for (const std::string& name : names) {
    const std::string_view left = a.Get(name);
    const std::string_view right = b.Get(name);
    if (left == right) continue;
    // Both ways, because texts such as 01 and 1 precede each other: those are ties.
    const bool less = NaturalLess(left, right);
    if (less == NaturalLess(right, left)) continue;
    return less ? -1 : 1;
  }
  if (a == b) return 0;
  return a < b ? -1 : 1;
}

}  // namespace vigia::promql
