// A damaged table file of the row log: the server starts, what stands in front of the damage is there, and nothing is
// made worse by what is written later.
#include <algorithm>
#include <filesystem>
#include <random>

#include "storage/kv/store.h"
#include "tests/unit/storage/tsdb/fixture.h"
#include "tests/unit/storage/tsdb/flip.h"

namespace vigia::storage::test {
namespace {

constexpr int kSeries = 40;
const Labels kJob{{"job", "j"}};

class LogDamage : public Fixture {
 public:
  LogDamage() {
    options.seal_on_close = false;
    options.seal.rows = 4000;
    options.seal.age_ms = 24 * 3600'000;
    options.log = [this](LogLevel level, std::string_view text) {
      if (level == LogLevel::kError) errors.emplace_back(text);
    };
    Open();
  }
  // Each row is a frame of its own, whose values are differences to those of the row before.
  void AppendRows(int rows) {
    for (int row = 0; row < rows; ++row, now_ms += 1000) {
      auto appender = db->NewAppender(kJob);
      for (int i = 0; i < kSeries; ++i) {
        const Labels labels{{"__name__", "m"}, {"i", std::to_string(i)}, {"job", "j"}};
        const double v = static_cast<double>(random() >> 11);
        REQUIRE(appender->Append(*appender->Resolve(labels), now_ms, v) == AppendOutcome::kAdded);
        expected[labels.ToString()].push_back(At(now_ms, v));
      }
      REQUIRE(appender->Commit().has_value());
    }
  }
  // So that a family of the log has a table file.
  void TakeSnapshot() { REQUIRE(db->Snapshot(folder.path() + "-copy-" + std::to_string(copies++)).has_value()); }
  void Close() {
    REQUIRE(db->Close().has_value());
    db.reset();
  }
  std::vector<std::filesystem::path> TablesOf(Family family) const {
    Registry unused;
    StoreOptions raw;
    raw.path = folder.path() + "/db";
    const auto store = Store::OpenReadOnly(raw, unused);
    REQUIRE(store.has_value());
    std::vector<std::filesystem::path> out;
    for (const TableFile& file : (*store)->TableFiles()) {
      if (file.family == family) out.emplace_back(file.path);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  std::map<std::string, std::vector<Point>> Stored() const { return Query({Matcher::Equal("__name__", "m")}); }
  // All of them have the same number, and are the first ones that were appended.
  std::size_t RowsInFront() const {
    const auto stored = Stored();
    if (stored.empty()) return 0;
    const std::size_t rows = stored.begin()->second.size();
    CHECK(stored == Part(0, rows));
    return rows;
  }
  std::map<std::string, std::vector<Point>> Part(std::size_t first, std::size_t end) const {
    std::map<std::string, std::vector<Point>> out;
    for (const auto& [name, points] : expected) {
      out[name].assign(points.begin() + static_cast<std::ptrdiff_t>(first),
                       points.begin() + static_cast<std::ptrdiff_t>(end));
    }
    return out;
  }
  // What was lost is not expected any more.
  void Lose(std::size_t first, std::size_t end) {
    for (auto& [name, points] : expected) {
      points.erase(points.begin() + static_cast<std::ptrdiff_t>(first),
                   points.begin() + static_cast<std::ptrdiff_t>(end));
    }
  }
  bool Reported(const std::string& text) const {
    return std::any_of(errors.begin(), errors.end(),
                       [&](const std::string& error) { return error.find(text) != std::string::npos; });
  }
  std::filesystem::path Kept(const std::filesystem::path& file) const {
    return folder.path() + "/quarantine/" + file.filename().string();
  }
  // Later writes, starts and seals find the log in order.
  void CheckGoesOn() {
    errors.clear();
    for (int round = 0; round < 3; ++round) {
      AppendRows(10);
      CHECK(Stored() == expected);
      Reopen();
      CHECK(Stored() == expected);
      CHECK(Metric("prometheus_tsdb_wal_corruptions_total") == 0);
      TakeSnapshot();
      Reopen();
      CHECK(Stored() == expected);
      if (round == 1) REQUIRE(db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
    }
    CHECK(errors.empty());
  }

  std::mt19937_64 random{5};
  std::map<std::string, std::vector<Point>> expected;
  std::vector<std::string> errors;
  int copies = 0;
};

TEST_CASE("a damaged table file of the row log costs what comes after the damage") {
  LogDamage f;
  f.AppendRows(300);
  f.TakeSnapshot();
  f.AppendRows(200);
  f.TakeSnapshot();
  f.AppendRows(100);
  f.Close();
  const auto files = f.TablesOf(Family::kWal0);
  REQUIRE(files.size() == 2);
  const auto how = GENERATE(0, 1, 2, 3, 4, 5);
  const auto& file = files[how == 3 || how == 5 ? 1 : 0];
  const auto size = std::filesystem::file_size(file);
  INFO(how);
  if (how == 0) Flip(file, size / 2);
  if (how == 1) Flip(file, 100);            // The first block.
  if (how == 2) Flip(file, size - 40, 40);  // The footer: the file cannot be opened.
  if (how == 3) Flip(file, 100);            // The first block of the second file.
  if (how == 4) std::filesystem::remove(file);
  if (how == 5) std::filesystem::resize_file(file, 1000);
  f.Open();
  const std::size_t left = f.RowsInFront();
  if (how == 0) CHECK((left > 50 && left < 250));
  if (how == 1 || how == 2 || how == 4) CHECK(left == 0);
  if (how == 3 || how == 5) CHECK(left == 300);
  CHECK(f.Metric("prometheus_tsdb_wal_corruptions_total") == 1);
  CHECK(f.Reported("row log is damaged"));
  CHECK(f.Reported(file.filename().string()));
  CHECK(std::filesystem::exists(f.Kept(file)) == (how != 4));
  CHECK(std::filesystem::exists(f.Kept(files[1])));
  f.Lose(left, 600);
  f.CheckGoesOn();
}

TEST_CASE("what was written after the families changed places does not go with the damage of the older one") {
  LogDamage f;
  f.AppendRows(300);
  f.now_ms += 11 * 60'000;
  REQUIRE(f.db->RunMaintenance().has_value());  // Nothing is due but the change.
  REQUIRE(f.Metric("prometheus_tsdb_wal_segment_current") == 2);
  f.AppendRows(200);
  f.TakeSnapshot();
  f.AppendRows(100);
  f.Close();
  const auto older = f.TablesOf(Family::kWal0);
  const auto newer = f.TablesOf(Family::kWal1);
  REQUIRE(older.size() == 1);
  REQUIRE(newer.size() == 1);
  SECTION("the older one") {
    Flip(older[0], std::filesystem::file_size(older[0]) / 2);
    f.Open();
    const std::size_t left = f.Stored().begin()->second.size();
    CHECK((left > 300 + 50 && left < 600 - 50));
    f.Lose(left - 300, 300);
    CHECK(f.Stored() == f.expected);
  }
  SECTION("the newer one") {
    Flip(newer[0], std::filesystem::file_size(newer[0]) / 2);
    f.Open();
    const std::size_t left = f.RowsInFront();
    CHECK((left > 300 + 30 && left < 500 - 30));
    f.Lose(left, 600);
  }
  SECTION("both") {
    Flip(older[0], std::filesystem::file_size(older[0]) / 2);
    Flip(newer[0], 100);
    f.Open();
    const std::size_t left = f.RowsInFront();
    CHECK((left > 50 && left < 250));
    f.Lose(left, 600);
  }
  CHECK(f.Metric("prometheus_tsdb_wal_corruptions_total") == 1);
  f.CheckGoesOn();
}

TEST_CASE("a start that was cut short while it moved what is in front of the damage is made good by the next") {
  LogDamage f;
  f.AppendRows(300);
  f.TakeSnapshot();
  f.Close();
  const auto files = f.TablesOf(Family::kWal0);
  REQUIRE(files.size() == 1);
  {  // Some of it was moved already.
    Registry unused;
    StoreOptions raw;
    raw.path = f.folder.path() + "/db";
    const auto store = Store::Open(raw, unused);
    REQUIRE(store.has_value());
    Batch batch;
    int moved = 0;
    REQUIRE((*store)
                ->Scan(Family::kWal0, {}, {},
                       [&](std::string_view key, std::string_view value) -> Status {
                         if (moved++ < 20) batch.Put(Family::kWal1, key, value);
                         return {};
                       })
                .has_value());
    REQUIRE((*store)->Write(batch, WriteMode::kDisk).has_value());
  }
  Flip(files[0], std::filesystem::file_size(files[0]) / 2);
  f.Open();
  const std::size_t left = f.RowsInFront();
  CHECK((left > 50 && left < 250));
  f.Lose(left, 300);
  f.CheckGoesOn();
}

TEST_CASE("who only looks at a damaged row log is told, and changes nothing") {
  LogDamage f;
  f.AppendRows(300);
  f.TakeSnapshot();
  f.Close();
  const auto file = f.TablesOf(Family::kWal0).at(0);
  Flip(file, std::filesystem::file_size(file) / 2);
  f.options.read_only = true;
  f.Open();
  const std::size_t left = f.RowsInFront();
  CHECK((left > 50 && left < 250));
  CHECK(f.Reported("row log is damaged"));
  CHECK(f.Metric("prometheus_tsdb_wal_corruptions_total") == 1);
  f.Close();
  CHECK(f.TablesOf(Family::kWal0) == std::vector{file});
  CHECK_FALSE(std::filesystem::exists(f.folder.path() + "/quarantine"));
}

}  // namespace
}  // namespace vigia::storage::test
