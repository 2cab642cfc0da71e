// A new folder for one test, which goes with everything in it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <stdlib.h>

#include "tests/support/catch.h"

namespace vigia::tests {

class TempFolder {
 public:
  TempFolder() {
    path_ = (std::filesystem::temp_directory_path() / "vigia-test-XXXXXX").string();
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  // Where nothing is yet.
  std::string Below(const std::string& name) const { return path_ + "/" + name; }
  // The file takes its place whole, as if by rename. Its path.
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = Below(name);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(Below(".new")) << text;
    std::filesystem::rename(Below(".new"), path);
    return path;
  }

 private:
  std::string path_;
};

}  // namespace vigia::tests
