#include "config/relabel/relabel.h"

#include <cassert>
#include <utility>

#include <openssl/evp.h>

#include "config/relabel/letter_case.h"
#include "config/relabel/template.h"

namespace vigia::config {
namespace {

using storage::Labels;
using storage::LabelsBuilder;

std::string JoinedValue(const RelabelRule& rule, const LabelsBuilder& labels) {
  std::string value;
  for (std::size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) value += rule.separator;
    value += labels.Get(rule.source_labels[i]);
  }
  return value;
}

std::string Expanded(const RelabelRule& rule, std::string_view text, const std::vector<std::string_view>& groups) {
  std::string out;
  ExpandTemplate(
      text, groups, [&rule](std::string_view name) { return rule.regex.GroupNumber(name); }, out);
  return out;
}

void Replace(const RelabelRule& rule, const std::string& value, LabelsBuilder& labels) {
  const bool target_refers = rule.target_label.find('$') != std::string::npos;
  if (rule.regex.is_default() && !target_refers) {
    // The common rules: set a constant, or copy the value. No expression has to run.
    if (rule.replacement == "$1") {
      labels.Set(rule.target_label, value);
      return;
    }
    if (rule.replacement.find('$') == std::string::npos) {
      labels.Set(rule.target_label, rule.replacement);
      return;
    }
  }
  std::vector<std::string_view> groups;
  if (!rule.regex.Match(value, groups)) return;
  const std::string target = target_refers ? Expanded(rule, rule.target_label, groups) : rule.target_label;
  if (!IsValidLabelName(target, rule.name_validation)) return;
  labels.Set(target, Expanded(rule, rule.replacement, groups));
}

// The last 8 bytes of the MD5 sum, big endian, modulo the modulus (RFC 1321 for the sum).
std::string HashMod(const std::string& value, std::uint64_t modulus) {
  unsigned char digest[EVP_MAX_MD_SIZE] = {};
  unsigned int length = 0;
  const int done = EVP_Digest(value.data(), value.size(), digest, &length, EVP_md5(), nullptr);
  assert(done == 1 && length == 16 && "Validate() has checked that MD5 is there");
  static_cast<void>(done);
  std::uint64_t hash = 0;
  for (int i = 8; i < 16; ++i) hash = (hash << 8) | digest[i];
  return std::to_string(hash % modulus);
}

void MapLabels(const RelabelRule& rule, LabelsBuilder& labels) {
  // Names that a mapping adds are not mapped again, hence the list first.
  std::vector<std::pair<std::string, std::string>> mapped;
  std::vector<std::string_view> groups;
  labels.ForEach([&](std::string_view name, std::string_view value) {
    if (!rule.regex.Match(name, groups)) return;
    std::string target = Expanded(rule, rule.replacement, groups);
    if (!target.empty()) mapped.emplace_back(std::move(target), value);
  });
  for (const auto& [name, value] : mapped) labels.Set(name, value);
}

void RemoveLabels(const RelabelRule& rule, bool matching, LabelsBuilder& labels) {
  std::vector<std::string> removed;
  labels.ForEach([&](std::string_view name, std::string_view) {
    if (rule.regex.Matches(name) == matching) removed.emplace_back(name);
  });
  for (const std::string& name : removed) labels.Delete(name);
}

// False = dropped.
bool ApplyOne(const RelabelRule& rule, LabelsBuilder& labels) {
  switch (rule.action) {
    case RelabelAction::kReplace: Replace(rule, JoinedValue(rule, labels), labels); return true;
    case RelabelAction::kKeep: return rule.regex.Matches(JoinedValue(rule, labels));
    case RelabelAction::kDrop: return !rule.regex.Matches(JoinedValue(rule, labels));
    case RelabelAction::kKeepEqual: return labels.Get(rule.target_label) == JoinedValue(rule, labels);
    case RelabelAction::kDropEqual: return labels.Get(rule.target_label) != JoinedValue(rule, labels);
    case RelabelAction::kHashMod:
      labels.Set(rule.target_label, HashMod(JoinedValue(rule, labels), rule.modulus));
      return true;
    case RelabelAction::kLabelMap: MapLabels(rule, labels); return true;
    case RelabelAction::kLabelDrop: RemoveLabels(rule, true, labels); return true;
    case RelabelAction::kLabelKeep: RemoveLabels(rule, false, labels); return true;
    case RelabelAction::kLowercase: labels.Set(rule.target_label, LowerCase(JoinedValue(rule, labels))); return true;
    case RelabelAction::kUppercase: labels.Set(rule.target_label, UpperCase(JoinedValue(rule, labels))); return true;
  }
  return true;
}

}  // namespace

bool Apply(std::span<const RelabelRule> rules, LabelsBuilder& labels) {
  for (const RelabelRule& rule : rules) {
    if (!ApplyOne(rule, labels)) return false;
  }
  return true;
}

std::optional<Labels> Apply(std::span<const RelabelRule> rules, const Labels& labels) {
  if (rules.empty()) return labels;
  LabelsBuilder builder(labels);
  if (!Apply(rules, builder)) return std::nullopt;
  return builder.Build();
}

std::vector<RelabelStep> ApplySteps(std::span<const RelabelRule> rules, const Labels& labels) {
  std::vector<RelabelStep> steps;
  LabelsBuilder builder(labels);
  for (const RelabelRule& rule : rules) {
    if (!ApplyOne(rule, builder)) {
      steps.push_back({.output = {}, .keep = false});
      return steps;
    }
    steps.push_back({.output = builder.Build(), .keep = true});
  }
  return steps;
}

}  // namespace vigia::config
