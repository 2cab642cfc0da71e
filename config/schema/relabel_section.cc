#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "config/schema/words.h"
#include "config/yaml/parse.h"

namespace vigia::config {
namespace {

struct LabelNameCodec : StringCodec {
  static std::string Type() { return "label name"; }
  static void Read(Reader& in, const yaml::Node& node, std::string& out) {
    StringCodec::Read(in, node, out);
    if (!IsValidLabelName(out, NameValidation::kUtf8)) {
      in.Fail(node, storage::Quoted(out) + " is not a valid label name");
    }
  }
};

struct RegexCodec {
  using Value = RelabelRegex;
  static std::string Type() { return "regular expression"; }
  static void Read(Reader& in, const yaml::Node& node, RelabelRegex& out) {
    auto text = ReadText(in, node);
    if (!text) return;
    auto regex = RelabelRegex::Create(std::move(*text));
    if (regex) {
      out = std::move(*regex);
    } else {
      in.Fail(node, regex.error().what);
    }
  }
  static yaml::Node Write(const RelabelRegex& value) { return yaml::Node::Scalar(value.text(), true); }
  static bool IsEmpty(const RelabelRegex& value) { return value.is_default(); }
};

}  // namespace

const FieldTable<RelabelRule>& Schema<RelabelRule>::Fields() {
  using T = RelabelRule;
  static const FieldTable<T> kFields{
      MakeField<ListCodec<LabelNameCodec, ListStyle::kFlow>>("source_labels", &T::source_labels, "[]",
                                                             "Labels whose values are joined to what is matched."),
      MakeField<StringCodec>("separator", &T::separator, ";", "Stands between the joined values.", Show::kAlways),
      MakeField<RegexCodec>("regex", &T::regex, "(.*)", "RE2, anchored at both ends; the dot matches a newline."),
      MakeField<CountCodec>("modulus", &T::modulus, "0", "Divisor of the hash; needed by hashmod."),
      MakeField<StringCodec>("target_label", &T::target_label, "",
                             "Label that is set; for replace it may refer to groups, e.g. ${1}."),
      MakeField<StringCodec>("replacement", &T::replacement, "$1", "What the label is set to; may refer to groups.",
                             Show::kAlways),
      MakeField<WordCodec<ActionWords>>("action", &T::action, "replace", "What is done; upper case is accepted.",
                                        Show::kAlways),
  };
  return kFields;
}

void Schema<RelabelRule>::Check(Reader& in, const yaml::Node& node, RelabelRule& out) {
  out.name_validation = in.validation();
  if (const storage::Status status = Validate(out); !status) in.Fail(node, status.error().what);
}

storage::Result<std::vector<RelabelRule>> ParseRelabelRules(std::string_view text, const std::string& origin,
                                                            NameValidation validation) {
  const auto node = yaml::Parse(text, origin);
  if (!node) return node.error();
  Reader in(origin);
  in.SetValidation(validation);
  std::vector<RelabelRule> rules;
  if (!node->IsNull()) ListCodec<SectionCodec<RelabelRule>>::Read(in, *node, rules);
  if (const storage::Status status = in.Finish(); !status) return status.error();
  return rules;
}

}  // namespace vigia::config
