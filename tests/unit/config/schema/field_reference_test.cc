// The tables of config/README.md are those of the code.
#include <fstream>
#include <sstream>

#include "config/schema/config.h"
#include "tests/support/catch.h"

namespace {

// Where the two texts part, for a message that helps.
std::string FirstDifference(const std::string& readme, const std::string& reference) {
  std::istringstream lines(reference);
  for (std::string line; std::getline(lines, line);) {
    if (readme.find(line) == std::string::npos) return line;
  }
  return "only the order of lines, or what stands between them";
}

}  // namespace

TEST_CASE("the README holds the reference of the field tables") {
  std::ifstream in(std::string(VIGIA_SOURCE_DIR) + "/config/README.md");
  std::ostringstream text;
  text << in.rdbuf();
  const std::string readme = text.str();
  const std::string reference = vigia::config::FieldReference();
  INFO("not in config/README.md: " << FirstDifference(readme, reference));
  CHECK(readme.find(reference) != std::string::npos);
}

TEST_CASE("every field of the reference has a sentence") {
  std::istringstream lines(vigia::config::FieldReference());
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    if (line.starts_with("| `")) CHECK_FALSE(line.ends_with("|  |"));
  }
}
