// What is left of a snapshot that fails: nothing that could be taken for one.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

std::string ContentOf(const std::string& path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// So long that the names in the folder are just possible, but not those of the database's files.
std::string LongPathBelow(std::string path) {
  constexpr std::size_t kLength = 4080;
  constexpr std::size_t kName = 200;
  while (kLength - path.size() > kName + 2) path.append("/").append(kName, 'x');
  std::filesystem::create_directories(path);
  return path.append("/").append(kLength - path.size() - 1, 'y');
}

TEST_CASE("a snapshot that fails leaves nothing") {
  Fixture f;
  f.Open();
  f.AppendOne(Labels{{"__name__", "a"}}, f.now_ms, 1);
  const tests::TempFolder place;
  const std::string path = LongPathBelow(place.path());
  REQUIRE_FALSE(f.db->Snapshot(path).has_value());
  CHECK_FALSE(std::filesystem::exists(path));
  f.AppendOne(Labels{{"__name__", "a"}}, f.now_ms + 1, 2);
  REQUIRE(f.db->Snapshot(f.folder.path() + "-copy").has_value());
  f.db.reset();
  f.options.path = f.folder.path() + "-copy";
  CHECK(ContentOf(f.options.path + "/VERSION") == "vigia storage format 1\n");
  CHECK_FALSE(std::filesystem::exists(f.options.path + "/VERSION.new"));
  f.Open();
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second ==
        std::vector<Point>{At(f.now_ms, 1), At(f.now_ms + 1, 2)});
}

TEST_CASE("a snapshot does not touch what is there") {
  Fixture f;
  f.Open();
  f.AppendOne(Labels{{"__name__", "a"}}, f.now_ms, 1);
  const std::string path = f.folder.path() + "-copy";
  REQUIRE(f.db->Snapshot(path).has_value());
  REQUIRE_FALSE(f.db->Snapshot(path).has_value());
  CHECK(std::filesystem::exists(path + "/db/CURRENT"));
  CHECK(std::filesystem::exists(path + "/VERSION"));
}

}  // namespace
}  // namespace vigia::storage::test
