// How well a name fits what somebody typed (surface.md 1.7; Prometheus util/strutil and web/api/v1/search).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::server {

// All from 0 to 1; 1 for equal texts. Texts are compared character by character (UTF-8).

// Characters of `pattern` must come in `text` in order: runs of them count by the square of their length, gaps against
// it. 0: they do not.
double SubsequenceScore(std::string_view pattern, std::string_view text);

double JaroWinklerScore(std::string_view a, std::string_view b);

// From 1 at the front to 0.1 at the end; nothing when `part` is not in `text`.
std::optional<double> SubstringScore(std::string_view part, std::string_view text);

enum class FuzzyMethod { kSubsequence, kJaroWinkler };

// What is searched for. Thread-compatible.
class SearchFilter {
 public:
  // Empty terms are left out. `threshold` from 0 to 1: names below it do not fit.
  SearchFilter(const std::vector<std::string>& terms, FuzzyMethod method, double threshold, bool case_sensitive);

  // The best score of all terms, 1 when there is none; nothing when no term fits.
  std::optional<double> Score(std::string_view name) const;

 private:
  std::optional<double> ScoreOf(const std::string& term, std::string_view name) const;

  std::vector<std::string> terms_;
  const FuzzyMethod method_;
  const double threshold_;
  const bool case_sensitive_;
};

}  // namespace vigia::server
