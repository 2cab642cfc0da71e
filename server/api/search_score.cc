#include "server/api/search_score.h"

#include <algorithm>
#include <cstdint>

#include "config/relabel/letter_case.h"

namespace vigia::server {
namespace {

using Runes = std::u32string;

// Bytes that are not UTF-8 stand for themselves.
Runes Decode(std::string_view text) {
  Runes out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    char32_t rune = more == 0 ? lead : lead & (0x3fu >> more);
    std::size_t used = 1;
    while (used <= more && i + used < text.size() && (static_cast<unsigned char>(text[i + used]) & 0xc0) == 0x80) {
      rune = rune << 6 | (static_cast<unsigned char>(text[i + used++]) & 0x3f);
    }
    if (used <= more) {
      rune = lead;
      used = 1;
    }
    out.push_back(rune);
    i += used;
  }
  return out;
}

// The raw score of a greedy match that begins at `start`, where the first character is; nothing when it does not end.
std::optional<double> ScoreFrom(const Runes& pattern, const Runes& text, std::size_t start) {
  const double per_character = 1.0 / static_cast<double>(text.size());
  double score = 0;
  std::size_t matched = 0;
  std::size_t at = start;
  std::size_t gap_begin = 0;
  while (matched < pattern.size()) {
    at = text.find(pattern[matched], at);
    if (at == Runes::npos) return std::nullopt;
    score -= static_cast<double>(at - gap_begin) * per_character;
    const std::size_t run_begin = at;
    while (matched < pattern.size() && at < text.size() && text[at] == pattern[matched]) {
      ++at;
      ++matched;
    }
    const auto run = static_cast<double>(at - run_begin);
    score += run * run;
    gap_begin = at;
  }
  return score - static_cast<double>(text.size() - gap_begin) * per_character * 0.5;
}

}  // namespace

double SubsequenceScore(std::string_view pattern_text, std::string_view text_text) {
  if (pattern_text.empty() || pattern_text == text_text) return 1;
  const Runes pattern = Decode(pattern_text);
  const Runes text = Decode(text_text);
  double best = -1;
  for (std::size_t start = 0; start + pattern.size() <= text.size(); ++start) {
    start = text.find(pattern[0], start);
    if (start == Runes::npos || start + pattern.size() > text.size()) break;
    const auto score = ScoreFrom(pattern, text, start);
    if (!score) break;  // What begins later has less to choose from.
    best = std::max(best, *score);
  }
  return best < 0 ? 0 : best / static_cast<double>(pattern.size() * pattern.size());
}

double JaroWinklerScore(std::string_view a_text, std::string_view b_text) {
  if (a_text == b_text) return 1;
  Runes a = Decode(a_text);
  Runes b = Decode(b_text);
  if (a.empty() || b.empty()) return 0;
  if (a.size() > b.size()) std::swap(a, b);
  const std::size_t distance = b.size() / 2 == 0 ? 0 : b.size() / 2 - 1;
  std::vector<bool> in_b(b.size());
  Runes matches_a;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::size_t end = std::min(i + distance + 1, b.size());
    for (std::size_t j = i - std::min(i, distance); j < end; ++j) {
      if (in_b[j] || a[i] != b[j]) continue;
      in_b[j] = true;
      matches_a.push_back(a[i]);
      break;
    }
  }
  if (matches_a.empty()) return 0;
  double out_of_place = 0;
  for (std::size_t j = 0, k = 0; j < b.size(); ++j) {
    if (in_b[j] && b[j] != matches_a[k++]) ++out_of_place;
  }
  const auto matches = static_cast<double>(matches_a.size());
  const double jaro = (matches / static_cast<double>(a.size()) + matches / static_cast<double>(b.size()) +
                       (matches - out_of_place * 0.5) / matches) /
                      3;
  std::size_t prefix = 0;
  while (prefix < std::min<std::size_t>(4, a.size()) && a[prefix] == b[prefix]) ++prefix;
  return jaro + static_cast<double>(prefix) * 0.1 * (1 - jaro);
}

std::optional<double> SubstringScore(std::string_view part, std::string_view text) {
  const std::size_t at = text.find(part);
  if (at == std::string_view::npos) return std::nullopt;
  if (at == 0) return 1;
  const auto position = static_cast<double>(Decode(text.substr(0, at)).size());
  const auto last = static_cast<double>(Decode(text).size()) - static_cast<double>(Decode(part).size());
  return last <= 0 ? 1 : 1 - 0.9 * position / last;
}

SearchFilter::SearchFilter(const std::vector<std::string>& terms, FuzzyMethod method, double threshold,
                           bool case_sensitive)
    : method_(method), threshold_(threshold), case_sensitive_(case_sensitive) {
  for (const std::string& term : terms) {
    if (!term.empty()) terms_.push_back(case_sensitive ? term : config::LowerCase(term));
  }
}

std::optional<double> SearchFilter::ScoreOf(const std::string& term, std::string_view name) const {
  if (method_ == FuzzyMethod::kSubsequence) {
    if (name.starts_with(term)) return 1;
    const double score = SubsequenceScore(term, name);
    return score > 0 && score >= threshold_ ? std::optional(score) : std::nullopt;
  }
  if (const auto score = SubstringScore(term, name)) return score;
  if (threshold_ <= 0) return std::nullopt;
  const double score = JaroWinklerScore(term, name);
  return score >= threshold_ ? std::optional(score) : std::nullopt;
}

std::optional<double> SearchFilter::Score(std::string_view name) const {
  if (terms_.empty()) return 1;
  const std::string folded = case_sensitive_ ? std::string() : config::LowerCase(name);
  const std::string_view compared = case_sensitive_ ? name : folded;
  std::optional<double> best;
  for (const std::string& term : terms_) {
    const auto score = ScoreOf(term, compared);
    if (score && (!best || *score > *best)) best = score;
    if (best && *best >= 1) break;
  }
  return best;
}

}  // namespace vigia::server
