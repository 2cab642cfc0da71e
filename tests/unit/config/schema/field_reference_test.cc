// That config/REFERENCE.md is up to date, tests/docs/reference.cc checks.
#include <sstream>

#include "config/schema/config.h"
#include "tests/support/catch.h"

TEST_CASE("every field of the reference has a sentence") {
  std::istringstream lines(vigia::config::FieldReference());
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    if (line.starts_with("| `")) CHECK_FALSE(line.ends_with("|  |"));
  }
}
