#include "config/schema/otlp_config.h"

#include <set>

#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "config/schema/words.h"

namespace vigia::config {
namespace {

// Takes blanks off; each name may stand there once.
void CheckAttributes(Reader& in, const yaml::Node& node, std::vector<std::string>& attributes, const char* kind) {
  std::set<std::string> seen;
  for (std::string& attribute : attributes) {
    const std::size_t from = attribute.find_first_not_of(" \t\n\r");
    const std::size_t to = attribute.find_last_not_of(" \t\n\r");
    attribute = from == std::string::npos ? std::string() : attribute.substr(from, to - from + 1);
    if (attribute.empty()) {
      in.Fail(node, std::string("empty ") + kind + " OTel resource attribute");
    } else if (!seen.insert(attribute).second) {
      in.Fail(node, std::string("duplicated ") + kind + " OTel resource attribute " + storage::Quoted(attribute));
    }
  }
}

}  // namespace

std::string_view ToString(TranslationStrategy strategy) {
  switch (strategy) {
    case TranslationStrategy::kUnderscoreEscapingWithSuffixes: return "UnderscoreEscapingWithSuffixes";
    case TranslationStrategy::kUnderscoreEscapingWithoutSuffixes: return "UnderscoreEscapingWithoutSuffixes";
    case TranslationStrategy::kNoUtf8EscapingWithSuffixes: return "NoUTF8EscapingWithSuffixes";
    case TranslationStrategy::kNoTranslation: return "NoTranslation";
  }
  return {};
}

const FieldTable<OtlpConfig>& Schema<OtlpConfig>::Fields() {
  using T = OtlpConfig;
  static const FieldTable<T> kFields{
      MakeField<BoolCodec>("promote_all_resource_attributes", &T::promote_all_resource_attributes, "false",
                           "Make labels of all resource attributes."),
      MakeField<ListCodec<StringCodec>>("promote_resource_attributes", &T::promote_resource_attributes, "[]",
                                        "Resource attributes that become labels of all series of the resource."),
      MakeField<ListCodec<StringCodec>>("ignore_resource_attributes", &T::ignore_resource_attributes, "[]",
                                        "Not these, with promote_all_resource_attributes."),
      MakeField<WordCodec<TranslationWords>>(
          "translation_strategy", &T::translation_strategy, "UnderscoreEscapingWithSuffixes",
          "Whether names are escaped, and get suffixes for unit and type.", Show::kAlways),
      MakeField<BoolCodec>("keep_identifying_resource_attributes", &T::keep_identifying_resource_attributes, "false",
                           "Keep service.name and its like as labels of target_info."),
      MakeField<BoolCodec>("convert_histograms_to_nhcb", &T::convert_histograms_to_nhcb, "false",
                           "Store histograms with explicit bounds as native ones with custom buckets."),
      MakeField<BoolCodec>("promote_scope_metadata", &T::promote_scope_metadata, "false",
                           "Make labels of the instrumentation scope's name, version, schema and attributes."),
      MakeField<BoolCodec>("label_name_underscore_sanitization", &T::label_name_underscore_sanitization, "true",
                           "Put `key` before label names that begin with one underscore.", Show::kAlways),
      MakeField<BoolCodec>("label_name_preserve_multiple_underscores", &T::label_name_preserve_multiple_underscores,
                           "true", "Keep several underscores in a row in label names.", Show::kAlways),
  };
  return kFields;
}

void Schema<OtlpConfig>::Check(Reader& in, const yaml::Node& node, OtlpConfig& out) {
  CheckAttributes(in, node, out.promote_resource_attributes, "promoted");
  CheckAttributes(in, node, out.ignore_resource_attributes, "ignored");
  if (out.promote_all_resource_attributes && !out.promote_resource_attributes.empty()) {
    in.Fail(node,
            "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured simultaneously");
  }
  if (!out.promote_all_resource_attributes && !out.ignore_resource_attributes.empty()) {
    in.Fail(node, "'ignore_resource_attributes' cannot be configured unless 'promote_all_resource_attributes' is true");
  }
  if (!EscapesNames(out.translation_strategy) && in.global().metric_name_validation_scheme == NameValidation::kLegacy) {
    in.Fail(node, "OTLP translation strategy " + storage::Quoted(ToString(out.translation_strategy)) +
                      " is not allowed when UTF8 is disabled");
  }
}

}  // namespace vigia::config
