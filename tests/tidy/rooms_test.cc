// The house rules that a machine can check: who includes whom, where third parties may appear, sizes and names.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = VIGIA_SOURCE_DIR;
const std::set<std::string> kTops = {"storage", "promql", "config", "alerting", "server"};
constexpr std::size_t kMaxFileLines = 600;

struct SourceFile {
  std::string path;  // From the root.
  std::vector<std::string> lines;
};

// "storage/head/ring.h" -> "storage/head".
std::string RoomOf(const std::string& path) {
  const std::size_t top = path.find('/');
  const std::size_t room = top == std::string::npos ? top : path.find('/', top + 1);
  return room == std::string::npos ? std::string() : path.substr(0, room);
}

std::vector<SourceFile> Sources() {
  std::vector<SourceFile> out;
  for (const std::string& top : kTops) {
    for (auto it = fs::recursive_directory_iterator(kRoot / top); it != fs::recursive_directory_iterator(); ++it) {
      if (it->path().filename() == "node_modules") it.disable_recursion_pending();
      const auto extension = it->path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      SourceFile file{fs::relative(it->path(), kRoot).generic_string(), {}};
      std::ifstream in(it->path());
      for (std::string line; std::getline(in, line);) file.lines.push_back(line);
      out.push_back(std::move(file));
    }
  }
  return out;
}

std::map<std::string, std::set<std::string>> Rooms() {
  std::map<std::string, std::set<std::string>> rooms;
  std::ifstream in(kRoot / "tests/tidy/rooms.txt");
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t colon = line.find(':');
    std::istringstream allowed(line.substr(colon + 1));
    auto& entry = rooms[line.substr(0, colon)];
    for (std::string room; allowed >> room;) entry.insert(room);
  }
  return rooms;
}

bool Reaches(const std::map<std::string, std::set<std::string>>& rooms, const std::string& from, const std::string& to,
             std::set<std::string>& seen) {
  if (!seen.insert(from).second) return false;
  const auto at = rooms.find(from);
  if (at == rooms.end()) return false;
  for (const std::string& next : at->second) {
    if (next == to || Reaches(rooms, next, to, seen)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("every #include follows tests/tidy/rooms.txt") {
  const auto rooms = Rooms();
  const std::regex include("^\\s*#\\s*include \"([^\"]+)\"");
  std::size_t checked = 0;
  for (const SourceFile& file : Sources()) {
    const std::string from = RoomOf(file.path);
    INFO(file.path << " is in no room of rooms.txt");
    REQUIRE(rooms.count(from) == 1);
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::smatch match;
      if (!std::regex_search(file.lines[i], match, include)) continue;
      const std::string to = RoomOf(match[1]);
      INFO(file.path << ":" << i + 1 << ": " << from << " may not include " << match[1]);
      CHECK((to == from || to == "storage/model" || rooms.at(from).count(to) || rooms.at(from).count("*")));
      ++checked;
    }
  }
  CHECK(checked > 100);
}

TEST_CASE("the rooms have no cycle") {
  const auto rooms = Rooms();
  for (const auto& [room, allowed] : rooms) {
    std::set<std::string> seen;
    INFO(room);
    CHECK_FALSE(Reaches(rooms, room, room, seen));
  }
}

TEST_CASE("third parties stay in the room that wraps them") {
  const std::vector<std::pair<std::regex, std::string>> walls = {
      {std::regex("<rocksdb/"), "storage/kv"},
      {std::regex("<boost/beast"), "server/http"},
      {std::regex("<yaml-cpp/"), "config/yaml"},
      {std::regex("<spdlog/"), "server/log"},
  };
  for (const SourceFile& file : Sources()) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const auto& [pattern, room] : walls) {
        if (!std::regex_search(file.lines[i], pattern)) continue;
        INFO(file.path << ":" << i + 1 << ": " << file.lines[i]);
        CHECK(RoomOf(file.path) == room);
      }
    }
  }
}

TEST_CASE("files are short and named after what they hold") {
  const std::regex vague("(^|_)(util|utils|helper|helpers|common|misc)(_|$)");
  for (const SourceFile& file : Sources()) {
    INFO(file.path << " has " << file.lines.size() << " lines");
    CHECK(file.lines.size() <= kMaxFileLines);
    CHECK_FALSE(std::regex_search(fs::path(file.path).stem().string(), vague));
  }
}

TEST_CASE("headers are guarded and nothing is left for later") {
  const std::regex unfinished("\\b(TODO|FIXME|XXX)\\b");
  for (const SourceFile& file : Sources()) {
    bool guarded = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      guarded = guarded || file.lines[i] == "#pragma once";
      INFO(file.path << ":" << i + 1 << ": " << file.lines[i]);
      CHECK_FALSE(std::regex_search(file.lines[i], unfinished));
    }
    INFO(file.path);
    CHECK((guarded || !file.path.ends_with(".h")));
  }
}
