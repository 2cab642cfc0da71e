#include "promql/engine/range_cache.h"

#include <map>
#include <random>

#include "tests/unit/promql/engine/cached_queries.h"
#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

// Tells what it was written to; can delete.
class VersionedStorage : public tests::MemoryStorage {
 public:
  const storage::TimeVersions* time_versions() const override { return &versions_; }

  void Write(std::size_t series, TimestampMs t, double v) {
    if (series >= samples_.size()) samples_.resize(series + 1);
    if (!samples_[series].emplace(t, v).second) return;
    Add(LabelsOf(series), t, v);
    versions_.Touch(t, t);
  }
  void Delete(std::size_t series, TimestampMs from, TimestampMs to) {
    if (series >= samples_.size()) return;
    std::erase_if(samples_[series], [&](const auto& sample) { return sample.first >= from && sample.first <= to; });
    Clear();
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      for (const auto& [t, v] : samples_[i]) Add(LabelsOf(i), t, v);
    }
    versions_.Touch(from, to);
  }

 private:
  static Labels LabelsOf(std::size_t i) {
    return Labels{{"__name__", i % 2 == 0 ? "a_total" : "b"},
                  {"job", std::string(1, static_cast<char>('p' + i % 3))},
                  {"instance", std::to_string(i / 2)}};
  }
  std::vector<std::map<TimestampMs, double>> samples_;
  storage::TimeVersions versions_;
};

struct Pair {
  explicit Pair(std::uint64_t bytes = 1 << 20)
      : cached(WithCache(bytes), storage, cached_metrics), plain(WithCache(0), storage, plain_metrics) {}

  static QueryRequest Request(const std::string& text, TimestampMs start, TimestampMs end, DurationMs step) {
    QueryRequest request;
    request.text = text;
    request.start_ms = start;
    request.end_ms = end;
    request.step_ms = step;
    return request;
  }
  // What the cache did: "hit", "partial", "miss", "skipped".
  double Count(std::string_view result) {
    return cached_metrics.AddCounter("vigia_query_range_cache_requests_total", "", {{"result", result}}).value();
  }

  VersionedStorage storage;
  storage::Registry cached_metrics, plain_metrics;
  Engine cached, plain;
};

}  // namespace

TEST_CASE("a refresh computes the new steps only") {
  Pair pair;
  for (TimestampMs t = 0; t <= 60 * kMinute; t += 15 * kSecond) pair.storage.Write(0, t, static_cast<double>(t / 1000));
  const auto ask = [&](TimestampMs start, TimestampMs end) {
    const auto request = Pair::Request("rate(a_total[5m])", start, end, kMinute);
    const auto result = pair.cached.Execute(request);
    CHECK(Bits(result) == Bits(pair.plain.Execute(request)));
    return result->stats.samples_read;
  };
  const std::uint64_t all = ask(10 * kMinute, 50 * kMinute);
  CHECK(pair.Count("miss") == 1);
  CHECK(ask(10 * kMinute, 50 * kMinute) == 0);
  CHECK(pair.Count("hit") == 1);
  CHECK(ask(12 * kMinute, 52 * kMinute) < all / 4);
  CHECK(pair.Count("partial") == 1);
  // A sample between the others: what can see it is computed again.
  pair.storage.Write(0, 40 * kMinute + 1, 7);
  const std::uint64_t from_there = ask(12 * kMinute, 52 * kMinute);
  CHECK(from_there > 0);
  CHECK(from_there < all);
  CHECK(pair.Count("partial") == 2);
  pair.storage.Delete(0, 5 * kMinute, 6 * kMinute);
  CHECK(ask(10 * kMinute, 50 * kMinute) >= all - 10);
  CHECK(pair.Count("miss") == 2);
}

TEST_CASE("the switch, other steps, and what asks for its costs go past the cache") {
  Pair pair;
  for (TimestampMs t = 0; t <= 20 * kMinute; t += 15 * kSecond) pair.storage.Write(0, t, 1);
  auto request = Pair::Request("a_total", 5 * kMinute, 15 * kMinute, kMinute);
  for (int i = 0; i < 2; ++i) {
    auto past = request;
    past.use_cache = false;
    CHECK(pair.cached.Execute(past)->stats.samples_read > 0);
    past = request;
    past.analyze = Analyze::kYes;
    CHECK(pair.cached.Execute(past)->explain != nullptr);
  }
  CHECK(pair.Count("skipped") == 4);
  CHECK(pair.cached.Execute(request).has_value());
  request.start_ms += 1;  // Another phase.
  CHECK(pair.cached.Execute(request)->stats.samples_read > 0);
  request.start_ms -= 1;
  request.lookback_delta_ms = 1000;
  CHECK(pair.cached.Execute(request)->stats.samples_read > 0);
  CHECK(pair.Count("miss") == 3);
  CHECK(pair.Count("hit") == 0);
}

TEST_CASE("a full cache drops the results used longest ago") {
  Pair pair(40'000);
  for (std::size_t series = 0; series < 10; ++series) {
    for (TimestampMs t = 0; t <= 60 * kMinute; t += kMinute) pair.storage.Write(series, t, 1);
  }
  const auto ask = [&](int i) {
    const auto request = Pair::Request(fmt::format("a_total * {}", i), 0, 50 * kMinute, kMinute);
    CHECK(Bits(pair.cached.Execute(request)) == Bits(pair.plain.Execute(request)));
  };
  for (int i = 0; i < 30; ++i) ask(i);
  for (int i = 29; i >= 0; --i) ask(i);
  CHECK(pair.Count("hit") > 0);
  CHECK(pair.Count("hit") < 30);
  CHECK(pair.cached_metrics.AddGauge("vigia_query_range_cache_bytes", "").value() <= 40'000);
}

TEST_CASE("with writes, late writes and deletes the cache gives what computing gives, to the bit") {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::uint32_t n) { return random() % n; };
    Pair pair;
    TimestampMs now = 10 * kMinute;
    for (int i = 0; i < 400; ++i) {
      now += below(40) * kSecond;
      for (std::size_t series = 0; series < 9; ++series) {
        if (below(4) > 0) pair.storage.Write(series, now, below(50) / 7.0 + static_cast<double>(i * (series % 2 == 0)));
      }
      if (below(20) == 0) pair.storage.Write(below(12), below(static_cast<std::uint32_t>(now)), below(9));
      if (below(60) == 0) {
        const TimestampMs from = below(static_cast<std::uint32_t>(now));
        pair.storage.Delete(below(9), from, from + below(300) * kSecond);
      }
      const char* const text = kCachedQueries[below(std::size(kCachedQueries))];
      const DurationMs step = below(2) == 0 ? 30 * kSecond : kMinute;
      const TimestampMs end = now - now % step + below(3) * step;
      const auto request = Pair::Request(text, end - (10 + below(3)) * kMinute, end, step);
      INFO("seed " << seed << " round " << i << " " << text << " end " << end << " step " << step);
      REQUIRE(Bits(pair.cached.Execute(request)) == Bits(pair.plain.Execute(request)));
    }
    CHECK(pair.Count("partial") > 50);
    CHECK(pair.Count("skipped") > 20);
  }
}

TEST_CASE("parts are put together by labels") {
  const Matrix kept = {{Labels{{"a", "1"}}, {{0, 1}, {10, 2}, {20, 3}}, {}},
                       {Labels{{"a", "2"}}, {{0, 1}}, {}},
                       {Labels{{"a", "4"}}, {{10, 5}}, {}}};
  const Matrix joined = Joined(
      kept, 10, 10,
      {{Labels{{"a", "0"}}, {{20, 7}}, {}}, {Labels{{"a", "1"}}, {{20, 8}}, {}}, {Labels{{"a", "5"}}, {{20, 9}}, {}}});
  REQUIRE(joined.size() == 4);
  CHECK(joined[0].metric.Get("a") == "0");
  REQUIRE(joined[1].floats.size() == 2);
  CHECK(joined[1].floats[0].v == 2);
  CHECK(joined[1].floats[1].v == 8);
  CHECK(joined[2].metric.Get("a") == "4");
  CHECK(joined[3].metric.Get("a") == "5");
}

}  // namespace vigia::promql
