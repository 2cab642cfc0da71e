#include "promql/value/format.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

namespace vigia::promql {
namespace {

// Go's %g of the shortest digits goes over to an exponent where one of six digits would.
constexpr std::ptrdiff_t kGeneralExponent = 6;

// What fmt prints: the shortest digits (Dragonbox), plain from 1e-4 to below 1e16, with an exponent outside.
class Shortest {
 public:
  // REQUIRES: v is finite.
  explicit Shortest(double v) : size_(static_cast<std::size_t>(fmt::format_to(text_, "{}", v) - text_)) {}
  std::string_view text() const { return {text_, size_}; }
  bool has_exponent() const { return text().find('e') != std::string_view::npos; }

 private:
  char text_[32];
  std::size_t size_;
};

struct Decimal {
  bool negative = false;
  std::string digits;        // Without zeros at either end.
  std::ptrdiff_t point = 0;  // The value is 0.digits * 10^point.
};

Decimal Decompose(std::string_view text) {
  Decimal out;
  if (text.starts_with('-')) {
    out.negative = true;
    text.remove_prefix(1);
  }
  std::ptrdiff_t exponent = 0;
  if (const std::size_t e = text.find('e'); e != std::string_view::npos) {
    const bool negative = text[e + 1] == '-';
    for (std::size_t i = e + 2; i < text.size(); ++i) exponent = exponent * 10 + (text[i] - '0');
    if (negative) exponent = -exponent;
    text = text.substr(0, e);
  }
  const std::size_t dot = std::min(text.find('.'), text.size());
  out.digits.append(text.substr(0, dot));
  if (dot < text.size()) out.digits.append(text.substr(dot + 1));
  out.point = static_cast<std::ptrdiff_t>(dot) + exponent;
  const std::size_t zeros = std::min(out.digits.find_first_not_of('0'), out.digits.size());
  out.digits.erase(0, zeros);
  out.point -= static_cast<std::ptrdiff_t>(zeros);
  while (!out.digits.empty() && out.digits.back() == '0') out.digits.pop_back();
  return out;
}

void AppendWithoutExponent(std::string& out, const Decimal& decimal) {
  if (decimal.negative) out += '-';
  const auto count = static_cast<std::ptrdiff_t>(decimal.digits.size());
  if (decimal.point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-decimal.point), '0');
    out += decimal.digits;
  } else if (decimal.point >= count) {
    out += decimal.digits;
    out.append(static_cast<std::size_t>(decimal.point - count), '0');
  } else {
    out.append(decimal.digits, 0, static_cast<std::size_t>(decimal.point));
    out += '.';
    out.append(decimal.digits, static_cast<std::size_t>(decimal.point));
  }
}

void AppendWithExponent(std::string& out, const Decimal& decimal) {
  if (decimal.negative) out += '-';
  out += decimal.digits[0];
  if (decimal.digits.size() > 1) out.append(".").append(decimal.digits, 1);
  const std::ptrdiff_t exponent = decimal.point - 1;
  fmt::format_to(std::back_inserter(out), "e{}{:02}", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
}

// True when v was no number to format otherwise.
bool AppendSpecial(std::string& out, double v) {
  if (std::isnan(v)) {
    out += "NaN";
  } else if (std::isinf(v)) {
    out += v < 0 ? "-Inf" : "+Inf";
  } else {
    return false;
  }
  return true;
}

}  // namespace

void AppendPlain(std::string& out, double v) {
  if (AppendSpecial(out, v)) return;
  const Shortest shortest(v);
  if (shortest.has_exponent()) {
    AppendWithoutExponent(out, Decompose(shortest.text()));
  } else {
    out += shortest.text();
  }
}

std::string FormatPlain(double v) {
  std::string out;
  AppendPlain(out, v);
  return out;
}

void AppendApiValue(std::string& out, double v) {
  const double magnitude = std::fabs(v);
  const bool needs_exponent = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21) && std::isfinite(v);
  if (!needs_exponent) return AppendPlain(out, v);
  AppendWithExponent(out, Decompose(Shortest(v).text()));
}

std::string FormatGeneral(double v) {
  std::string out;
  if (AppendSpecial(out, v)) return out;
  const Shortest shortest(v);
  if (v == 0) return std::string(shortest.text());
  const Decimal decimal = Decompose(shortest.text());
  const std::ptrdiff_t exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= kGeneralExponent) {
    AppendWithExponent(out, decimal);
  } else {
    AppendWithoutExponent(out, decimal);
  }
  return out;
}

std::string FormatGeneral(double v, int digits) {
  std::string out;
  if (AppendSpecial(out, v)) return out;
  return fmt::format("{:.{}g}", v, digits);
}

std::string FormatOpenMetrics(double v) {
  std::string out = FormatGeneral(v);
  if (std::isfinite(v) && out.find_first_of("e.") == std::string::npos) out += ".0";
  return out;
}

}  // namespace vigia::promql
