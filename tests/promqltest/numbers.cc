#include "tests/promqltest/numbers.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <string>

#include "promql/parser/parse.h"
#include "storage/model/sample.h"

namespace vigia::promqltest {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSign(char c) { return c == '+' || c == '-'; }

std::string Lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kSpaces);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSpaces) - from + 1);
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    text = Trimmed(text);
    if (text.empty()) return words;
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::size_t DecimalPrefix(std::string_view text) {
  std::size_t at = !text.empty() && IsSign(text[0]) ? 1 : 0;
  const std::string word = Lowered(text.substr(at, 3));
  if (word == "inf" || word == "nan") return at + 3;
  const std::size_t digits_from = at;
  while (at < text.size() && (IsDigit(text[at]) || text[at] == '_' || text[at] == '.')) ++at;
  if (at == digits_from || text[digits_from] == '_') return 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    std::size_t exponent = at + 1;
    if (exponent < text.size() && IsSign(text[exponent])) ++exponent;
    const std::size_t first = exponent;
    while (exponent < text.size() && IsDigit(text[exponent])) ++exponent;
    if (exponent > first) at = exponent;
  }
  return at;
}

std::optional<double> ParseDecimal(std::string_view text) {
  if (text.empty() || DecimalPrefix(text) != text.size()) return std::nullopt;
  const bool negative = text[0] == '-';
  if (IsSign(text[0])) text.remove_prefix(1);
  const std::string word = Lowered(text);
  double value = 0;
  if (word == "inf") {
    value = std::numeric_limits<double>::infinity();
  } else if (word == "nan") {
    return storage::kNormalNan;
  } else {
    std::string digits(text);
    std::erase(digits, '_');
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (end != digits.data() + digits.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) value = std::strtod(digits.c_str(), nullptr);
  }
  return negative ? -value : value;
}

std::optional<storage::DurationMs> ParseSignedDuration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const bool negative = text[0] == '-';
  if (IsSign(text[0])) text.remove_prefix(1);
  const auto duration = promql::ParseDuration(text);
  if (!duration) return std::nullopt;
  return negative ? -*duration : *duration;
}

}  // namespace vigia::promqltest
