// The cache of range results over the real storage: late writes, deletes, and sealing in between.
#include <random>

#include "storage/tsdb/tsdb.h"
#include "tests/unit/promql/engine/cached_queries.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::promql {
namespace {

constexpr DurationMs kSecond = 1000;
constexpr DurationMs kMinute = 60 * kSecond;

class Storage : public storage::test::Fixture {
 public:
  Storage() {
    options.out_of_order_window_ms = 24 * 60 * kMinute;
    Open();
  }
  void Write(std::uint32_t series, TimestampMs t, double v) {
    auto appender = db->NewAppender(Labels{{"job", std::string(1, static_cast<char>('p' + series % 3))}});
    const auto ref = appender->Resolve(Labels{{"__name__", series % 2 == 0 ? "a_total" : "b"},
                                              {"job", std::string(1, static_cast<char>('p' + series % 3))},
                                              {"instance", std::to_string(series / 2)}});
    REQUIRE(ref.has_value());
    static_cast<void>(appender->Append(*ref, t, v));  // Late ones may be refused.
    REQUIRE(appender->Commit().has_value());
  }
  void Delete(const std::string& instance, TimestampMs from, TimestampMs to) {
    const std::vector<storage::Matcher> matchers{storage::Matcher::Equal("instance", instance)};
    REQUIRE(db->DeleteSeries(matchers, from, to).has_value());
  }
};

TEST_CASE("over the real storage the cache gives what computing gives, to the bit") {
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::uint32_t n) { return random() % n; };
    Storage storage;
    storage::Registry cached_metrics, plain_metrics;
    Engine cached(WithCache(1 << 20), *storage.db, cached_metrics);
    Engine plain(WithCache(0), *storage.db, plain_metrics);
    const TimestampMs start = storage.now_ms;
    for (std::uint32_t i = 0; i < 300; ++i) {
      storage.now_ms += below(40) * kSecond;
      const TimestampMs now = storage.now_ms;
      for (std::uint32_t series = 0; series < 8; ++series) {
        if (below(4) > 0) storage.Write(series, now, below(50) / 7.0 + i * (1 - series % 2));
      }
      const TimestampMs earlier = start + below(static_cast<std::uint32_t>(now - start + 1));
      if (below(15) == 0) storage.Write(below(10), earlier, below(9));
      if (below(50) == 0) storage.Delete(std::to_string(below(4)), earlier, earlier + below(300) * kSecond);
      if (below(40) == 0) REQUIRE(storage.db->RunMaintenance(storage::Tsdb::Maintenance::kEverything).has_value());
      QueryRequest request;
      request.text = kCachedQueries[below(std::size(kCachedQueries))];
      request.step_ms = below(2) == 0 ? 30 * kSecond : kMinute;
      request.end_ms = now - now % request.step_ms + below(3) * request.step_ms;
      request.start_ms = request.end_ms - (10 + below(3)) * kMinute;
      INFO("seed " << seed << " round " << i << " " << request.text << " end " << request.end_ms);
      REQUIRE(Bits(cached.Execute(request)) == Bits(plain.Execute(request)));
    }
    CHECK(cached_metrics.AddCounter("vigia_query_range_cache_requests_total", "", {{"result", "partial"}}).value() >
          30);
  }
}

}  // namespace
}  // namespace vigia::promql
