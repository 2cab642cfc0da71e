// The `otlp` section: how what the OTLP receiver takes becomes series (surface.md 3.9).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vigia::config {

enum class TranslationStrategy {
  kUnderscoreEscapingWithSuffixes,
  kUnderscoreEscapingWithoutSuffixes,
  kNoUtf8EscapingWithSuffixes,
  kNoTranslation,
};
std::string_view ToString(TranslationStrategy strategy);

// Whether names become such as Prometheus had before UTF-8 ones.
constexpr bool EscapesNames(TranslationStrategy strategy) {
  return strategy == TranslationStrategy::kUnderscoreEscapingWithSuffixes ||
         strategy == TranslationStrategy::kUnderscoreEscapingWithoutSuffixes;
}
// Whether names get their unit, _total and _ratio.
constexpr bool AddsSuffixes(TranslationStrategy strategy) {
  return strategy == TranslationStrategy::kUnderscoreEscapingWithSuffixes ||
         strategy == TranslationStrategy::kNoUtf8EscapingWithSuffixes;
}

struct OtlpConfig {
  bool promote_all_resource_attributes = false;
  std::vector<std::string> promote_resource_attributes;  // No duplicates; empty with promote_all_...
  std::vector<std::string> ignore_resource_attributes;   // No duplicates; only with promote_all_...
  TranslationStrategy translation_strategy = TranslationStrategy::kUnderscoreEscapingWithSuffixes;
  bool keep_identifying_resource_attributes = false;
  bool convert_histograms_to_nhcb = false;
  bool promote_scope_metadata = false;
  bool label_name_underscore_sanitization = true;
  bool label_name_preserve_multiple_underscores = true;

  bool operator==(const OtlpConfig&) const = default;
};

}  // namespace vigia::config
