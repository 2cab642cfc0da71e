// label_replace and label_join on one label set (surface.md 4.7).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/labels.h"

namespace re2 {
class RE2;
}

namespace vigia::promql {

// Immutable; safe for many threads.
class LabelReplacement {
 public:
  // kInvalid: "invalid regular expression in label_replace(): REGEX" or "invalid destination label name in
  // label_replace(): DST".
  static storage::Result<LabelReplacement> Create(std::string destination, std::string replacement, std::string source,
                                                  std::string_view regex);
  // Whether the expression matches the source label; if so `labels` becomes the changed set.
  bool Apply(storage::Labels& labels) const;
  const std::string& destination() const { return destination_; }

 private:
  LabelReplacement() = default;
  std::string destination_, replacement_, source_;
  std::shared_ptr<const re2::RE2> regex_;
};

// Immutable; safe for many threads.
class LabelJoin {
 public:
  // kInvalid: "invalid source label name in label_join(): SRC" or "invalid destination label name in label_join():
  // DST".
  static storage::Result<LabelJoin> Create(std::string destination, std::string separator,
                                           std::vector<std::string> sources);
  void Apply(storage::Labels& labels) const;
  const std::string& destination() const { return destination_; }

 private:
  LabelJoin() = default;
  std::string destination_, separator_;
  std::vector<std::string> sources_;
};

}  // namespace vigia::promql
