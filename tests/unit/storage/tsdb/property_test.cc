// Storage against a plain model: whatever is written in whatever order of seals and restarts, the same comes back.
#include <random>

#include "storage/model/sample.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

double AnyValue(std::mt19937_64& random) {
  static const std::vector<double> kSpecials{0.0,
                                             -0.0,
                                             5e-324,
                                             9007199254740991.0,
                                             9007199254740992.0,
                                             kStaleNan,
                                             kNormalNan,
                                             1e308,
                                             std::bit_cast<double>(0x7ff45ca1ab1e0ff5u)};
  switch (random() % 5) {
    case 0: return kSpecials[random() % kSpecials.size()];
    case 1: return std::bit_cast<double>(random());
    case 2: return static_cast<double>(random() % 1000) / 100;
    default: return static_cast<double>(random() % 5000);
  }
}

Labels SeriesLabels(std::size_t target, std::size_t line) {
  return Labels{{"__name__", "m" + std::to_string(line % 7)},
                {"job", "j" + std::to_string(target % 2)},
                {"instance", "i" + std::to_string(target)},
                {"line", std::to_string(line)}};
}

TEST_CASE("a long random life gives back every bit") {
  const auto seed = GENERATE(1u, 2u, 3u);
  std::mt19937_64 random(seed);
  Fixture f;
  f.options.out_of_order_window_ms = seed == 3 ? 3'600'000 : 0;
  f.options.seal.rows = 20;
  f.Open();
  constexpr std::size_t kTargets = 3;
  std::map<std::string, std::map<TimestampMs, std::uint64_t>> model;
  std::map<std::string, std::map<TimestampMs, TimestampMs>> starts;  // Of every fourth line, from the seventh on.
  std::vector<TimestampMs> clock(kTargets, f.now_ms - 5 * kDayMs);
  std::size_t lines = 30;
  for (int step = 0; step < 400; ++step) {
    const std::size_t target = random() % kTargets;
    clock[target] += random() % 25 == 0 ? 40'000'000 : 15'000;
    const Labels shared{{"job", "j" + std::to_string(target % 2)}, {"instance", "i" + std::to_string(target)}};
    auto appender = f.db->NewAppender(shared);
    for (std::size_t line = 0; line < lines; ++line) {
      if (random() % 10 == 0 || (line % 5 == 4 && random() % 3 != 0)) continue;
      TimestampMs t = clock[target];
      if (line % 11 == 3) t -= static_cast<TimestampMs>(random() % 10'000);  // Its own timestamps.
      if (seed == 3 && random() % 20 == 0) t -= 1'000'000;
      const Labels labels = SeriesLabels(target, line);
      const double v = AnyValue(random);
      const AppendOutcome outcome = appender->Append(*appender->Resolve(labels), t, v);
      auto& points = model[labels.ToString()];
      if (outcome == AppendOutcome::kAdded) points.try_emplace(t, std::bit_cast<std::uint64_t>(v));
      if (outcome == AppendOutcome::kAdded && line % 4 == 3 && line > 6) {
        const TimestampMs start = line % 8 == 3 ? f.now_ms - 6 * kDayMs : t - static_cast<TimestampMs>(random() % 100);
        appender->SetStart(*appender->Resolve(labels), t, start);
        starts[labels.ToString()].try_emplace(t, start);
      }
      if (seed != 3 && (points.empty() || t > points.rbegin()->first)) REQUIRE(outcome == AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
    appender.reset();
    if (random() % 40 == 0) ++lines;
    switch (random() % 60) {
      case 0:
        f.options.seal_on_close = false;
        f.Reopen();
        break;
      case 1:
        f.options.seal_on_close = true;
        f.Reopen();
        break;
      case 2:
      case 3: REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value()); break;
      case 4:
      case 5:
      case 6: REQUIRE(f.db->RunMaintenance().has_value()); break;
    }
  }
  const auto check = [&] {
    std::map<std::string, std::vector<Point>> expected;
    for (const auto& [labels, points] : model) {
      for (const auto& [t, bits] : points) expected[labels].push_back({t, bits});
    }
    const auto found = f.Query({Match(MatchType::kRegex, "__name__", "m.*")});
    REQUIRE(found.size() == expected.size());
    for (const auto& [labels, points] : expected) {
      INFO(labels);
      REQUIRE(found.at(labels) == points);
    }
    REQUIRE(f.Starts({Match(MatchType::kRegex, "__name__", "m.*")}) == starts);
    CHECK(f.Metric("vigia_storage_misplaced_files") == 0);
  };
  check();
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  check();
  f.Reopen();
  check();
}

TEST_CASE("matchers see the series that a plain filter sees") {
  std::mt19937_64 random(5);
  Fixture f;
  f.Open();
  std::vector<Labels> all;
  const std::vector<std::string> names{"a", "b", "c"};
  for (int i = 0; i < 300; ++i) {
    std::vector<LabelView> pairs{{"__name__", names[random() % 3]}};
    for (const char* name : {"w", "x", "y", "z"}) {
      if (random() % 2 == 0) pairs.push_back({name, names[random() % 3]});
    }
    const Labels labels = Labels::FromPairs(pairs);
    const Labels shared = labels.Keep({random() % 2 == 0 ? "w" : "x"});
    if (std::find(all.begin(), all.end(), labels) != all.end()) continue;
    all.push_back(labels);
    f.AppendOne(labels, i, i, shared);
  }
  for (int round = 0; round < 400; ++round) {
    std::vector<Matcher> matchers;
    for (std::size_t m = 0; m < 1 + random() % 3; ++m) {
      const std::string name = std::vector<std::string>{"__name__", "w", "x", "y", "z", "none"}[random() % 6];
      const std::string value = std::vector<std::string>{"a", "b", "", "a|b", "a|", "[ab]", ".*", ".+"}[random() % 8];
      matchers.push_back(Match(static_cast<MatchType>(random() % 4), name, value));
    }
    std::vector<std::string> expected;
    for (const Labels& labels : all) {
      const bool matches =
          std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) { return m.Matches(labels); });
      if (matches) expected.push_back(labels.ToString());
    }
    std::sort(expected.begin(), expected.end());
    std::vector<std::string> found;
    for (const auto& [labels, points] : f.Query(matchers)) found.push_back(labels);
    INFO(matchers[0].ToString() << (matchers.size() > 1 ? matchers[1].ToString() : ""));
    REQUIRE(found == expected);
  }
}

TEST_CASE("equal columns promise equal timestamps") {
  Fixture f;
  f.Open();
  std::mt19937_64 random(8);
  for (int row = 0; row < 100; ++row) {
    auto appender = f.db->NewAppender({});
    for (std::size_t line = 0; line < 20; ++line) {
      if (line % 4 == 3 && random() % 5 == 0) continue;
      const SeriesRef ref = *appender->Resolve(SeriesLabels(0, line));
      REQUIRE(appender->Append(ref, row * 10, row) == AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
    if (row == 40) REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  }
  SelectHints hints;
  hints.start_ms = 55;
  hints.end_ms = 905;
  const std::vector<Matcher> matchers{Matcher::Equal("job", "j0")};
  const auto selection = f.db->NewQuerier(0, 1000)->Select(hints, matchers);
  REQUIRE(selection.has_value());
  std::map<std::uint64_t, std::vector<TimestampMs>> columns;
  std::size_t shared = 0;
  ReadBuffer buffer;
  for (std::size_t i = 0; i < (*selection)->size(); ++i) {
    const auto samples = (*selection)->Read(i, buffer);
    REQUIRE(samples.has_value());
    if (samples->column == 0) continue;
    ++shared;
    const std::vector<TimestampMs> t(samples->t.begin(), samples->t.end());
    const auto [at, fresh] = columns.try_emplace(samples->column, t);
    CHECK(at->second == t);
  }
  CHECK(shared >= 15);
}

TEST_CASE("label names and values follow the time range") {
  Fixture f;
  f.Open();
  f.AppendOne(Labels{{"__name__", "old"}, {"x", "1"}}, 1000, 1);
  f.AppendOne(Labels{{"__name__", "new"}, {"y", "2"}}, 5000, 1, Labels{{"y", "2"}});
  const auto late = f.db->NewQuerier(4000, 6000);
  CHECK(late->LabelNames({}, 0)->values == std::vector<std::string>{"__name__", "y"});
  CHECK(late->LabelValues("__name__", {}, 0)->values == std::vector<std::string>{"new"});
  const auto all = f.db->NewQuerier(0, 6000);
  CHECK(all->LabelNames({}, 0)->values == std::vector<std::string>{"__name__", "x", "y"});
  CHECK(all->LabelNames({}, 2)->truncated);
  CHECK(all->LabelNames({}, 3)->truncated == false);
  const std::vector<Matcher> only_new{Matcher::Equal("y", "2")};
  CHECK(all->LabelValues("__name__", only_new, 0)->values == std::vector<std::string>{"new"});
  CHECK(all->LabelValues("nothing", {}, 0)->values.empty());
  SelectHints hints;
  hints.limit = 1;
  CHECK((*all->Select(hints, {}))->size() == 1);
}

TEST_CASE("label names and values are the same, however many of the series have samples in the range") {
  Fixture f;
  f.Open();
  constexpr std::size_t kSeries = 3000;
  for (std::size_t i = 0; i < kSeries; ++i) {
    const std::string number = std::to_string(i);
    // Every hundredth goes on; the names of the others' labels are old in the later range.
    const Labels labels{{"__name__", i % 100 == 0 ? "lives" : "died"},
                        {"n" + std::to_string(i % 50), number},
                        {"target", std::to_string(i % 7)}};
    const Labels target{{"target", std::to_string(i % 7)}};
    f.AppendOne(labels, 1000, 1, target);
    if (i % 100 == 0) f.AppendOne(labels, 9000, 1, target);
  }
  const auto all = f.db->NewQuerier(0, 9000);
  const auto late = f.db->NewQuerier(5000, 9000);
  CHECK(all->LabelNames({}, 0)->values.size() == 52);
  CHECK(late->LabelNames({}, 0)->values == std::vector<std::string>{"__name__", "n0", "target"});
  CHECK(all->LabelValues("__name__", {}, 0)->values == std::vector<std::string>{"died", "lives"});
  CHECK(late->LabelValues("__name__", {}, 0)->values == std::vector<std::string>{"lives"});
  CHECK(all->LabelValues("n0", {}, 0)->values.size() == kSeries / 50);
  CHECK(late->LabelValues("n0", {}, 0)->values.size() == kSeries / 100);
  CHECK(late->LabelValues("n1", {}, 0)->values.empty());
  CHECK(late->LabelValues("target", {}, 0)->values == std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6"});
}

TEST_CASE("histograms and floats of one series come back in one sequence") {
  Fixture f;
  f.Open();
  auto h = std::make_shared<FloatHistogram>();
  h->schema = kCustomBucketsSchema;
  h->custom_values = {0.5, 1};
  h->positive_spans = {{0, 2}};
  h->positive_buckets = {3, 4};
  h->count = 7;
  h->sum = 4.25;
  const Labels labels{{"__name__", "h"}};
  const auto append = [&](TimestampMs t, bool histogram) {
    auto appender = f.db->NewAppender({});
    const SeriesRef ref = *appender->Resolve(labels);
    REQUIRE((histogram ? appender->AppendHistogram(ref, t, h) : appender->Append(ref, t, kStaleNan)) ==
            AppendOutcome::kAdded);
    REQUIRE(appender->Commit().has_value());
  };
  append(10, true);
  append(20, true);
  append(30, false);
  const auto check = [&] {
    SelectHints hints;
    const std::vector<Matcher> matchers{Matcher::Equal("__name__", "h")};
    const auto selection = f.db->NewQuerier(0, 100)->Select(hints, matchers);
    REQUIRE((*selection)->size() == 1);
    ReadBuffer buffer;
    const auto samples = (*selection)->Read(0, buffer);
    REQUIRE(samples.has_value());
    REQUIRE(std::vector<TimestampMs>(samples->t.begin(), samples->t.end()) == std::vector<TimestampMs>{10, 20, 30});
    REQUIRE(samples->h.size() == 3);
    REQUIRE(samples->h[1] != nullptr);
    CHECK(samples->h[1]->positive_buckets == h->positive_buckets);
    CHECK(samples->h[1]->custom_values == h->custom_values);
    CHECK(samples->h[2] == nullptr);
    CHECK(IsStaleNan(samples->v[2]));
  };
  check();
  f.options.seal_on_close = false;
  f.Reopen();
  check();
  {
    auto appender = f.db->NewAppender({});
    const SeriesRef ref = *appender->Resolve(labels);
    CHECK(appender->AppendHistogram(ref, 30, h) == AppendOutcome::kDuplicate);
    CHECK(appender->AppendHistogram(ref, 20, h) == AppendOutcome::kOutOfOrder);
  }
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  check();
  CHECK(f.Metric("prometheus_tsdb_head_samples_appended_total", {{"type", "histogram"}}) == 0);
}

TEST_CASE("storage in memory works like one on a disk") {
  Fixture f;
  f.options.in_memory = true;
  f.options.path = "/memory";
  f.Open();
  const Labels labels{{"__name__", "a"}};
  for (int i = 0; i < 100; ++i) f.AppendOne(labels, i, i);
  const Status settled = f.db->RunMaintenance(Tsdb::Maintenance::kEverything);
  INFO((settled ? std::string() : settled.error().what));
  REQUIRE(settled.has_value());
  f.AppendOne(labels, 100, 100);
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second.size() == 101);
  CHECK_FALSE(std::filesystem::exists("/memory"));
}

}  // namespace
}  // namespace vigia::storage::test
