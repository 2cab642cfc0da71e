#include "server/otlp/names.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "storage/model/labels.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Quoted;

using Word = std::pair<std::string_view, std::string_view>;

constexpr std::array kUnits{Word{"d", "days"},
                            Word{"h", "hours"},
                            Word{"min", "minutes"},
                            Word{"s", "seconds"},
                            Word{"ms", "milliseconds"},
                            Word{"us", "microseconds"},
                            Word{"ns", "nanoseconds"},
                            Word{"By", "bytes"},
                            Word{"KiBy", "kibibytes"},
                            Word{"MiBy", "mebibytes"},
                            Word{"GiBy", "gibibytes"},
                            Word{"TiBy", "tibibytes"},
                            Word{"KBy", "kilobytes"},
                            Word{"MBy", "megabytes"},
                            Word{"GBy", "gigabytes"},
                            Word{"TBy", "terabytes"},
                            Word{"m", "meters"},
                            Word{"V", "volts"},
                            Word{"A", "amperes"},
                            Word{"J", "joules"},
                            Word{"W", "watts"},
                            Word{"g", "grams"},
                            Word{"Cel", "celsius"},
                            Word{"Hz", "hertz"},
                            Word{"1", ""},
                            Word{"%", "percent"}};
constexpr std::array kPerUnits{Word{"s", "second"}, Word{"m", "minute"}, Word{"h", "hour"}, Word{"d", "day"},
                               Word{"w", "week"},   Word{"mo", "month"}, Word{"y", "year"}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLabelChar(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c); }
bool IsNameChar(char c) { return IsLabelChar(c) || c == ':'; }
bool IsUnderscoresOnly(std::string_view text) { return text.find_first_not_of('_') == std::string_view::npos; }
// A byte that begins a character: escaping works on characters.
bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

std::string_view Trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\n\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\n\r") - from + 1);
}

template <std::size_t kSize>
std::string Translated(std::string_view unit, const std::array<Word, kSize>& words) {
  unit = Trimmed(unit);
  if (unit.find_first_of("{}") != std::string_view::npos) return {};  // An annotation.
  for (const auto& [from, to] : words) {
    if (from == unit) return std::string(to);
  }
  return std::string(unit);
}

struct UnitWords {
  std::string main;
  std::string per;  // With per_ in front.
};

UnitWords WordsOfUnit(std::string_view unit) {
  const std::size_t slash = unit.find('/');
  UnitWords words{Translated(unit.substr(0, slash), kUnits), {}};
  if (slash == std::string_view::npos) return words;
  words.per = Translated(unit.substr(slash + 1), kPerUnits);
  if (!words.per.empty()) words.per.insert(0, "per_");
  return words;
}

// Each run of characters that names cannot have as one underscore, none in front.
std::string CleanUnit(std::string_view unit) {
  std::string out;
  for (const char c : unit) {
    if (IsNameChar(c)) {
      out += c;
    } else if (BeginsCharacter(c) && !out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  return out;
}

std::vector<std::string> Split(std::string_view name, bool (*is_part)(char)) {
  std::vector<std::string> tokens;
  std::string token;
  for (const char c : name) {
    if (is_part(c)) {
      token += c;
    } else if (!token.empty()) {
      tokens.push_back(std::exchange(token, {}));
    }
  }
  if (!token.empty()) tokens.push_back(std::move(token));
  return tokens;
}

std::string Join(const std::vector<std::string>& tokens) {
  std::string out;
  for (const std::string& token : tokens) out.append(out.empty() ? "" : "_").append(token);
  return out;
}

bool Contains(const std::vector<std::string>& tokens, std::string_view token) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

void MoveToEnd(std::vector<std::string>& tokens, const char* token) {
  std::erase(tokens, token);
  tokens.emplace_back(token);
}

void DropLastUnderscore(std::string& text) {
  if (text.ends_with('_')) text.pop_back();
}

void AddUnit(std::vector<std::string>& tokens, std::string_view unit) {
  const UnitWords words = WordsOfUnit(unit);
  std::string main = CleanUnit(words.main);
  std::string per = CleanUnit(words.per);
  if (Contains(tokens, main)) main.clear();
  if (per == "per_") {
    per.clear();
  } else {
    DropLastUnderscore(per);
    if (Contains(tokens, per)) per.clear();
  }
  if (!per.empty()) DropLastUnderscore(main);
  if (!main.empty()) tokens.push_back(std::move(main));
  if (!per.empty()) tokens.push_back(std::move(per));
}

bool IsCounter(const OtlpMetric& metric) { return metric.kind == OtlpKind::kSum && metric.is_monotonic; }
bool IsRatio(const OtlpMetric& metric) { return metric.kind == OtlpKind::kGauge && metric.unit == "1"; }

std::string EscapedName(const OtlpMetric& metric, bool suffixes) {
  std::vector<std::string> tokens;
  if (suffixes) {
    tokens = Split(metric.name, [](char c) { return IsNameChar(c); });
    AddUnit(tokens, metric.unit);
    if (IsCounter(metric)) MoveToEnd(tokens, "total");
    if (IsRatio(metric)) MoveToEnd(tokens, "ratio");
  } else {
    tokens = Split(metric.name, [](char c) { return IsNameChar(c) || c == '_'; });
  }
  std::string name = Join(tokens);
  if (!name.empty() && IsDigit(name[0])) name.insert(0, 1, '_');
  return name;
}

// Takes the suffix off, and one more character, which should be what stands before it.
void TrimSuffix(std::string& name, std::string_view suffix) {
  if (name.ends_with(suffix) && name.size() > suffix.size() + 1) name.resize(name.size() - suffix.size() - 1);
}

std::string Utf8NameWithSuffixes(const OtlpMetric& metric) {
  std::string name = metric.name;
  const UnitWords words = WordsOfUnit(metric.unit);
  if (IsRatio(metric)) TrimSuffix(name, "ratio");
  if (IsCounter(metric)) TrimSuffix(name, "total");
  if (!words.per.empty()) TrimSuffix(name, words.per);
  if (!words.main.empty() && !name.ends_with(words.main)) name.append("_").append(words.main);
  if (!words.per.empty()) name.append("_").append(words.per);
  if (IsCounter(metric)) name += "_total";
  if (IsRatio(metric)) name += "_ratio";
  return name;
}

std::string WithUnderscores(std::string_view name, bool keep_runs) {
  // A reserved name keeps the underscores around it.
  const bool reserved = !keep_runs && name.size() > 4 && name.starts_with("__") && name.ends_with("__");
  if (reserved) name = name.substr(2, name.size() - 4);
  std::string out;
  bool in_run = false;
  for (const char c : name) {
    if (IsLabelChar(c)) {
      out += c;
      in_run = false;
    } else if (BeginsCharacter(c) && (keep_runs || !std::exchange(in_run, true))) {
      out += '_';
    }
  }
  return reserved ? "__" + out + "__" : out;
}

}  // namespace

storage::Result<std::string> MetricNameOf(const OtlpMetric& metric, config::TranslationStrategy strategy) {
  std::string name = !config::EscapesNames(strategy)
                         ? config::AddsSuffixes(strategy) ? Utf8NameWithSuffixes(metric) : metric.name
                         : EscapedName(metric, config::AddsSuffixes(strategy));
  if (name.empty()) {
    return Error{Errc::kInvalid, "normalization for metric " + Quoted(metric.name) + " resulted in empty name"};
  }
  if (config::EscapesNames(strategy) && name != metric.name && IsUnderscoresOnly(name)) {
    return Error{Errc::kInvalid,
                 "normalization for metric " + Quoted(metric.name) + " resulted in invalid name " + Quoted(name)};
  }
  return name;
}

storage::Result<std::string> LabelNameOf(std::string_view attribute, const config::OtlpConfig& config) {
  if (attribute.empty()) return Error{Errc::kInvalid, "label name is empty"};
  if (!config::EscapesNames(config.translation_strategy)) {
    if (IsUnderscoresOnly(attribute)) {
      return Error{Errc::kInvalid, "label name " + Quoted(attribute) + " contains only underscores"};
    }
    return std::string(attribute);
  }
  std::string name = WithUnderscores(attribute, config.label_name_preserve_multiple_underscores);
  if (IsDigit(name[0])) {
    name.insert(0, "key_");
  } else if (config.label_name_underscore_sanitization && name.starts_with('_') && !name.starts_with("__")) {
    name.insert(0, "key");
  }
  if (IsUnderscoresOnly(name)) {
    return Error{Errc::kInvalid,
                 "normalization for label name " + Quoted(attribute) + " resulted in invalid name " + Quoted(name)};
  }
  return name;
}

std::string UnitNameOf(std::string_view unit, config::TranslationStrategy strategy) {
  UnitWords words = WordsOfUnit(unit);
  if (config::EscapesNames(strategy)) {
    words.main = CleanUnit(words.main);
    words.per = CleanUnit(words.per);
    if (words.per == "per_") words.per.clear();
    DropLastUnderscore(words.main);
    DropLastUnderscore(words.per);
  }
  if (words.per.empty()) return words.main;
  return words.main.empty() ? words.per : words.main + "_" + words.per;
}

}  // namespace vigia::server
