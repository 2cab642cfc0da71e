// The words after a sub-command: flags and positional arguments in any order, as promtool takes them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/error.h"

namespace vigia::server {

struct FlagNames {
  std::vector<std::string_view> values;    // --name value or --name=value, may come several times; "o" is written -o.
  std::vector<std::string_view> booleans;  // --name or --no-name.
};

class Arguments {
 public:
  // kInvalid for a flag that is not known or has no value. What follows "--" is positional.
  static storage::Result<Arguments> Parse(const std::vector<std::string>& words, const FlagNames& names);

  const std::vector<std::string>& positional() const { return positional_; }
  // The last value given, or `otherwise`.
  std::string Get(std::string_view name, std::string_view otherwise = {}) const;
  std::vector<std::string> GetAll(std::string_view name) const;
  bool Is(std::string_view name) const { return Get(name) == "true"; }

 private:
  std::vector<std::string> positional_;
  std::map<std::string, std::vector<std::string>, std::less<>> flags_;
};

}  // namespace vigia::server
