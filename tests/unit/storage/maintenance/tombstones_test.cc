#include "storage/maintenance/tombstones.h"

#include <random>

#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

ColumnRanges Columns(std::initializer_list<std::uint32_t> columns) {
  ColumnRanges out;
  for (const std::uint32_t column : columns) out.Add(column);
  return out;
}

Tombstone Sample() {
  Tombstone tombstone;
  tombstone.id = 9;
  tombstone.next_run = 40;
  tombstone.created_ms = 1'700'000'000'000;
  tombstone.interval = {-500, 86'400'000};
  tombstone.targets = {{3, 1000, Columns({0, 1, 2, 70})}, {4'000'000'000u, 2, Columns({5})}};
  return tombstone;
}

Run RunWith(std::uint64_t id, std::uint32_t target, ColumnRanges columns, TimestampMs min_t, TimestampMs max_t) {
  Run run;
  run.id = id;
  run.min_t = min_t;
  run.max_t = max_t;
  run.targets.push_back({target, 1, min_t, max_t, {min_t}, std::move(columns)});
  return run;
}

class OpenStore {
 public:
  OpenStore() {
    StoreOptions options;
    options.path = "/tombstones";
    options.in_memory = true;
    store_ = std::move(*Store::Open(options, registry_));
    quarantine_ = std::make_unique<Quarantine>(*store_, registry_, [this](const std::string& text) { said = text; });
    tombstones = std::make_unique<TombstoneStore>(*store_, visibility_, *quarantine_);
  }
  void Add(Tombstone tombstone) {
    std::vector<Tombstone> added{std::move(tombstone)};
    REQUIRE(tombstones->Record(added).has_value());
    tombstones->Show(std::move(added));
  }
  std::size_t Stored() {
    TombstoneStore other(*store_, visibility_, *quarantine_);
    REQUIRE(other.Load().has_value());
    return other.Current()->all.size();
  }
  Store& store() { return *store_; }

  std::string said;
  std::unique_ptr<TombstoneStore> tombstones;

 private:
  Registry registry_;
  std::unique_ptr<Store> store_;
  std::shared_mutex visibility_;
  std::unique_ptr<Quarantine> quarantine_;
};

TEST_CASE("a tombstone is read back as it was written") {
  const Tombstone before = Sample();
  const auto after = DecodeTombstone(TombstoneKey(before.id), EncodeTombstone(before));
  REQUIRE(after.has_value());
  CHECK(after->id == 9);
  CHECK(after->next_run == 40);
  CHECK(after->created_ms == before.created_ms);
  CHECK(after->interval == before.interval);
  REQUIRE(after->targets.size() == 2);
  CHECK(after->targets[0].columns.ranges() == before.targets[0].columns.ranges());
  CHECK(after->targets[1].target == 4'000'000'000u);
  CHECK(after->max_seq() == 1000);
}

TEST_CASE("damaged tombstones are refused or harmless") {
  const std::string key = TombstoneKey(1);
  const std::string bytes = EncodeTombstone(Sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE_FALSE(DecodeTombstone(key, bytes.substr(0, size)).has_value());
  }
  REQUIRE_FALSE(DecodeTombstone(key, bytes + "x").has_value());
  REQUIRE_FALSE(DecodeTombstone("d123", bytes).has_value());
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = bytes;
    for (std::size_t k = 0; k < 1 + random() % 3; ++k) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    const auto decoded = DecodeTombstone(key, changed);
    if (!decoded) continue;
    REQUIRE(decoded->interval.from <= decoded->interval.to);
    for (std::size_t k = 1; k < decoded->targets.size(); ++k) {
      REQUIRE(decoded->targets[k - 1].target < decoded->targets[k].target);
    }
  }
}

TEST_CASE("a tombstone hides what was there before it") {
  TombstoneSet set;
  set.all.push_back(std::make_shared<const Tombstone>(Sample()));
  const Run older = RunWith(39, 3, Columns({0, 5}), 0, 1000);
  const Run newer = RunWith(40, 3, Columns({0, 5}), 0, 1000);
  CHECK(set.HiddenIn(older, 3).Of(0) == std::vector<TimeInterval>{{-500, 86'400'000}});
  CHECK(set.HiddenIn(older, 3).Of(5).empty());
  CHECK(set.HiddenIn(older, 4).empty());
  CHECK(set.HiddenIn(newer, 3).empty());
  CHECK(set.all[0]->Concerns(older));
  CHECK_FALSE(set.all[0]->Concerns(newer));
  CHECK_FALSE(set.all[0]->Concerns(RunWith(1, 3, Columns({5, 71}), 0, 1000)));
  CHECK_FALSE(set.all[0]->Concerns(RunWith(1, 3, Columns({0}), 86'400'001, 90'000'000)));
  CHECK(set.IsDeleted(3, 70, 0, 1000));
  CHECK_FALSE(set.IsDeleted(3, 70, 0, 1001));
  CHECK_FALSE(set.IsDeleted(3, 70, 86'400'001, 1000));
  CHECK_FALSE(set.IsDeleted(3, 69, 0, 1000));
}

TEST_CASE("a tombstone goes when neither a run nor the log holds its samples") {
  OpenStore open;
  open.Add(Sample());
  RunSet runs;
  runs.runs.push_back(std::make_shared<const Run>(RunWith(39, 3, Columns({0}), 0, 1000)));
  CHECK(*open.tombstones->DropSpent(runs, 1001) == 0);
  runs.runs.clear();
  CHECK(*open.tombstones->DropSpent(runs, 1000) == 0);
  CHECK(open.Stored() == 1);
  CHECK(*open.tombstones->DropSpent(runs, 1001) == 1);
  CHECK(open.tombstones->Current()->all.empty());
  CHECK(open.Stored() == 0);
}

TEST_CASE("the number of tombstones is limited") {
  OpenStore open;
  std::vector<Tombstone> many(TombstoneStore::kMaxTombstones, Sample());
  REQUIRE(open.tombstones->Record(many).has_value());
  open.tombstones->Show(std::move(many));
  std::vector<Tombstone> one{Sample()};
  const Status refused = open.tombstones->Record(one);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kLimit);
}

TEST_CASE("a tombstone that cannot be read goes to the quarantine") {
  OpenStore open;
  open.Add(Sample());
  Batch batch;
  batch.Put(Family::kCatalog, TombstoneKey(70), "garbage");
  REQUIRE(open.store().Write(batch, WriteMode::kProcess).has_value());
  CHECK(open.Stored() == 1);
  CHECK(open.said.find("damaged tombstone") != std::string::npos);
  open.said.clear();
  CHECK(open.Stored() == 1);
  CHECK(open.said.empty());
}

}  // namespace
}  // namespace vigia::storage
