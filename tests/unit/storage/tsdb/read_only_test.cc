#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/stat.h>

#include "storage/tsdb/data_folder.h"
#include "tests/unit/storage/tsdb/fixture.h"

using namespace vigia::storage;
using namespace vigia::storage::test;

namespace {

// Every file with its content and the time of its last change.
std::map<std::string, std::pair<std::string, std::int64_t>> Content(const std::string& path) {
  std::map<std::string, std::pair<std::string, std::int64_t>> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    struct stat info {};
    REQUIRE(::lstat(entry.path().c_str(), &info) == 0);
    std::string text;
    if (entry.is_regular_file()) {
      std::ifstream in(entry.path(), std::ios::binary);
      text.assign(std::istreambuf_iterator<char>(in), {});
    }
    out[entry.path().string()] = {std::move(text), info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
  }
  return out;
}

TsdbOptions ReadOnly(const std::string& path) {
  TsdbOptions options;
  options.path = path;
  options.read_only = true;
  options.background = false;
  return options;
}

}  // namespace

TEST_CASE("a folder is read without a change") {
  Fixture f;
  const bool clean = GENERATE(true, false);
  f.options.seal_on_close = clean;
  f.options.max_exemplars = 10;
  f.Open();
  const Labels a{{"__name__", "a"}};
  const Labels b{{"__name__", "b"}};
  f.AppendOne(a, 1000, 1);
  REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
  f.AppendOne(a, 2000, 2);
  f.AppendOne(b, 2000, 3);
  const std::vector<Matcher> all_b{Matcher::Equal("__name__", "b")};
  REQUIRE((f.db->DeleteSeries(all_b, 0, 5000)).has_value());
  f.AppendOne(b, 6000, 4);
  REQUIRE((f.db->Close()).has_value());
  f.db.reset();

  const auto before = Content(f.folder.path());
  f.options = ReadOnly(f.folder.path());
  f.Open();
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second == std::vector<Point>{At(1000, 1), At(2000, 2)});
  CHECK(f.Query(all_b).begin()->second == std::vector<Point>{At(6000, 4)});
  SECTION("a commit fails") {
    auto appender = f.db->NewAppender({});
    CHECK(appender->Append(*appender->Resolve(a), 3000, 3) == AppendOutcome::kAdded);
    CHECK_FALSE((appender->Commit()).has_value());
  }
  SECTION("closed") { CHECK((f.db->Close()).has_value()); }
  f.db.reset();
  const auto after = Content(f.folder.path());
  for (const auto& [path, content] : after) {
    INFO(path);
    REQUIRE(before.count(path) == 1);
    CHECK((before.at(path) == content));
  }
  CHECK(before.size() == after.size());
}

TEST_CASE("only a data folder that nobody uses is read") {
  Fixture f;
  Registry registry;
  const auto nothing = Tsdb::Open(ReadOnly(f.folder.path()), registry);
  REQUIRE_FALSE(nothing.has_value());
  CHECK(nothing.error().code == Errc::kNotFound);
  CHECK_FALSE(std::filesystem::exists(f.folder.path()));
  f.Open();
  const auto used = Tsdb::Open(ReadOnly(f.folder.path()), registry);
  REQUIRE_FALSE(used.has_value());
  CHECK(used.error().code == Errc::kUnavailable);
  CHECK(used.error().what.find("snapshot") != std::string::npos);
}

TEST_CASE("the lock of the database tells too, of a server without a lock file") {
  Fixture f;
  f.Open();
  REQUIRE((f.db->Close()).has_value());
  f.db.reset();
  REQUIRE_FALSE(std::filesystem::exists(f.folder.path() + "/lock"));
  REQUIRE((DataFolder::Look(f.folder.path())).has_value());
  int ready[2];
  int done[2];
  REQUIRE(::pipe(ready) == 0);
  REQUIRE(::pipe(done) == 0);
  const pid_t child = ::fork();  // A process does not see its own locks.
  if (child == 0) {
    f.options.no_lockfile = true;
    Registry registry;
    const auto db = Tsdb::Open(f.options, registry);
    char byte = db ? '1' : '0';
    static_cast<void>(::write(ready[1], &byte, 1));
    static_cast<void>(::read(done[0], &byte, 1));
    ::_exit(0);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  REQUIRE(byte == '1');
  const auto used = DataFolder::Look(f.folder.path());
  REQUIRE(::write(done[1], &byte, 1) == 1);
  REQUIRE_FALSE(used.has_value());
  CHECK(used.error().code == Errc::kUnavailable);
}

TEST_CASE("a folder of another format is refused with both numbers") {
  Fixture f;
  f.Open();
  REQUIRE((f.db->Close()).has_value());
  f.db.reset();
  const auto [number, age] =
      GENERATE(std::pair<std::string, std::string>{"2", "newer"}, std::pair<std::string, std::string>{"0", "older"},
               std::pair<std::string, std::string>{"1b", ""});
  std::ofstream(f.folder.path() + "/VERSION") << "vigia storage format " << number << "\n";
  const auto before = Content(f.folder.path());
  Registry registry;
  const auto refused =
      GENERATE(true, false) ? Tsdb::Open(ReadOnly(f.folder.path()), registry) : Tsdb::Open(f.options, registry);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kInvalid);
  CHECK(refused.error().what ==
        "data folder " + f.folder.path() + " has storage format " + number +
            ", this program reads and writes format 1" +
            (age.empty()
                 ? ""
                 : ": the folder was written by " + (age == "newer" ? std::string("a ") : "an ") + age + " version"));
}
