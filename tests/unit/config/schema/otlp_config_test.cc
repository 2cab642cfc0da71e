#include "config/schema/otlp_config.h"

#include "config/schema/config.h"
#include "tests/support/catch.h"

using namespace vigia::config;
using Catch::Matchers::Contains;

namespace {

OtlpConfig Read(const std::string& text) {
  const auto config = ParseConfig(text, "prometheus.yml");
  REQUIRE(config.has_value());
  return (*config)->otlp;
}

std::string Fault(const std::string& text) {
  const auto config = ParseConfig(text, "prometheus.yml");
  return config ? std::string() : config.error().what;
}

}  // namespace

TEST_CASE("otlp: defaults") {
  const OtlpConfig otlp = Read("");
  CHECK(otlp.translation_strategy == TranslationStrategy::kUnderscoreEscapingWithSuffixes);
  CHECK(otlp.label_name_underscore_sanitization);
  CHECK(otlp.label_name_preserve_multiple_underscores);
  CHECK_FALSE(otlp.keep_identifying_resource_attributes);
}

TEST_CASE("otlp: all fields") {
  const OtlpConfig otlp = Read(
      "otlp:\n  promote_resource_attributes: [' a.b ', c]\n  translation_strategy: NoTranslation\n"
      "  keep_identifying_resource_attributes: true\n  convert_histograms_to_nhcb: true\n"
      "  promote_scope_metadata: true\n  label_name_underscore_sanitization: false\n"
      "  label_name_preserve_multiple_underscores: false\n");
  CHECK(otlp.promote_resource_attributes == std::vector<std::string>{"a.b", "c"});
  CHECK(otlp.translation_strategy == TranslationStrategy::kNoTranslation);
  CHECK(otlp.keep_identifying_resource_attributes);
  CHECK(otlp.convert_histograms_to_nhcb);
  CHECK(otlp.promote_scope_metadata);
  CHECK_FALSE(otlp.label_name_underscore_sanitization);
  CHECK_FALSE(otlp.label_name_preserve_multiple_underscores);
  CHECK(Read("otlp: {promote_all_resource_attributes: true, ignore_resource_attributes: [x]}")
            .ignore_resource_attributes == std::vector<std::string>{"x"});
}

TEST_CASE("otlp: what does not go together") {
  CHECK_THAT(Fault("otlp: {promote_all_resource_attributes: true, promote_resource_attributes: [a]}"),
             Contains("cannot be configured simultaneously"));
  CHECK_THAT(Fault("otlp: {ignore_resource_attributes: [a]}"), Contains("cannot be configured unless"));
  CHECK_THAT(Fault("otlp: {promote_resource_attributes: [a, a]}"),
             Contains("duplicated promoted OTel resource attribute \"a\""));
  CHECK_THAT(Fault("otlp: {promote_resource_attributes: [' ']}"), Contains("empty promoted OTel resource attribute"));
  CHECK_THAT(Fault("otlp: {translation_strategy: None}"), Contains("is not one of UnderscoreEscapingWithSuffixes"));
  const std::string legacy = "global: {metric_name_validation_scheme: legacy}\n";
  CHECK_THAT(Fault(legacy + "otlp: {translation_strategy: NoTranslation}"),
             Contains("is not allowed when UTF8 is disabled"));
  CHECK(Fault(legacy + "otlp: {translation_strategy: UnderscoreEscapingWithoutSuffixes}").empty());
}

TEST_CASE("otlp: the effective configuration shows it when it says anything") {
  CHECK_THAT(ToYaml(*ParseConfig("otlp: {convert_histograms_to_nhcb: true}", "x").value()),
             Contains("otlp:\n  translation_strategy: UnderscoreEscapingWithSuffixes\n"
                      "  convert_histograms_to_nhcb: true\n"));
}
