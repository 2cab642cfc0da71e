#include "promql/parser/token.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "storage/model/labels.h"

namespace vigia::promql {
namespace {

using T = TokenType;

struct Keyword {
  std::string_view word;
  TokenType type;
};

// Ascending: FindKeyword() searches by halves.
constexpr Keyword kKeywords[] = {
    {"anchored", T::kAnchored},
    {"and", T::kAnd},
    {"atan2", T::kAtan2},
    {"avg", T::kAvg},
    {"bool", T::kBool},
    {"bottomk", T::kBottomk},
    {"by", T::kBy},
    {"count", T::kCount},
    {"count_values", T::kCountValues},
    {"end", T::kStop},
    {"fill", T::kFill},
    {"fill_left", T::kFillLeft},
    {"fill_right", T::kFillRight},
    {"group", T::kGroup},
    {"group_left", T::kGroupLeft},
    {"group_right", T::kGroupRight},
    {"ignoring", T::kIgnoring},
    {"inf", T::kNumber},
    {"limit_ratio", T::kLimitRatio},
    {"limitk", T::kLimitk},
    {"max", T::kMax},
    {"max_of", T::kMaxOf},
    {"min", T::kMin},
    {"min_of", T::kMinOf},
    {"nan", T::kNumber},
    {"offset", T::kOffset},
    {"on", T::kOn},
    {"or", T::kOr},
    {"quantile", T::kQuantile},
    {"range", T::kRange},
    {"smoothed", T::kSmoothed},
    {"start", T::kStart},
    {"stddev", T::kStddev},
    {"stdvar", T::kStdvar},
    {"step", T::kStep},
    {"sum", T::kSum},
    {"topk", T::kTopk},
    {"unless", T::kUnless},
    {"without", T::kWithout},
};
static_assert(std::ranges::is_sorted(kKeywords, {}, &Keyword::word));

constexpr std::size_t kLongestKeyword = 12;
constexpr std::size_t kShownRunes = 10;

// The first runes of a text, as Go's %.10q cuts.
std::string_view FirstRunes(std::string_view text, std::size_t runes) {
  std::size_t at = 0;
  while (at < text.size() && runes > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    --runes;
  }
  return text.substr(0, at);
}

std::string Shown(std::string_view text) {
  if (text.size() > kShownRunes) return storage::Quoted(FirstRunes(text, kShownRunes)) + "...";
  return storage::Quoted(text);
}

}  // namespace

std::optional<TokenType> FindKeyword(std::string_view word) {
  if (word.size() > kLongestKeyword) return std::nullopt;
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const Keyword* const at = std::ranges::lower_bound(kKeywords, std::string_view(lower), {}, &Keyword::word);
  if (at == std::end(kKeywords) || at->word != lower) return std::nullopt;
  return at->type;
}

std::string Describe(const Token& token) {
  if (IsKeyword(token.type)) return fmt::format("<{}>", token.text);
  if (IsOperator(token.type)) return fmt::format("<op:{}>", token.text);
  if (IsAggregator(token.type)) return fmt::format("<aggr:{}>", token.text);
  if (token.type == T::kEnd) return "end of input";
  if (token.type == T::kError) return std::string(token.text);
  if (token.type == T::kIdentifier) return "identifier " + storage::Quoted(token.text);
  if (token.type == T::kMetricIdentifier) return "metric identifier " + storage::Quoted(token.text);
  if (token.type == T::kNumber) return "number " + Shown(token.text);
  if (token.type == T::kDuration) return "duration " + Shown(token.text);
  if (token.type == T::kString) return "string " + Shown(token.text);
  return Shown(token.text);
}

bool IsMetricName(TokenType t) {
  if (t == T::kIdentifier || t == T::kMetricIdentifier || IsAggregator(t) || IsFunctionWord(t)) return true;
  return t == T::kBy || t == T::kWithout || t == T::kAnd || t == T::kOr || t == T::kUnless || t == T::kOffset ||
         t == T::kAnchored || t == T::kSmoothed;
}

bool IsLabelName(TokenType t) { return IsMetricName(t) || IsKeyword(t) || t == T::kAtan2; }

bool StartsExpr(TokenType t) {
  return IsMetricName(t) || t == T::kNumber || t == T::kDuration || t == T::kString || t == T::kLeftParen ||
         t == T::kLeftBrace || t == T::kAdd || t == T::kSub;
}

std::optional<BinaryOp> BinaryOpOf(TokenType t) {
  constexpr std::array kOps = {
      BinaryOp::kAdd,   BinaryOp::kSub,       BinaryOp::kMul,       BinaryOp::kDiv, BinaryOp::kMod, BinaryOp::kPow,
      BinaryOp::kAtan2, BinaryOp::kEq,        BinaryOp::kNe,        BinaryOp::kLt,  BinaryOp::kLe,  BinaryOp::kGt,
      BinaryOp::kGe,    BinaryOp::kTrimUpper, BinaryOp::kTrimLower, BinaryOp::kAnd, BinaryOp::kOr,  BinaryOp::kUnless};
  if (t < T::kAdd || t > T::kUnless) return std::nullopt;
  return kOps[static_cast<std::size_t>(t) - static_cast<std::size_t>(T::kAdd)];
}

AggregateOp AggregateOpOf(TokenType t) {
  return static_cast<AggregateOp>(static_cast<int>(t) - static_cast<int>(T::kSum));
}

}  // namespace vigia::promql
