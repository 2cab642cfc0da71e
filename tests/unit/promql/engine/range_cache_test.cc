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
  // For tests that delete nothing.
  void WriteTo(const Labels& labels, TimestampMs t, double v) {
    Add(labels, t, v);
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

namespace {

// Instances and zones that are replaced, so that series of different times are joined to one label set.
class Churn {
 public:
  Churn(VersionedStorage& storage, std::uint32_t seed) : storage_(storage), random_(seed) {}

  std::uint32_t Below(std::uint32_t n) { return random_() % n; }
  TimestampMs now() const { return now_; }

  void Scrape() {
    now_ += 20 * kSecond;
    for (std::size_t job = 0; job < kJobs; ++job) {
      const std::string name(1, static_cast<char>('A' + job));
      if (IsThere(instance_[job])) {
        const std::string instance = std::to_string(instance_[job].id);
        Add(Labels{{"__name__", "h"}, {"job", name}, {"instance", instance}}, Value());
        Add(Labels{{"__name__", "m"}, {"job", name}, {"instance", instance}}, 1);
      }
      if (IsThere(zone_[job])) {
        Add(Labels{{"__name__", "k"}, {"job", name}, {"zone", std::to_string(zone_[job].id)}}, 1);
      }
    }
  }

 private:
  static constexpr std::size_t kJobs = 6;
  struct Life {
    std::uint32_t id = 0;
    int away = 0;
  };

  // The old one is out of sight before the new one comes, which may be one of those that were there before.
  bool IsThere(Life& life) {
    if (life.away > 0 && --life.away == 0) life.id = Below(4);
    if (life.away == 0 && Below(25) == 0) life.away = 3;
    return life.away == 0;
  }
  // Sums of these are what was added last.
  double Value() {
    constexpr double kValues[] = {1e100, 1e50, 1, -1e50, -1e100};
    return kValues[Below(5)];
  }
  void Add(const Labels& labels, double v) { storage_.WriteTo(labels, now_, v); }

  VersionedStorage& storage_;
  std::mt19937 random_;
  TimestampMs now_ = 10 * kMinute;
  Life instance_[kJobs], zone_[kJobs];
};

}  // namespace

TEST_CASE("where order decides, what comes from the cache is added and ranked as ever") {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    Pair pair;
    Churn churn(pair.storage, seed);
    for (int i = 0; i < 40; ++i) churn.Scrape();
    for (int i = 0; i < 600; ++i) {
      if (churn.Below(3) == 0) churn.Scrape();
      const char* const text = kOrderedQueries[churn.Below(std::size(kOrderedQueries))];
      const DurationMs step = 20 * kSecond;
      auto request = Pair::Request(text, churn.now() - (4 + churn.Below(6)) * kMinute, churn.now(), step);
      request.start_ms -= request.start_ms % step;
      request.lookback_delta_ms = 30 * kSecond;
      INFO("seed " << seed << " round " << i << " " << text << " at " << churn.now());
      REQUIRE(Bits(pair.cached.Execute(request)) == Bits(pair.plain.Execute(request)));
    }
    CHECK(pair.Count("partial") > 30);
  }
}

TEST_CASE("what dashboards ask is kept, where the order of rows cannot change") {
  const auto outcome = [](const std::string& text, bool has_zone = false) {
    Pair pair;
    for (TimestampMs t = 0; t <= 20 * kMinute; t += kMinute) {
      double value = 0;
      for (const char* instance : {"1", "2", "3"}) {
        ++value;
        pair.storage.WriteTo(Labels{{"__name__", "x_total"}, {"job", "p"}, {"instance", instance}}, t, value);
        const Labels y{{"__name__", "y_total"}, {"job", "p"}, {"instance", instance}};
        pair.storage.WriteTo(has_zone ? y.Keep({"__name__", "instance"}) : y, t, 1);
        pair.storage.WriteTo(Labels{{"__name__", "info"}, {"instance", instance}, {"node", "n"}}, t, 1);
      }
    }
    const auto request = Pair::Request(text, 10 * kMinute, 20 * kMinute, kMinute);
    for (int i = 0; i < 2; ++i) CHECK(Bits(pair.cached.Execute(request)) == Bits(pair.plain.Execute(request)));
    return pair.Count("hit") == 1 ? "kept" : pair.Count("skipped") == 2 ? "skipped" : "not kept";
  };
  for (const char* text : {
           "sum by (job) (rate(x_total[5m])) / sum by (job) (rate(y_total[5m]))",
           "x_total / on (instance) y_total",
           "x_total / on (instance) group_left (node) info",
           "x_total or y_total",
           "sum(x_total) or vector(0)",
           "sum(rate(x_total[5m]) / rate(y_total[5m]))",
           "sum by (node) (rate(x_total[5m]) * on (instance) group_left (node) info)",
           "sum by (job) (x_total * on (instance) group_left () max by (instance) (info))",
           "topk(2, x_total / ignoring (code) y_total)",
           "avg(x_total and on (instance) (y_total or info))",
           "count(x_total or y_total)",
           "quantile(0.5, sum by (instance) (x_total))",
           "topk(1, sum by (instance) (x_total))",
           "bottomk(2, x_total * on (instance) y_total)",
           "topk(3, count by (instance) (x_total))",
       }) {
    INFO(text);
    CHECK(outcome(text) == std::string("kept"));
  }
  for (const char* text : {
           "sum(x_total or y_total)",
           "sum(x_total / on (instance) y_total)",
           "sum(x_total + fill(0) y_total)",
           "sum(topk(1, sum by (instance) (x_total)))",
           "limitk(1, sum by (instance) (x_total))",
           "max_over_time((x_total + fill(0) y_total)[5m:1m])",
           "sum(x_total * on (instance) group_left (node) info * on (instance) group_left (node) info)",
       }) {
    INFO(text);
    CHECK(outcome(text) == std::string("skipped"));
  }
  // Equal values, of which one is chosen.
  CHECK(outcome("topk(1, count by (instance) (x_total))") == std::string("not kept"));
  CHECK(outcome("bottomk(2, y_total or x_total * 0)") == std::string("not kept"));
  CHECK(outcome("topk(1, 0 / (sum by (instance) (x_total) - 2))") == std::string("not kept"));  // One is NaN.
  // Series of the left side have the label that goes, or is set.
  CHECK(outcome("sum(x_total / ignoring (job) y_total)", true) == std::string("not kept"));
  CHECK(outcome("sum(x_total * on (instance) group_left (job) info)") == std::string("not kept"));
}

TEST_CASE("series that differ in type or unit only are not joined with what was kept before they were there") {
  Pair pair;
  for (TimestampMs t = 0; t <= 60 * kMinute; t += kMinute) {
    // Not before the others have ended.
    if (t <= 20 * kMinute) pair.storage.WriteTo(Labels{{"__name__", "x"}, {"a", "1"}}, t, 1);
    const bool is_gauge = t >= 30 * kMinute;
    if (is_gauge) pair.storage.WriteTo(Labels{{"__name__", "x"}, {"__type__", "gauge"}, {"a", "1"}}, t, 1);
  }
  for (const char* text : {"sum_over_time(x[1m])", "-x", "x"}) {
    INFO(text);
    for (const TimestampMs end : {26 * kMinute, 60 * kMinute, 60 * kMinute}) {
      const auto request = Pair::Request(text, 10 * kMinute, end, kMinute);
      CHECK(Bits(pair.cached.Execute(request)) == Bits(pair.plain.Execute(request)));
    }
  }
  CHECK(pair.Count("partial") == 3);  // Which had to be computed as a whole then.
  CHECK(pair.Count("hit") == 0);
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
