// Command-line flags as `prometheus` parses them: --name=value or --name value, --name and --no-name for booleans,
// repeatable lists. Knows nothing of what the flags mean.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/error.h"

namespace vigia::server {

class FlagSet {
 public:
  // Takes the value as written; the error says what was expected ("a duration such as 15d").
  using Setter = std::function<storage::Status(std::string_view value)>;

  enum class Standing { kUsed, kIgnored, kRefused };  // For the reference; what happens is the setter's business.

  struct Flag {
    std::string name;           // Without dashes.
    std::string default_value;  // As /api/v1/status/flags shows it.
    std::string help;           // Empty: accepted but not listed by --help.
    bool boolean = false;
    bool repeatable = false;
    Setter set;
    Standing standing = Standing::kUsed;
  };

  void Add(Flag flag);

  // Calls the setters in order of the arguments. Fails on the first flag that is unknown (with the nearest name), has
  // no value, is given twice without being repeatable, or whose setter refuses.
  storage::Status Parse(const std::vector<std::string>& arguments);

  // name -> value in force, for /api/v1/status/flags.
  std::map<std::string, std::string> Values() const;
  // The list that --help prints.
  std::string Help() const;
  // The same as a Markdown table, followed by the names of the flags that are ignored and those that are refused.
  std::string Reference() const;

 private:
  struct Entry {
    Flag flag;
    std::vector<std::string> given;
  };
  Entry* Find(std::string_view name);
  std::string Nearest(std::string_view name) const;
  storage::Status Take(Entry& entry, std::string value);
  std::vector<Entry> entries_;
};

// Number of single-character edits between two words; for suggestions.
std::size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace vigia::server
