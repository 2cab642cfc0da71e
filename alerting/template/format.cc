#include "alerting/template/format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "alerting/template/calendar.h"
#include "alerting/template/literal.h"
#include "promql/value/format.h"
#include "storage/model/utf8.h"

namespace vigia::alerting {
namespace {

constexpr int kMaxWidth = 1'000'000;  // Go's limit for widths and precisions.
constexpr int kMaxNesting = 50;
constexpr std::size_t kMaxPrinted = 4u << 20;  // Where Sprintf stops; far above what a template may print.

std::optional<std::string> SpecialFloat(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  return std::nullopt;
}

struct Directive {
  bool minus = false, plus = false, sharp = false, space = false, zero = false;
  std::optional<int> width, precision;
};

// The number of characters, which is what Go pads by.
std::size_t RuneCount(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Pad(const Directive& d, std::string text, bool numeric) {
  const std::size_t width = d.width ? static_cast<std::size_t>(*d.width) : 0;
  const std::size_t runes = RuneCount(text);
  if (runes >= width) return text;
  const std::size_t missing = width - runes;
  if (d.minus) return text.append(missing, ' ');
  if (!d.zero) return text.insert(0, missing, ' ');
  const bool sign = numeric && !text.empty() && (text[0] == '-' || text[0] == '+');
  return text.insert(sign ? 1 : 0, missing, '0');
}

std::string WithSign(const Directive& d, std::string text) {
  if (!text.empty() && text[0] != '-' && text[0] != '+') {
    if (d.plus) return "+" + text;
    if (d.space) return " " + text;
  }
  return text;
}

std::string FormatFloatVerb(const Directive& d, double v, char verb) {
  std::string text;
  if (const auto special = SpecialFloat(v)) {
    Directive no_zero = d;
    no_zero.zero = false;
    return Pad(no_zero, *special, true);
  }
  const char lower = verb == 'F' ? 'f' : verb == 'E' ? 'e' : verb == 'G' || verb == 'v' ? 'g' : verb;
  if (!d.precision && lower == 'g') {
    text = promql::FormatGeneral(v);
  } else {
    text = FormatFloatPrecision(v, lower, d.precision.value_or(6));
  }
  if (verb == 'E' || verb == 'G') std::replace(text.begin(), text.end(), 'e', 'E');
  return Pad(d, WithSign(d, std::move(text)), true);
}

std::string FormatIntVerb(const Directive& d, std::int64_t v, char verb) {
  const std::uint64_t magnitude = v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
  std::string digits;
  switch (verb) {
    case 'x': digits = fmt::format("{:x}", magnitude); break;
    case 'X': digits = fmt::format("{:X}", magnitude); break;
    case 'o': digits = fmt::format("{:o}", magnitude); break;
    case 'b': digits = fmt::format("{:b}", magnitude); break;
    default: digits = fmt::format("{}", magnitude); break;
  }
  if (d.precision && digits.size() < static_cast<std::size_t>(*d.precision)) {
    digits.insert(0, static_cast<std::size_t>(*d.precision) - digits.size(), '0');
  }
  if (d.sharp && (verb == 'x' || verb == 'X')) digits.insert(0, verb == 'x' ? "0x" : "0X");
  if (v < 0) digits.insert(0, "-");
  return Pad(d, WithSign(d, std::move(digits)), true);
}

std::string EncodeRune(std::int64_t rune) {
  std::string out;
  storage::AppendUtf8(out, rune < 0 || rune > 0x10FFFF ? storage::kReplacementRune : static_cast<std::uint32_t>(rune));
  return out;
}

std::string TruncateRunes(const std::string& text, std::optional<int> limit) {
  if (!limit) return text;
  std::size_t at = 0;
  for (int runes = 0; at < text.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (starts && runes++ == *limit) break;
  }
  return text.substr(0, at);
}

std::optional<std::string> FormatStringVerb(const Directive& d, const std::string& s, char verb) {
  if (verb == 's' || verb == 'v') return Pad(d, TruncateRunes(s, d.precision), false);
  if (verb == 'q') return Pad(d, storage::Quoted(TruncateRunes(s, d.precision)), false);
  if (verb != 'x' && verb != 'X') return std::nullopt;
  std::string hex;
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    hex += verb == 'x' ? fmt::format("{:02x}", byte) : fmt::format("{:02X}", byte);
  }
  return Pad(d, std::move(hex), false);
}

std::string FormatVerb(const Directive& d, const TemplateValue& value, char verb, int depth);

std::string BadVerb(const TemplateValue& value, char verb) {
  if (value.is_nil()) return fmt::format("%!{}(<nil>)", verb);
  return fmt::format("%!{}({}={})", verb, value.TypeName(), ToText(value));
}

std::string FormatList(const Directive& d, const TemplateValue::List& list, char verb, int depth) {
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ' ';
    out += FormatVerb(d, list[i], verb, depth + 1);
  }
  return out + "]";
}

std::string FormatMap(const Directive& d, const TemplateValue::Map& map, char verb, int depth) {
  std::string out;
  if (map.kind == TemplateValue::MapKind::kStruct) {
    out = "{";
    for (const std::string& field : map.order) {
      if (out.size() > 1) out += ' ';
      out += FormatVerb(d, map.items.find(field)->second, verb, depth + 1);
    }
    return out + "}";
  }
  out = "map[";
  for (const auto& [key, item] : map.items) {
    if (out.size() > 4) out += ' ';
    out += FormatVerb(d, TemplateValue(key), verb, depth + 1) + ":" + FormatVerb(d, item, verb, depth + 1);
  }
  return out + "]";
}

std::string FormatVerb(const Directive& d, const TemplateValue& value, char verb, int depth) {
  constexpr std::string_view kFloatVerbs = "veEfFgG";
  constexpr std::string_view kIntVerbs = "vdxXob";
  if (depth > kMaxNesting) return "...";
  if (verb == 'T') return Pad(d, value.TypeName(), false);
  if (value.is_nil()) return verb == 'v' ? Pad(d, "<nil>", false) : BadVerb(value, verb);
  if (const bool* b = value.as_bool()) {
    return verb == 't' || verb == 'v' ? Pad(d, *b ? "true" : "false", false) : BadVerb(value, verb);
  }
  if (const double* f = value.as_float()) {
    return kFloatVerbs.find(verb) != std::string_view::npos ? FormatFloatVerb(d, *f, verb) : BadVerb(value, verb);
  }
  if (const std::int64_t* i = value.as_int()) {
    if (kIntVerbs.find(verb) != std::string_view::npos) return FormatIntVerb(d, *i, verb);
    if (verb == 'c') return Pad(d, EncodeRune(*i), false);
    if (verb == 'q') return Pad(d, "'" + EncodeRune(*i) + "'", false);
    if (verb == 'U') return Pad(d, fmt::format("U+{:04X}", static_cast<std::uint64_t>(*i)), false);
    return BadVerb(value, verb);
  }
  if (const auto* list = value.as_list()) return FormatList(d, *list, verb, depth);
  if (const auto* map = value.as_map()) return FormatMap(d, *map, verb, depth);
  std::string text;
  if (const auto* s = value.as_string()) text = *s;
  if (const auto* t = value.as_time()) text = TimeText(t->ns);
  if (const auto* t = value.as_duration()) {
    if (verb == 'd') return FormatIntVerb(d, t->ns, verb);
    text = DurationText(t->ns);
  }
  auto formatted = FormatStringVerb(d, text, verb);
  return formatted ? std::move(*formatted) : BadVerb(value, verb);
}

// One pass over a format string.
class Printer {
 public:
  Printer(std::string_view format, std::span<const TemplateValue> args) : format_(format), args_(args) {}

  std::string Run() {
    while (at_ < format_.size() && out_.size() < kMaxPrinted) {
      const std::size_t percent = std::min(format_.find('%', at_), format_.size());
      out_ += format_.substr(at_, percent - at_);
      at_ = percent;
      if (at_ < format_.size()) OneDirective();
    }
    Extra();
    return std::move(out_);
  }

 private:
  std::optional<int> Number() {
    if (at_ < format_.size() && format_[at_] == '*') {
      ++at_;
      const std::int64_t* given = next_ < args_.size() ? args_[next_].as_int() : nullptr;
      ++next_;
      if (given == nullptr || *given < 0 || *given > kMaxWidth) {
        out_ += "%!(BADWIDTH)";
        return std::nullopt;
      }
      return static_cast<int>(*given);
    }
    std::optional<int> number;
    while (at_ < format_.size() && format_[at_] >= '0' && format_[at_] <= '9') {
      number = std::min(number.value_or(0) * 10 + (format_[at_++] - '0'), kMaxWidth + 1);
    }
    if (number && *number > kMaxWidth) {
      out_ += "%!(BADWIDTH)";
      return std::nullopt;
    }
    return number;
  }

  bool Flag(Directive& d) {
    switch (format_[at_]) {
      case '-': d.minus = true; break;
      case '+': d.plus = true; break;
      case '#': d.sharp = true; break;
      case ' ': d.space = true; break;
      case '0': d.zero = true; break;
      default: return false;
    }
    ++at_;
    return true;
  }

  void OneDirective() {
    ++at_;
    Directive d;
    while (at_ < format_.size() && Flag(d)) {
    }
    d.width = Number();
    if (at_ < format_.size() && format_[at_] == '.') {
      ++at_;
      d.precision = Number();
      if (!d.precision) d.precision = 0;
    }
    if (d.minus) d.zero = false;
    if (at_ >= format_.size()) {
      out_ += "%!(NOVERB)";
      return;
    }
    const char verb = format_[at_++];
    if (verb == '%') {
      out_ += '%';
    } else if (next_ >= args_.size()) {
      out_ += fmt::format("%!{}(MISSING)", verb);
    } else {
      out_ += FormatVerb(d, args_[next_++], verb, 0);
    }
  }

  void Extra() {
    if (next_ >= args_.size()) return;
    out_ += "%!(EXTRA ";
    for (std::size_t i = next_; i < args_.size(); ++i) {
      if (i > next_) out_ += ", ";
      out_ += args_[i].is_nil() ? "<nil>" : args_[i].TypeName() + "=" + ToText(args_[i]);
    }
    out_ += ')';
  }

  const std::string_view format_;
  const std::span<const TemplateValue> args_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  std::string out_;
};

std::string PlainText(const TemplateValue& value) { return FormatVerb({}, value, 'v', 0); }

}  // namespace

std::string FormatFloatExponent(double v) {
  if (const auto special = SpecialFloat(v)) return *special;
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), v, std::chars_format::scientific);
  return std::string(buffer.data(), end.ptr);
}

std::string FormatFloatPrecision(double v, char verb, int precision) {
  if (const auto special = SpecialFloat(v)) return *special;
  const char format[] = {'%', '.', '*', verb, '\0'};
  const int length = std::snprintf(nullptr, 0, format, precision, v);
  std::string out(static_cast<std::size_t>(length) + 1, '\0');
  static_cast<void>(std::snprintf(out.data(), out.size(), format, precision, v));
  out.pop_back();
  return out;
}

std::string ToText(const TemplateValue& value) { return value.is_nil() ? "<no value>" : PlainText(value); }

std::string Sprint(std::span<const TemplateValue> args) {
  std::string out;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const bool both_not_strings = i > 0 && args[i].as_string() == nullptr && args[i - 1].as_string() == nullptr;
    if (both_not_strings) out += ' ';
    out += PlainText(args[i]);
  }
  return out;
}

std::string Sprintln(std::span<const TemplateValue> args) {
  std::string out;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i > 0) out += ' ';
    out += PlainText(args[i]);
  }
  return out + "\n";
}

std::string Sprintf(std::string_view format, std::span<const TemplateValue> args) {
  return Printer(format, args).Run();
}

}  // namespace vigia::alerting
