#include "server/sender/position.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "server/sender/pending_times.h"
#include "tests/support/catch.h"

using namespace vigia;
using server::PendingTimes;
using server::Position;

namespace {

struct TempFile {
  TempFile() : path(std::filesystem::temp_directory_path() / ("vigia-position-" + std::to_string(::getpid()))) {
    std::filesystem::remove(path);
  }
  ~TempFile() { std::filesystem::remove(path); }
  const std::filesystem::path path;
};

}  // namespace

TEST_CASE("a position is there again after the process") {
  TempFile file;
  {
    Position position;
    REQUIRE(position.Open(file.path).has_value());
    CHECK(position.value() == storage::kMaxTimestampMs);
    position.Lower(1'000);
    position.Lower(2'000);  // Not lower.
    CHECK(position.value() == 1'000);
  }
  {
    Position position;
    REQUIRE(position.Open(file.path).has_value());
    CHECK(position.value() == 1'000);
    position.Update([] { return storage::TimestampMs{-5}; });
  }
  Position position;
  REQUIRE(position.Open(file.path).has_value());
  CHECK(position.value() == -5);
  CHECK(position.failures() == 0);
}

TEST_CASE("a file with something else is no position") {
  TempFile file;
  for (const char* text : {"x", "vigia-remote-write 1 12", "vigia-remote-write 1 x\n", "vigia-remote-write 1 12x\n",
                           "vigia-remote-write 2 12\n", "vigia-remote-write 1 \n"}) {
    std::ofstream(file.path, std::ios::trunc) << text;
    Position position;
    const auto opened = position.Open(file.path);
    REQUIRE(opened.has_error());
    CHECK(opened.error().code == storage::Errc::kCorruption);
  }
  Position nowhere;
  CHECK(nowhere.Open("/nonexistent/x").error().code == storage::Errc::kIo);
}

TEST_CASE("the oldest of what is pending") {
  PendingTimes times;
  CHECK(times.oldest() == storage::kMaxTimestampMs);
  auto ten = times.Issue(10);
  auto five = times.Issue(5);
  auto also_five = times.Issue(5);
  five.reset();
  CHECK(times.oldest() == 5);
  also_five.reset();
  CHECK(times.oldest() == 10);
  ten.reset();
  CHECK(times.oldest() == storage::kMaxTimestampMs);
}
