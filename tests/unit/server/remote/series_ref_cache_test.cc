#include "server/remote/series_ref_cache.h"

#include <string>
#include <thread>

#include "tests/support/catch.h"

using namespace vigia;
using server::SeriesKey;
using server::SeriesRefCache;
using storage::SeriesRef;

namespace {
SeriesRef Find(const SeriesRefCache& cache, const SeriesKey& key) {
  SeriesRef ref = SeriesRef::kNone;
  cache.Find({&key, 1}, {&ref, 1});
  return ref;
}
SeriesRef Ref(std::uint64_t i) { return static_cast<SeriesRef>(i); }
}  // namespace

TEST_CASE("what was inserted is found", "[cache]") {
  SeriesRefCache cache(100'000, 7);
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    const SeriesKey key = cache.KeyOf("series " + std::to_string(i));
    CHECK(Find(cache, key) == SeriesRef::kNone);
    REQUIRE(cache.Insert(key, Ref(i)));
  }
  CHECK(cache.size() == 20'000);
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    CHECK(Find(cache, cache.KeyOf("series " + std::to_string(i))) == Ref(i));
  }
}

TEST_CASE("keys that collide in the low bits stay apart", "[cache]") {
  SeriesRefCache cache(100, 0);
  REQUIRE(cache.Insert({5, 1}, Ref(1)));
  REQUIRE(cache.Insert({5, 2}, Ref(2)));
  REQUIRE(cache.Insert({5, 2}, Ref(3)));  // The first entry stays.
  CHECK(Find(cache, {5, 1}) == Ref(1));
  CHECK(Find(cache, {5, 2}) == Ref(2));
  CHECK(Find(cache, {5, 3}) == SeriesRef::kNone);
}

TEST_CASE("a full cache begins anew", "[cache]") {
  SeriesRefCache cache(3, 0);
  for (std::uint64_t i = 1; i <= 3; ++i) CHECK(cache.Insert({i, i}, Ref(i)));
  CHECK(cache.Insert({2, 2}, Ref(2)));  // Known: no room needed.
  CHECK_FALSE(cache.Insert({4, 4}, Ref(4)));
  CHECK(cache.size() == 1);
  CHECK(Find(cache, {1, 1}) == SeriesRef::kNone);
  CHECK(Find(cache, {4, 4}) == Ref(4));
}

TEST_CASE("the seed changes the keys", "[cache]") {
  CHECK_FALSE(SeriesRefCache(1, 1).KeyOf("x") == SeriesRefCache(1, 2).KeyOf("x"));
}

TEST_CASE("many threads", "[cache]") {
  SeriesRefCache cache(500, 3);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&cache] {
      for (std::uint64_t i = 1; i <= 2000; ++i) {
        const SeriesKey key = cache.KeyOf(std::to_string(i));
        const SeriesRef found = Find(cache, key);
        if (found != SeriesRef::kNone && found != Ref(i)) std::abort();
        static_cast<void>(cache.Insert(key, Ref(i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(cache.size() <= 500);
}
