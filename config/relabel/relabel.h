// Relabelling: a list of rules that rewrite, keep or drop a label set (surface.md 3.5; Prometheus model/relabel).
// Rules are immutable once validated; applying them is pure and safe from many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/relabel/name_validation.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"

namespace re2 {
class RE2;
}

namespace vigia::config {

enum class RelabelAction {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase,
};

// The action as written in a file, lower case.
std::string_view ToString(RelabelAction action);
// Upper and lower case are the same. Nothing when there is no such action.
std::optional<RelabelAction> ParseRelabelAction(std::string_view text);

// A regular expression as rules use it: RE2, anchored at both ends, the dot matches a newline. Cheap to copy.
class RelabelRegex {
 public:
  // (.*), the default.
  RelabelRegex();
  // kInvalid with RE2's reason.
  static storage::Result<RelabelRegex> Create(std::string text);

  const std::string& text() const { return text_; }
  // True for the text (.*), for which a match needs no expression to run.
  bool is_default() const { return regex_ == nullptr; }
  bool Matches(std::string_view value) const;
  // The whole match and its groups, or nothing. Views point into `value`; a group that took no part is empty.
  bool Match(std::string_view value, std::vector<std::string_view>& groups) const;
  // The number of the group called `name`, or -1.
  int GroupNumber(std::string_view name) const;

  bool operator==(const RelabelRegex& other) const { return text_ == other.text_; }

 private:
  RelabelRegex(std::string text, std::shared_ptr<const re2::RE2> regex);
  std::string text_;
  std::shared_ptr<const re2::RE2> regex_;  // Null for the default.
};

struct RelabelRule {
  std::vector<std::string> source_labels = {};
  std::string separator = ";";
  RelabelRegex regex = {};
  std::uint64_t modulus = 0;
  std::string target_label = {};
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::kReplace;
  NameValidation name_validation = NameValidation::kUtf8;  // What target names must satisfy.

  bool operator==(const RelabelRule&) const = default;
};

// The rules on combinations of fields. kInvalid, in Prometheus' words.
storage::Status Validate(const RelabelRule& rule);

// The labels after all rules, or nothing when a rule dropped the set. REQUIRES: each rule passed Validate().
std::optional<storage::Labels> Apply(std::span<const RelabelRule> rules, const storage::Labels& labels);

// The same in place; false when dropped (`labels` is then as the dropping rule found it).
bool Apply(std::span<const RelabelRule> rules, storage::LabelsBuilder& labels);

// What one rule made of the set, for the relabel debugger.
struct RelabelStep {
  storage::Labels output;  // Empty when dropped.
  bool keep = true;
};

// One step per rule; ends with the step that drops.
std::vector<RelabelStep> ApplySteps(std::span<const RelabelRule> rules, const storage::Labels& labels);

}  // namespace vigia::config
