// Records and frames that no server writes: they are refused as damage.
#include "storage/bytes/varint.h"
#include "storage/catalog/records.h"
#include "storage/kv/store.h"
#include "storage/wal/frame.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

class Hostile : public Fixture {
 public:
  Hostile() {
    options.seal_on_close = false;
    Open();
    AppendOne(Labels{{"__name__", "a"}, {"job", "x"}}, now_ms, 1, Labels{{"job", "x"}});
    AppendOne(Labels{{"__name__", "a"}, {"job", "y"}}, now_ms, 1, Labels{{"job", "y"}});
    REQUIRE(db->Close().has_value());
    db.reset();
  }
  void Write(Batch& batch) const {
    Registry unused;
    StoreOptions raw;
    raw.path = folder.path() + "/db";
    const auto store = Store::Open(raw, unused);
    REQUIRE(store.has_value());
    REQUIRE((*store)->Write(batch, WriteMode::kDisk).has_value());
  }
  void CheckRefused() {
    Registry unused;
    const auto opened = Tsdb::Open(options, unused);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == Errc::kCorruption);
  }
};

TEST_CASE("a number of a target or a line that would need all memory is refused") {
  Hostile f;
  Batch batch;
  const bool target = GENERATE(true, false);
  const std::uint32_t number = GENERATE(0xffff'ffffu, 0xffff'fffeu, 0x8000'0001u);
  const Labels labels{{"job", "z"}};
  target ? PutTargetRecord(batch, number, labels) : PutLineRecord(batch, number, labels);
  f.Write(batch);
  f.CheckRefused();
}

TEST_CASE("a frame of a target that the catalog does not have is refused") {
  Hostile f;
  Batch batch;
  const std::uint32_t target = GENERATE(1u, 3u, 1000u);  // One of two that there are, and two that there never were.
  if (target == 1) {
    std::string key(1, 'c');
    PutKey(key, target);
    PutKey(key, std::uint64_t{1});
    PutKey(key, std::uint32_t{0});
    batch.Delete(Family::kCatalog, key);
    DeleteTargetRecord(batch, target);
  }
  std::vector<FrameSection> sections(1);
  sections[0].target = target;
  const int rows = GENERATE(0, 1);
  if (rows > 0) sections[0].rows.push_back({.t = f.now_ms + 1, .cells = {{0, 5, 0}}, .histograms = {}});
  std::string key;
  PutKey(key, std::uint64_t{100});
  batch.Put(Family::kWal0, key, EncodeFrame(7, sections));
  f.Write(batch);
  f.CheckRefused();
}

}  // namespace
}  // namespace vigia::storage::test
