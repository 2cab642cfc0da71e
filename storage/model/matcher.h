// A label matcher: =, !=, =~, !~. A missing label matches as the empty string. Regular expressions are RE2, anchored at
// both ends, and the dot matches a newline (Prometheus model/labels/matcher.go). Immutable; safe for many threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "storage/model/error.h"
#include "storage/model/labels.h"

namespace re2 {
class RE2;
}

namespace vigia::storage {

enum class MatchType { kEqual, kNotEqual, kRegex, kNotRegex };

class Matcher {
 public:
  // kInvalid with RE2's reason when `value` is not a regular expression (or is too large for the compiled-size limit).
  static Result<Matcher> Create(MatchType type, std::string name, std::string value);
  // An equality matcher cannot fail.
  static Matcher Equal(std::string name, std::string value);

  MatchType type() const { return type_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  bool Matches(std::string_view value) const;
  bool MatchesEmpty() const { return Matches(std::string_view()); }
  bool Matches(const Labels& labels) const { return Matches(labels.Get(name_)); }

  // name="value", the name quoted where it is not a legacy name.
  std::string ToString() const;
  bool operator==(const Matcher& other) const {
    return type_ == other.type_ && name_ == other.name_ && value_ == other.value_;
  }

 private:
  Matcher(MatchType type, std::string name, std::string value);
  MatchType type_;
  std::string name_;
  std::string value_;
  std::shared_ptr<const re2::RE2> regex_;  // Set for the two regular-expression types.
};

std::string_view ToString(MatchType type);

}  // namespace vigia::storage
