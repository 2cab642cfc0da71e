// Damaged files and records: reported by name, set aside, never deleted; all else stays readable.
#include <algorithm>
#include <fstream>
#include <random>

#include "storage/kv/store.h"
#include "storage/rowgroup/run.h"
#include "tests/unit/storage/tsdb/fixture.h"
#include "tests/unit/storage/tsdb/flip.h"

namespace vigia::storage::test {
namespace {

constexpr auto kEverything = Tsdb::Maintenance::kEverything;
constexpr int kSeries = 150;  // Three pages.

class Damage : public Fixture {
 public:
  Damage() {
    options.log = [this](LogLevel level, std::string_view text) {
      if (level == LogLevel::kError) errors.emplace_back(text);
    };
    Open();
    today = DayOf(now_ms);
    now_ms = DayStart(today + 3);
    for (std::int32_t day = today; day < today + 2; ++day) FillDay(day);
    REQUIRE(db->RunMaintenance(kEverything).has_value());
  }
  // Values that do not compress: each row group of 64 series fills several blocks.
  void FillDay(std::int32_t day) {
    std::mt19937_64 random(static_cast<std::uint64_t>(day));
    for (int row = 0; row < 100; ++row) {
      auto appender = db->NewAppender(Labels{{"job", "j"}});
      for (int i = 0; i < kSeries; ++i) {
        const Labels labels{{"__name__", "m"}, {"job", "j"}, {"i", std::to_string(1000 + i)}};
        const double v = static_cast<double>(random()) * 0x1p-64;
        REQUIRE(appender->Append(*appender->Resolve(labels), DayStart(day) + row * 60'000, v) == AppendOutcome::kAdded);
      }
      REQUIRE(appender->Commit().has_value());
    }
  }
  void Close() {
    REQUIRE(db->Close().has_value());
    db.reset();
  }
  std::vector<std::filesystem::path> Tables(const std::string& below = "/db") const {
    std::vector<std::filesystem::path> out;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path() + below, none)) {
      if (entry.path().extension() == ".sst") out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  // The file of a day: the largest ones are the days', in order of writing.
  std::filesystem::path FileOfDay(std::size_t day) const {
    std::vector<std::filesystem::path> days;
    for (const auto& path : Tables()) {
      if (std::filesystem::file_size(path) > 50'000) days.push_back(path);
    }
    REQUIRE(days.size() == 2);
    return days[day];
  }
  // How many series a query over everything can read, and the error of the others.
  std::size_t Readable(std::string* error, std::size_t* samples) const {
    const std::vector<Matcher> matchers{Matcher::Equal("__name__", "m")};
    const auto selection = db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, matchers);
    REQUIRE(selection.has_value());
    ReadBuffer buffer;
    std::size_t readable = 0;
    *samples = 0;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      const auto view = (*selection)->Read(i, buffer);
      if (view) {
        ++readable;
        *samples += view->t.size();
      } else {
        *error = view.error().what;
      }
    }
    return readable;
  }
  bool Reported(const std::string& text) const {
    return std::any_of(errors.begin(), errors.end(),
                       [&](const std::string& error) { return error.find(text) != std::string::npos; });
  }
  std::unique_ptr<Store> RawStore() {
    raw_registry = std::make_unique<Registry>();
    StoreOptions raw;
    raw.path = folder.path() + "/db";
    auto store = Store::Open(raw, *raw_registry);
    REQUIRE(store.has_value());
    return std::move(*store);
  }

  std::int32_t today = 0;
  std::vector<std::string> errors;
  std::unique_ptr<Registry> raw_registry;
};

TEST_CASE("a damaged block costs its row groups only, and who finds it learns the file") {
  Damage f;
  f.Close();
  const std::filesystem::path file = f.FileOfDay(0);
  Flip(file, std::filesystem::file_size(file) / 2);
  f.Open();
  std::string error;
  std::size_t samples = 0;
  const std::size_t readable = f.Readable(&error, &samples);
  CHECK(readable < kSeries);
  CHECK(readable >= kSeries - 64);
  CHECK(error.find(file.filename().string()) != std::string::npos);
  CHECK(f.Reported(file.filename().string()));
  CHECK(f.Metric("vigia_storage_quarantined_row_groups") == 1);
  const auto check = [&] {
    CHECK(f.Readable(&error, &samples) == kSeries);  // What is known to be damaged is left out.
    CHECK(samples < 2 * 100 * kSeries);
    CHECK(samples >= 2 * 100 * kSeries - 64 * 100);
  };
  check();
  // Maintenance goes on with everything else, and the file stays.
  f.now_ms = DayStart(f.today + 5);
  f.FillDay(f.today + 2);
  const std::vector<Matcher> matchers{Matcher::Equal("i", "1000")};
  REQUIRE(f.db->DeleteSeries(matchers, kMinTimestampMs, kMaxTimestampMs).has_value());
  REQUIRE(f.db->CleanTombstones().has_value());
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  CHECK(f.Readable(&error, &samples) == kSeries - 1);
  CHECK(std::filesystem::exists(file));
  f.errors.clear();
  f.Reopen();
  CHECK(f.Readable(&error, &samples) == kSeries - 1);
  CHECK(f.Metric("vigia_storage_quarantined_row_groups") == 1);
  CHECK(f.errors.empty());
}

TEST_CASE("a damaged row group is forgotten when retention drops its run") {
  Damage f;
  f.Close();
  const std::filesystem::path file = f.FileOfDay(0);
  Flip(file, std::filesystem::file_size(file) / 2);
  f.Open();
  std::string error;
  std::size_t samples = 0;
  f.Readable(&error, &samples);
  REQUIRE(f.Metric("vigia_storage_quarantined_row_groups") == 1);
  f.db->SetRetention(f.now_ms - DayStart(f.today + 1), 0);
  REQUIRE(f.db->RunMaintenance().has_value());
  REQUIRE_FALSE(std::filesystem::exists(file));
  CHECK(f.Metric("vigia_storage_quarantined_row_groups") == 0);
  CHECK(f.Readable(&error, &samples) == kSeries);
  CHECK(samples == 100 * kSeries);
  f.Reopen();
  CHECK(f.Metric("vigia_storage_quarantined_row_groups") == 0);
}

TEST_CASE("what an earlier life kept of a damaged row group goes when its run is gone") {
  Damage f;
  f.Close();
  const std::filesystem::path file = f.FileOfDay(0);
  Flip(file, std::filesystem::file_size(file) / 2);
  f.Open();
  std::string error;
  std::size_t samples = 0;
  f.Readable(&error, &samples);
  f.Close();
  std::string group;
  const auto find_group = [&](std::string_view key, std::string_view) -> Status {
    group = key;
    return {};
  };
  {  // As if the process had ended in the middle of retention.
    const auto store = f.RawStore();
    REQUIRE(store->Scan(Family::kCatalog, "qg", "qh", find_group).has_value());
    REQUIRE(group.size() > 2 + 13);
    Batch batch;
    batch.Delete(Family::kCatalog, "r" + group.substr(2, 13));
    batch.Put(Family::kCatalog, std::string("qg").append(3, '\xff'), "");
    REQUIRE(store->Write(batch, WriteMode::kDisk).has_value());
  }
  f.Open();
  CHECK(f.Metric("vigia_storage_quarantined_row_groups") == 0);
  f.Close();
  group.clear();
  REQUIRE(f.RawStore()->Scan(Family::kCatalog, "qg", "qh", find_group).has_value());
  CHECK(group.empty());
}

TEST_CASE("a rewrite that finds damage leaves the run as it is") {
  Damage f;
  f.Close();
  const std::filesystem::path file = f.FileOfDay(0);
  Flip(file, std::filesystem::file_size(file) / 2);
  f.Open();
  f.now_ms = DayStart(f.today + 4);
  const std::vector<Matcher> matchers{Matcher::Equal("__name__", "m")};
  REQUIRE(f.db->DeleteSeries(matchers, DayStart(f.today), DayStart(f.today) + 60'000).has_value());
  const Status cleaned = f.db->CleanTombstones();
  INFO((cleaned ? std::string() : cleaned.error().what));
  REQUIRE(cleaned.has_value());
  CHECK(f.Metric("vigia_storage_quarantined_row_groups") == 1);
  CHECK(f.Reported(file.filename().string()));
  CHECK(std::filesystem::exists(file));
  CHECK(f.Metric("vigia_storage_tombstones") == 1);  // It still has to hide what could not be removed.
  std::string error;
  std::size_t samples = 0;
  CHECK(f.Readable(&error, &samples) == kSeries);
  CHECK(samples <= (100 + 98) * kSeries);
}

TEST_CASE("a file that cannot be opened is kept aside, the other days stay") {
  Damage f;
  f.Close();
  const std::filesystem::path file = f.FileOfDay(0);
  const auto how = GENERATE(0, 1, 2);
  if (how == 0) Flip(file, std::filesystem::file_size(file) - 40, 40);  // The footer.
  if (how == 1) std::filesystem::resize_file(file, 1000);
  if (how == 2) std::filesystem::remove(file);
  f.Open();
  CHECK(f.Reported(file.filename().string()));
  const auto check = [&] {
    std::string error;
    std::size_t samples = 0;
    CHECK(f.Readable(&error, &samples) == kSeries);
    CHECK(samples == 100 * kSeries);
    CHECK(f.Metric("vigia_storage_quarantined_records") == 1);
    CHECK(f.Tables("/quarantine").size() == (how == 2 ? 0 : 1));
  };
  check();
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  f.errors.clear();
  f.Reopen();
  check();
  CHECK(f.errors.empty());
}

TEST_CASE("damage in the log is told, what came before it is there, and the log is kept") {
  Damage f;
  f.options.seal_on_close = false;
  f.Reopen();
  const Labels labels{{"__name__", "late"}};
  for (int i = 0; i < 200; ++i) f.AppendOne(labels, f.now_ms + i, i);
  f.Close();
  std::filesystem::path log;
  std::uintmax_t size = 0;
  for (const auto& entry : std::filesystem::directory_iterator(f.folder.path() + "/db")) {
    if (entry.path().extension() != ".log" || entry.file_size() <= size) continue;
    log = entry.path();
    size = entry.file_size();
  }
  Flip(log, size / 2);
  f.Open();
  const auto count = [&] { return f.Query({Matcher::Equal("__name__", "late")}).begin()->second.size(); };
  const std::size_t left = count();
  CHECK(left > 0);
  CHECK(left < 200);
  CHECK(f.Reported(log.filename().string()));
  CHECK(f.Metric("prometheus_tsdb_wal_corruptions_total") == 1);
  CHECK(std::filesystem::exists(f.folder.path() + "/quarantine/" + log.filename().string()));
  f.AppendOne(labels, f.now_ms + 1000, 1);
  f.Reopen();
  CHECK(count() == left + 1);
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  f.errors.clear();
  f.Reopen();
  CHECK(count() == left + 1);
  CHECK(f.errors.empty());
}

TEST_CASE("a damaged run record is set aside, its row groups wait for it") {
  Damage f;
  f.Close();
  std::string key;
  std::string value;
  {
    const auto store = f.RawStore();
    const auto [begin, end] = RunRecordRange();
    const Status stopped =
        store->Scan(Family::kCatalog, begin, end, [&](std::string_view k, std::string_view v) -> Status {
          if (key.empty()) {
            key = k;
            value = v;
          }
          return {};
        });
    REQUIRE(stopped.has_value());
    Batch batch;
    batch.Put(Family::kCatalog, key, value.substr(0, value.size() / 2));
    REQUIRE(store->Write(batch, WriteMode::kDisk).has_value());
  }
  f.Open();
  std::string error;
  std::size_t samples = 0;
  CHECK(f.Reported("damaged run"));
  CHECK(f.Readable(&error, &samples) == kSeries);
  CHECK(samples == 100 * kSeries);
  CHECK(f.Metric("vigia_storage_quarantined_records") == 1);
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  f.Reopen();
  CHECK(f.Metric("vigia_storage_quarantined_records") == 1);
  f.Close();
  {  // Somebody mends the record.
    const auto store = f.RawStore();
    Batch batch;
    batch.Put(Family::kCatalog, key, value);
    batch.Delete(Family::kCatalog, "q" + key);
    REQUIRE(store->Write(batch, WriteMode::kDisk).has_value());
  }
  f.Open();
  CHECK(f.Readable(&error, &samples) == kSeries);
  CHECK(samples == 2 * 100 * kSeries);
  CHECK(f.Metric("vigia_storage_quarantined_records") == 0);
}

TEST_CASE("a damaged tombstone is set aside and hides nothing") {
  Damage f;
  f.Close();
  {
    const auto store = f.RawStore();
    Batch batch;
    batch.Put(Family::kCatalog, std::string("d\0\0\0\0\0\0\0\x07", 9), "nonsense");
    REQUIRE(store->Write(batch, WriteMode::kDisk).has_value());
  }
  f.Open();
  CHECK(f.Reported("damaged tombstone"));
  CHECK(f.Metric("vigia_storage_tombstones") == 0);
  CHECK(f.Metric("vigia_storage_quarantined_records") == 1);
}

}  // namespace
}  // namespace vigia::storage::test
