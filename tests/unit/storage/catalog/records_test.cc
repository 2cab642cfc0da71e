#include "storage/catalog/records.h"

#include <map>

#include "storage/catalog/label_sets.h"
#include "storage/catalog/series_table.h"
#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

struct Collected final : CatalogReader {
  Status OnTarget(std::uint32_t target, Labels labels) override {
    targets[target] = labels.ToString();
    return {};
  }
  Status OnLine(std::uint32_t line, Labels labels) override {
    lines[line] = labels.ToString();
    return {};
  }
  Status OnColumns(std::uint32_t target, const ColumnRecord& record) override {
    for (std::size_t i = 0; i < record.lines.size(); ++i) {
      columns[{target, record.first + static_cast<std::uint32_t>(i)}] = record.lines[i];
    }
    return {};
  }
  std::map<std::uint32_t, std::string> targets;
  std::map<std::uint32_t, std::string> lines;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> columns;
};

std::unique_ptr<Store> OpenStore(Registry& registry) {
  StoreOptions options;
  options.path = "/catalog";
  options.in_memory = true;
  return std::move(*Store::Open(options, registry));
}

void Commit(Store& store, Batch& batch) {
  REQUIRE(store.Write(batch, WriteMode::kProcess).has_value());
  batch.Clear();
}

TEST_CASE("records of the catalog are read back") {
  Registry registry;
  const auto store = OpenStore(registry);
  Batch batch;
  PutTargetRecord(batch, 1, Labels{{"job", "a"}});
  PutTargetRecord(batch, 300, Labels());
  PutLineRecord(batch, 7, Labels{{"__name__", "up"}});
  PutLineRecord(batch, 8, Labels{{"__name__", "down"}, {"x", "\xc3\xa4"}});
  PutColumnRecord(batch, 300, 5, {0, {8, 7, 7}});
  PutColumnRecord(batch, 300, 6, {3, {8}});
  Commit(*store, batch);
  Collected found;
  REQUIRE(ReadCatalog(*store, found).has_value());
  CHECK(found.targets == std::map<std::uint32_t, std::string>{{1, "{job=\"a\"}"}, {300, "{}"}});
  CHECK(found.lines.size() == 2);
  CHECK(found.columns == decltype(found.columns){{{300, 0}, 8}, {{300, 1}, 7}, {{300, 2}, 7}, {{300, 3}, 8}});
  REQUIRE(ReplaceColumnRecords(*store, batch, 300, 9, {0, {8, 0}}).has_value());
  DeleteTargetRecord(batch, 1);
  DeleteLineRecord(batch, 7);
  Commit(*store, batch);
  Collected left;
  REQUIRE(ReadCatalog(*store, left).has_value());
  CHECK(left.targets.size() == 1);
  CHECK(left.lines.size() == 1);
  CHECK(left.columns == decltype(left.columns){{{300, 0}, 8}, {{300, 1}, 0}});
}

TEST_CASE("damaged records are an error, never a crash") {
  Registry registry;
  const auto store = OpenStore(registry);
  const auto key = GENERATE(as<std::string>{}, std::string("t\0\0\0\1", 5), std::string("l\0\0\0\1", 5), "t", "c",
                            std::string("c\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0", 17));
  const auto value = GENERATE(as<std::string>{}, "\xff\xff\xff\xff\x7f", "\5abc", std::string("\0\0\0", 3) + "\x80");
  Batch batch;
  batch.Put(Family::kCatalog, key, value);
  Commit(*store, batch);
  Collected found;
  const Status status = ReadCatalog(*store, found);
  if (!status) CHECK(status.error().code == Errc::kCorruption);
}

TEST_CASE("a fingerprint does not depend on the split of the labels") {
  const Labels all{{"__name__", "up"}, {"a", "1"}, {"b", "2"}};
  const Fingerprint whole = FingerprintOf(all);
  CHECK(FingerprintOf(Labels{{"a", "1"}}) + FingerprintOf(Labels{{"__name__", "up"}, {"b", "2"}}) == whole);
  CHECK_FALSE(FingerprintOf(Labels{{"a", "1"}, {"b", "1"}}) == FingerprintOf(Labels{{"a", "1"}, {"c", "1"}}));
  CHECK_FALSE(FingerprintOf(Labels{{"ab", "c"}}) == FingerprintOf(Labels{{"a", "bc"}}));
}

TEST_CASE("label sets keep their ids through restore, with gaps") {
  Symbols symbols;
  LabelSets sets(symbols);
  sets.Restore(3, Labels{{"a", "1"}});
  CHECK(sets.end() == 4);
  CHECK(sets.Intern(Labels{{"a", "1"}}) == 3);
  const std::uint32_t next = sets.Intern(Labels{{"a", "2"}});
  CHECK(next == 4);
  CHECK(sets.ToLabels(next) == Labels{{"a", "2"}});
  CHECK(sets[3].persisted.load());
  CHECK_FALSE(sets[next].persisted.load());
  for (int i = 0; i < 1000; ++i) sets.Intern(Labels{{"n", std::to_string(i)}});
  CHECK(sets.Intern(Labels{{"n", "517"}}) == 4 + 518);
}

TEST_CASE("the series table finds what was put in, while it grows") {
  SeriesTable table;
  const auto fingerprint = [](std::uint64_t value) { return Fingerprint{value * 0x9e3779b97f4a7c15u, value}; };
  for (std::uint64_t value = 1; value <= 5000; ++value) table.Insert(fingerprint(value), value, fingerprint);
  CHECK(table.size() == 5000);
  for (std::uint64_t value = 1; value <= 5000; ++value) {
    REQUIRE(table.Find(fingerprint(value), [&](std::uint64_t found) { return found == value; }) == value);
  }
  CHECK(table.Find(fingerprint(5001), [](std::uint64_t) { return true; }) == 0);
}

TEST_CASE("the series table closes up behind what is taken out") {
  SeriesTable table;
  // Few different places to begin a search: long rows of neighbours.
  const auto fingerprint = [](std::uint64_t value) { return Fingerprint{value % 7 * 0x9e3779b97f4a7c15u, value}; };
  const auto has = [&](std::uint64_t value) {
    return table.Find(fingerprint(value), [&](std::uint64_t found) { return found == value; }) == value;
  };
  for (std::uint64_t value = 1; value <= 400; ++value) table.Insert(fingerprint(value), value, fingerprint);
  for (std::uint64_t value = 1; value <= 400; value += 3) table.Erase(value, fingerprint);
  table.Erase(1000, fingerprint);
  for (std::uint64_t value = 1; value <= 400; ++value) REQUIRE(has(value) == (value % 3 != 1));
  for (std::uint64_t value = 1; value <= 400; ++value) {
    if (value % 3 != 1 && value > 20) table.Erase(value, fingerprint);
  }
  table.Shrink(fingerprint);
  CHECK(table.size() == 13);
  for (std::uint64_t value = 1; value <= 400; ++value) REQUIRE(has(value) == (value % 3 != 1 && value <= 20));
}

TEST_CASE("label sets that are unloaded come back under their ids, others never get these") {
  Symbols symbols;
  LabelSets sets(symbols);
  const auto labels = [](int i) { return Labels{{"n", std::to_string(i)}, {"same", "x"}}; };
  for (int i = 1; i <= 1000; ++i) REQUIRE(sets.Intern(labels(i)) == static_cast<std::uint32_t>(i));
  CHECK(symbols.size() == 1003);
  for (std::uint32_t id = 1; id <= 1000; ++id) {
    if (id % 10 != 0) sets.Unload(id);
  }
  symbols.Free(symbols.TakeUnused());
  CHECK(symbols.size() == 103);
  CHECK_FALSE(sets.IsLoaded(11));
  CHECK(sets.IsLoaded(20));
  CHECK(sets.Find(labels(11), FingerprintOf(labels(11))) == 0);
  for (int i = 10; i <= 1000; i += 10) REQUIRE(sets.Intern(labels(i)) == static_cast<std::uint32_t>(i));
  CHECK(sets.Intern(labels(11)) == 1001);  // Nobody knows that there is one on the disk.
  sets.Restore(11, labels(11));
  CHECK(sets.ToLabels(11) == labels(11));
  CHECK(sets[11].persisted.load());
  CHECK(sets.end() == 1002);
}

TEST_CASE("symbols that are used again while they wait stay") {
  Symbols symbols;
  const Symbol a = symbols.Intern("a");
  const Symbol b = symbols.Intern("b");
  symbols.Release(a);
  symbols.Release(b);
  Symbol found = 0;
  CHECK_FALSE(symbols.Find("a", &found));
  const auto taken = symbols.TakeUnused();
  CHECK(taken == std::vector<Symbol>{a, b});
  CHECK(symbols.Intern("a") == a);
  symbols.Release(a);  // Somebody may have seen it since it was taken.
  symbols.Free(taken);
  CHECK(symbols.size() == 1);
  CHECK(symbols.Text(a) == "a");
  const Symbol c = symbols.Intern("c");
  CHECK(c == b);
  symbols.Free(symbols.TakeUnused());
  CHECK(symbols.size() == 1);
  CHECK(symbols.Text(c) == "c");
}

}  // namespace
}  // namespace vigia::storage
