#include "config/schema/scalar_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

namespace vigia::config {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameByte(char c) { return c == '_' || IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string WithoutUnderscores(std::string_view text) {
  std::string out(text);
  std::erase(out, '_');
  return out;
}

// The digits and the base that their prefix says.
std::pair<std::string_view, int> DigitsAndBase(std::string_view text) {
  if (text.size() > 1 && text[0] == '0') {
    switch (text[1]) {
      case 'x':
      case 'X': return {text.substr(2), 16};
      case 'b':
      case 'B': return {text.substr(2), 2};
      case 'o':
      case 'O': return {text.substr(2), 8};
    }
    return {text.substr(1), 8};
  }
  return {text, 10};
}

template <class Number>
std::optional<Number> WholeNumber(std::string_view digits, int base) {
  Number value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

constexpr std::string_view kSizeUnits = "KMGTPE";

// The factor of a unit such as "KB", "MiB" or "B".
std::optional<std::uint64_t> UnitFactor(std::string_view unit) {
  if (unit == "B") return 1;
  if (unit.size() < 2 || (unit.substr(1) != "B" && unit.substr(1) != "iB")) return std::nullopt;
  const std::size_t power = kSizeUnits.find(unit.front());
  if (power == std::string_view::npos) return std::nullopt;
  return std::uint64_t{1} << (10 * (power + 1));
}

bool IsShellSpecial(char c) { return IsDigit(c) || std::string_view("*#$@!?-").find(c) != std::string_view::npos; }

struct ShellName {
  std::string_view name;
  std::size_t length = 0;  // Of what follows the dollar sign. A length without a name is a malformed reference.
};

ShellName ShellNameAt(std::string_view rest) {
  if (rest.empty()) return {};
  if (rest.front() == '{') {
    const std::size_t end = rest.find('}');
    if (end == std::string_view::npos) return {.name = {}, .length = 1};
    return {.name = rest.substr(1, end - 1), .length = end + 1};
  }
  if (IsShellSpecial(rest.front())) return {.name = rest.substr(0, 1), .length = 1};
  std::size_t end = 0;
  while (end < rest.size() && IsNameByte(rest[end])) ++end;
  return {.name = rest.substr(0, end), .length = end};
}

}  // namespace

std::optional<bool> ParseYamlBool(std::string_view text) {
  constexpr std::array<std::string_view, 11> kTrue{"true", "True", "TRUE", "yes", "Yes", "YES",
                                                   "on",   "On",   "ON",   "y",   "Y"};
  constexpr std::array<std::string_view, 11> kFalse{"false", "False", "FALSE", "no", "No", "NO",
                                                    "off",   "Off",   "OFF",   "n",  "N"};
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return false;
  return std::nullopt;
}

std::optional<std::int64_t> ParseYamlInt(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto magnitude = ParseYamlUint(text);
  if (!magnitude) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (*magnitude > kMax) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*magnitude);
  return negative ? -value : value;
}

std::optional<std::uint64_t> ParseYamlUint(std::string_view text) {
  if (text.empty() || !IsDigit(text.front())) return std::nullopt;
  const std::string plain = WithoutUnderscores(text);
  const auto [digits, base] = DigitsAndBase(plain);
  return WholeNumber<std::uint64_t>(digits, base);
}

std::optional<double> ParseYamlFloat(std::string_view text) {
  if (text == ".inf" || text == ".Inf" || text == ".INF" || text == "+.inf") return HUGE_VAL;
  if (text == "-.inf" || text == "-.Inf" || text == "-.INF") return -HUGE_VAL;
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return std::numeric_limits<double>::quiet_NaN();
  const std::string plain = WithoutUnderscores(text.starts_with('+') ? text.substr(1) : text);
  const bool number = !plain.empty() && (IsDigit(plain.front()) || plain.front() == '.' || plain.front() == '-');
  double value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (!number || error != std::errc() || end != plain.data() + plain.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<std::uint64_t> ParseSizeBytes(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto number_end = std::find_if_not(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '.'; });
    const auto number = text.substr(0, static_cast<std::size_t>(number_end - text.begin()));
    text.remove_prefix(number.size());
    const auto unit_end = std::find_if(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '.'; });
    const auto unit = text.substr(0, static_cast<std::size_t>(unit_end - text.begin()));
    text.remove_prefix(unit.size());
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    const auto factor = UnitFactor(unit);
    if (error != std::errc() || end != number.data() + number.size() || !factor) return std::nullopt;
    total += value * static_cast<double>(*factor);
  }
  constexpr double kTooLarge = 9223372036854775808.0;  // 2^63
  if (!(total < kTooLarge)) return std::nullopt;
  return static_cast<std::uint64_t>(total);
}

std::string FormatSizeBytes(std::uint64_t bytes) {
  if (bytes == 0) return "0B";
  std::string out;
  for (std::size_t power = 0; bytes > 0; ++power, bytes /= 1024) {
    const std::uint64_t part = bytes % 1024;
    if (part == 0) continue;
    const std::string unit = power == 0 ? "B" : std::string(1, kSizeUnits[power - 1]) + "iB";
    out.insert(0, std::to_string(part) + unit);
  }
  return out;
}

std::string ExpandEnvironment(std::string_view text, std::vector<std::string>& undefined) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t dollar = text.find('$', at);
    out.append(text.substr(at, dollar - at));
    if (dollar == std::string_view::npos) break;
    const ShellName reference = ShellNameAt(text.substr(dollar + 1));
    at = dollar + 1 + reference.length;
    if (reference.length == 0 || reference.name == "$") {
      out.push_back('$');
    } else if (!reference.name.empty()) {
      const std::string name(reference.name);
      const char* value = std::getenv(name.c_str());
      if (value == nullptr || *value == '\0') {
        undefined.push_back(name);
      } else {
        out += value;
      }
    }
  }
  return out;
}

}  // namespace vigia::config
