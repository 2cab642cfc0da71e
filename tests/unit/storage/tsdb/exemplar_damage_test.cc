// Damaged exemplars, in a real folder: reported, set aside, and no reason not to start.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "storage/bytes/varint.h"
#include "storage/kv/store.h"
#include "tests/unit/storage/tsdb/fixture.h"
#include "tests/unit/storage/tsdb/flip.h"

namespace vigia::storage::test {
namespace {

constexpr TimestampMs kT = 1'700'000'000'000;
constexpr std::size_t kExemplars = 3000;

class ExemplarDamage : public Fixture {
 public:
  ExemplarDamage() {
    options.max_exemplars = 4000;
    options.log = [this](LogLevel level, std::string_view text) {
      if (level == LogLevel::kError) errors.emplace_back(text);
    };
    Open();
    std::mt19937_64 random(1);  // Labels that do not compress: a file of many blocks.
    Append(0, kExemplars, random);
    Close();
  }
  void Append(std::size_t from, std::size_t to, std::mt19937_64& random) {
    auto appender = db->NewAppender({});
    const SeriesRef ref = *appender->Resolve(Labels{{"__name__", "m"}});
    REQUIRE(appender->Append(ref, kT + static_cast<TimestampMs>(to), 1) == AppendOutcome::kAdded);
    for (std::size_t i = from; i < to; ++i) {
      const TimestampMs t = kT + static_cast<TimestampMs>(i);
      const Labels labels{{"trace_id", std::to_string(random())}, {"span", std::to_string(random())}};
      REQUIRE(appender->AppendExemplar(ref, {labels, static_cast<double>(i), t, true}) == AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
  }
  void Close() {
    REQUIRE(db->Close().has_value());
    db.reset();
  }
  std::vector<double> Found() const {
    const std::vector<std::vector<Matcher>> all{{Matcher::Equal("__name__", "m")}};
    const auto found = db->SelectExemplars(kMinTimestampMs, kMaxTimestampMs, all);
    REQUIRE(found.has_value());
    std::vector<double> out;
    for (const auto& series : *found) {
      for (const Exemplar& e : series.exemplars) out.push_back(e.v);
    }
    return out;
  }
  std::unique_ptr<Store> RawStore() {
    raw_registry = std::make_unique<Registry>();
    StoreOptions raw;
    raw.path = folder.path() + "/db";
    auto store = Store::Open(raw, *raw_registry);
    REQUIRE(store.has_value());
    return std::move(*store);
  }
  std::filesystem::path File() {
    for (const TableFile& file : RawStore()->TableFiles()) {
      if (file.family == Family::kExemplars) return file.path;
    }
    FAIL("no file of exemplars");
    return {};
  }
  void PutRaw(std::string_view key, std::string_view value) {
    const auto store = RawStore();
    Batch batch;
    batch.Put(Family::kExemplars, key, value);
    REQUIRE(store->Write(batch, WriteMode::kDisk).has_value());
  }
  std::string GetRaw(Family family, std::string_view key) {
    const auto store = RawStore();
    const auto value = store->Get(family, key);
    REQUIRE(value.has_value());
    return *value ? std::string((*value)->view()) : "none";
  }
  bool Reported(const std::string& text) const {
    return std::any_of(errors.begin(), errors.end(),
                       [&](const std::string& error) { return error.find(text) != std::string::npos; });
  }

  std::vector<std::string> errors;
  std::unique_ptr<Registry> raw_registry;
};

TEST_CASE("a damaged block of exemplars costs what it holds, and no start") {
  ExemplarDamage f;
  const std::filesystem::path file = f.File();
  // The first block, one in the middle, the last one before the file's own notes.
  const auto at = GENERATE(0.0, 0.5, 0.9);
  const auto size = std::filesystem::file_size(file);
  REQUIRE(size > 100'000);
  Flip(file, static_cast<std::uint64_t>(static_cast<double>(size) * at) + 100, 8);
  f.Open();
  CHECK(f.Reported(file.filename().string()));
  CHECK(f.errors.size() == 1);
  const std::vector<double> left = f.Found();
  CHECK(left.size() < kExemplars);
  CHECK(left.size() > kExemplars - 500);  // A block of 16 KiB holds less.
  CHECK(std::is_sorted(left.begin(), left.end()));
  CHECK(f.Metric("vigia_storage_quarantined_records") == 1);
  CHECK(std::filesystem::exists(f.folder.path() + "/quarantine/" + file.filename().string()));
  // What comes later is kept, and nothing is told twice.
  std::mt19937_64 random(2);
  f.Append(kExemplars, kExemplars + 10, random);
  f.errors.clear();
  f.Reopen();
  CHECK(f.Found().size() == left.size() + 10);
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  f.Reopen();
  CHECK(f.Found().size() == left.size() + 10);
  CHECK(f.errors.empty());
  CHECK(f.Metric("vigia_storage_quarantined_records") == 1);
}

TEST_CASE("a file of exemplars that does not open is kept aside, the newest exemplars stay") {
  ExemplarDamage f;
  const std::filesystem::path file = f.File();
  // Of a killed process: these are in the log only.
  f.options.seal_on_close = false;
  f.Open();
  std::mt19937_64 random(2);
  f.Append(kExemplars, kExemplars + 10, random);
  f.Close();
  const auto how = GENERATE(0, 1, 2);
  if (how == 0) Flip(file, std::filesystem::file_size(file) - 40, 40);  // The footer.
  if (how == 1) std::filesystem::resize_file(file, 1000);
  if (how == 2) std::filesystem::remove(file);
  f.Open();
  CHECK(f.Reported(file.filename().string()));
  CHECK(f.Found().size() == 10);
  CHECK(std::filesystem::exists(f.folder.path() + "/quarantine/" + file.filename().string()) == (how != 2));
  f.errors.clear();
  f.Reopen();
  CHECK(f.Found().size() == 10);
  CHECK(f.errors.empty());
  CHECK(f.Metric("vigia_storage_quarantined_records") == 1);
}

TEST_CASE("an exemplar that does not decode is set aside") {
  ExemplarDamage f;
  std::string key;
  PutKey(key, std::uint32_t{17});
  f.PutRaw(key, "\1nonsense");
  f.Open();
  CHECK(f.Reported("1 exemplar is set aside: damaged exemplar"));
  CHECK(f.Found().size() == kExemplars - 1);
  CHECK(f.Metric("vigia_storage_quarantined_records") == 1);
  f.errors.clear();
  f.Reopen();
  CHECK(f.Found().size() == kExemplars - 1);
  CHECK(f.Metric("vigia_storage_quarantined_records") == 1);
  CHECK(f.errors.empty());
  f.Close();
  CHECK(f.GetRaw(Family::kExemplars, key) == "none");
  CHECK(f.GetRaw(Family::kCatalog, "qe" + key + std::string(4, '\0')) ==
        "\x10"
        "damaged exemplar\1nonsense");
  // The same place once more does not take the room of the first.
  f.PutRaw(key, "\1again");
  f.Open();
  CHECK(f.Metric("vigia_storage_quarantined_records") == 2);
  f.Close();
  CHECK(f.GetRaw(Family::kCatalog, "qe" + key + std::string(4, '\0')) ==
        "\x10"
        "damaged exemplar\1nonsense");
  CHECK(f.GetRaw(Family::kCatalog, "qe" + key + std::string("\0\0\0\1", 4)) ==
        "\x10"
        "damaged exemplar\1again");
}

TEST_CASE("an exemplar that a newer version wrote is a reason not to start") {
  ExemplarDamage f;
  std::string key;
  PutKey(key, std::uint32_t{17});
  f.PutRaw(key, "\5");
  f.registry = std::make_unique<Registry>();
  const auto opened = Tsdb::Open(f.options, *f.registry);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == Errc::kInvalid);
  CHECK_THAT(opened.error().what, Catch::Matchers::Contains("exemplar has version 5"));
  CHECK(f.GetRaw(Family::kExemplars, key) == "\5");
}

}  // namespace
}  // namespace vigia::storage::test
