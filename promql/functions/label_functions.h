// label_replace and label_join on one label set (surface.md 4.7).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/labels.h"

namespace re2 {
class RE2;
}

namespace vigia::promql {

// Asked before a value is made: how long it will be, and by how much its label set grows. A short text can ask for any
// length. An error of it is the answer, and nothing is made.
using LabelRoom = std::function<storage::Status(std::uint64_t value_bytes, std::uint64_t more_bytes)>;

// Immutable; safe for many threads.
class LabelReplacement {
 public:
  // kInvalid: "invalid regular expression in label_replace(): REGEX" or "invalid destination label name in
  // label_replace(): DST".
  static storage::Result<LabelReplacement> Create(std::string destination, std::string replacement, std::string source,
                                                  std::string_view regex);
  // Whether the expression matches the source label; if so `labels` becomes the changed set.
  storage::Result<bool> Apply(storage::Labels& labels, const LabelRoom& room) const;
  const std::string& destination() const { return destination_; }

 private:
  // Bytes of replacement_ that stand for themselves, and a group of the expression behind them.
  struct Piece {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    int group = kNoGroup;
  };
  static constexpr int kNoGroup = -1;

  LabelReplacement() = default;
  void ParseReplacement();
  std::string destination_, replacement_, source_;
  std::vector<Piece> pieces_;
  std::shared_ptr<const re2::RE2> regex_;
};

// Immutable; safe for many threads.
class LabelJoin {
 public:
  // kInvalid: "invalid source label name in label_join(): SRC" or "invalid destination label name in label_join():
  // DST".
  static storage::Result<LabelJoin> Create(std::string destination, std::string separator,
                                           std::vector<std::string> sources);
  storage::Status Apply(storage::Labels& labels, const LabelRoom& room) const;
  const std::string& destination() const { return destination_; }

 private:
  LabelJoin() = default;
  std::string destination_, separator_;
  std::vector<std::string> sources_;
};

}  // namespace vigia::promql
