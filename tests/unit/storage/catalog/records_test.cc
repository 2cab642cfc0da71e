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

}  // namespace
}  // namespace vigia::storage
