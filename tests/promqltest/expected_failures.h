// A list of cases that are allowed to fail, and must: a case that holds again has to leave the list.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/error.h"
#include "tests/promqltest/runner.h"

namespace vigia::promqltest {

// One entry a line, a line that begins with `#` is a comment. "functions.test:120" names one case by file and line,
// "feature:fill" all failing cases that need a feature, "text:not supported" all whose failure says so.
class ExpectedFailures {
 public:
  static storage::Result<ExpectedFailures> Parse(std::string_view text);

  // Whether the list allows it to fail; takes note that it did.
  bool Allows(const std::string& file, const CaseResult& failed);

  // Entries that no failure has needed.
  std::vector<std::string> Unused() const;

 private:
  std::set<std::string> places_;
  std::set<std::string> features_;
  std::set<std::string> texts_;
  std::set<std::string> used_;
};

}  // namespace vigia::promqltest
