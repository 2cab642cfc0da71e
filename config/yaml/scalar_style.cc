#include "config/yaml/scalar_style.h"

#include <algorithm>
#include <array>

#include <re2/re2.h>

namespace vigia::config::yaml {
namespace {

// What the characters of a text rule out (libyaml's analysis of a scalar).
struct Analysis {
  bool flow_plain = true;
  bool block_plain = true;
  bool single_quoted = true;
  bool literal = true;
  bool multiline = false;
};

bool IsBlankOrEnd(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r';
}

bool IsPrintable(unsigned char c) { return c == '\n' || (c >= 0x20 && c != 0x7F); }

struct Indicators {
  bool flow = false;
  bool block = false;
};

Indicators FirstCharacter(std::string_view text) {
  constexpr std::string_view kAlways = "#,[]{}&*!|>'\"%@`";
  const char c = text.front();
  const bool blank_follows = IsBlankOrEnd(text, 1);
  if (kAlways.find(c) != std::string_view::npos) return {true, true};
  if (c == '?' || c == ':') return {true, blank_follows};
  if (c == '-') return {blank_follows, blank_follows};
  return {};
}

Indicators LaterCharacter(std::string_view text, std::size_t at) {
  constexpr std::string_view kFlow = ",?[]{}";
  const char c = text[at];
  if (kFlow.find(c) != std::string_view::npos) return {true, false};
  if (c == ':') return {true, IsBlankOrEnd(text, at + 1)};
  if (c == '#' && IsBlankOrEnd(text, at - 1)) return {true, true};
  return {};
}

void RuleOutByIndicators(std::string_view text, Analysis& analysis) {
  Indicators found;
  if (text.starts_with("---") || text.starts_with("...")) found = {true, true};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Indicators here = i == 0 ? FirstCharacter(text) : LaterCharacter(text, i);
    found.flow |= here.flow;
    found.block |= here.block;
  }
  if (found.flow) analysis.flow_plain = false;
  if (found.block) analysis.block_plain = false;
}

void RuleOutBySpaces(std::string_view text, Analysis& analysis) {
  bool space_break = false, break_space = false, special = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!IsPrintable(static_cast<unsigned char>(text[i]))) special = true;
    if (text[i] == '\n') analysis.multiline = true;
    if (i == 0) continue;
    if (text[i - 1] == ' ' && text[i] == '\n') space_break = true;
    if (text[i - 1] == '\n' && text[i] == ' ') break_space = true;
  }
  const bool edge = text.front() == ' ' || text.front() == '\n' || text.back() == ' ' || text.back() == '\n';
  if (edge || analysis.multiline) analysis.flow_plain = analysis.block_plain = false;
  if (text.back() == ' ') analysis.literal = false;
  if (break_space) analysis.flow_plain = analysis.block_plain = analysis.single_quoted = false;
  if (space_break || special) analysis = {false, false, false, false, analysis.multiline};
}

Analysis Analyse(std::string_view text) {
  Analysis analysis;
  if (text.empty()) {
    analysis.flow_plain = analysis.literal = false;
    return analysis;
  }
  RuleOutByIndicators(text, analysis);
  RuleOutBySpaces(text, analysis);
  return analysis;
}

}  // namespace

bool ResolvesToOther(std::string_view text) {
  static constexpr std::array<std::string_view, 39> kWords{
      "",    "~",  "null", "Null", "NULL", "y",     "Y",     "yes",   "Yes",   "YES",   "n",     "N",     "no",
      "No",  "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on",    "On",    "ON",    "off",   "Off",
      "OFF", "<<", ".nan", ".NaN", ".NAN", ".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf"};
  if (std::find(kWords.begin(), kWords.end(), text) != kWords.end() || text == "-.INF") return true;
  // Integers (decimal, 0x, 0b, 0o, leading 0), floats, base 60 and dates, all as Go's yaml.v2 reads them.
  static const RE2 kNumber(
      R"([-+]?(?:[0-9][0-9_]*|0x[0-9a-fA-F_]+|0b[01_]+|0o[0-7_]+)|[-+]?[0-9_]*\.?[0-9_]+(?:[eE][-+][0-9]+)?)"
      R"(|[-+]?[0-9_]+\.(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)"
      R"(|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?)");
  return RE2::FullMatch({text.data(), text.size()}, kNumber);
}

ScalarStyle StyleFor(std::string_view text, ScalarPlace place) {
  const Analysis analysis = Analyse(text);
  const bool block = place == ScalarPlace::kBlock;
  if (text.find('\n') != std::string_view::npos) {
    return analysis.literal && block ? ScalarStyle::kLiteral : ScalarStyle::kDoubleQuoted;
  }
  if (ResolvesToOther(text)) return ScalarStyle::kDoubleQuoted;
  if (place == ScalarPlace::kFlow ? analysis.flow_plain : analysis.block_plain) return ScalarStyle::kPlain;
  return analysis.single_quoted ? ScalarStyle::kSingleQuoted : ScalarStyle::kDoubleQuoted;
}

}  // namespace vigia::config::yaml
