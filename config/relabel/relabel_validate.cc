#include <openssl/evp.h>

#include "config/relabel/relabel.h"
#include "config/relabel/template.h"

namespace vigia::config {
namespace {

using storage::Errc;
using storage::Error;
using storage::Status;

const RelabelRule& DefaultRule() {
  static const RelabelRule kRule;
  return kRule;
}

bool NeedsTarget(RelabelAction action) {
  switch (action) {
    case RelabelAction::kReplace:
    case RelabelAction::kHashMod:
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase:
    case RelabelAction::kKeepEqual:
    case RelabelAction::kDropEqual: return true;
    case RelabelAction::kKeep:
    case RelabelAction::kDrop:
    case RelabelAction::kLabelMap:
    case RelabelAction::kLabelDrop:
    case RelabelAction::kLabelKeep: return false;
  }
  return false;
}

// UTF-8 names may hold $ and braces themselves, so that a template is as good as any name.
bool IsNameTemplate(std::string_view text, NameValidation validation) {
  switch (validation) {
    case NameValidation::kUtf8: return IsValidLabelName(text, validation);
    case NameValidation::kLegacy: return IsLegacyNameTemplate(text);
  }
  return false;
}

Error Invalid(std::string what) { return Error{Errc::kInvalid, std::move(what)}; }

bool OnlyFields(const RelabelRule& rule, bool regex_too) {
  const RelabelRule& plain = DefaultRule();
  return rule.modulus == plain.modulus && rule.separator == plain.separator && rule.replacement == plain.replacement &&
         (!regex_too || rule.regex.is_default());
}

Status ValidateTarget(const RelabelRule& rule) {
  if (!NeedsTarget(rule.action)) return {};
  const std::string action(ToString(rule.action));
  if (rule.target_label.empty()) {
    return Invalid("relabel configuration for " + action + " action requires 'target_label' value");
  }
  const bool may_refer = rule.action == RelabelAction::kReplace && rule.target_label.find('$') != std::string::npos;
  const bool valid = may_refer ? IsNameTemplate(rule.target_label, rule.name_validation)
                               : IsValidLabelName(rule.target_label, rule.name_validation);
  if (!valid)
    return Invalid(storage::Quoted(rule.target_label) + " is invalid 'target_label' for " + action + " action");
  return {};
}

bool HasMd5() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  return EVP_Digest("", 0, digest, nullptr, EVP_md5(), nullptr) == 1;
}

}  // namespace

Status Validate(const RelabelRule& rule) {
  const std::string action(ToString(rule.action));
  if (rule.action == RelabelAction::kHashMod && rule.modulus == 0) {
    return Invalid("relabel configuration for hashmod requires non-zero modulus");
  }
  if (rule.action == RelabelAction::kHashMod && !HasMd5()) {
    return Error{Errc::kUnavailable, "hashmod needs MD5, which this machine's OpenSSL does not offer"};
  }
  if (Status target = ValidateTarget(rule); !target) return target;
  switch (rule.action) {
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase:
      if (rule.replacement != DefaultRule().replacement) {
        return Invalid("'replacement' can not be set for " + action + " action");
      }
      return {};
    case RelabelAction::kKeepEqual:
    case RelabelAction::kDropEqual:
      if (rule.replacement != DefaultRule().replacement) {
        return Invalid("'replacement' can not be set for " + action + " action");
      }
      if (!OnlyFields(rule, true)) {
        return Invalid(action + " action requires only 'source_labels' and `target_label`, and no other fields");
      }
      return {};
    case RelabelAction::kLabelMap:
      if (!IsNameTemplate(rule.replacement, rule.name_validation)) {
        return Invalid(storage::Quoted(rule.replacement) + " is invalid 'replacement' for " + action + " action");
      }
      return {};
    case RelabelAction::kLabelDrop:
    case RelabelAction::kLabelKeep:
      if (!rule.source_labels.empty() || !rule.target_label.empty() || !OnlyFields(rule, false)) {
        return Invalid(action + " action requires only 'regex', and no other fields");
      }
      return {};
    case RelabelAction::kReplace:
    case RelabelAction::kKeep:
    case RelabelAction::kDrop:
    case RelabelAction::kHashMod: return {};
  }
  return {};
}

}  // namespace vigia::config
