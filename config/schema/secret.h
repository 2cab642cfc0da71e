// A string that must not be shown. It prints as <secret>, and has no conversion to a string that could be logged by
// accident.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace vigia::config {

inline constexpr std::string_view kSecretMask = "<secret>";

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  // The text itself, for the request that needs it.
  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) { return out << kSecretMask; }

// `url` with the password of its user part replaced by xxxxx; unchanged when it has none.
std::string RedactedUrl(std::string_view url);

}  // namespace vigia::config
