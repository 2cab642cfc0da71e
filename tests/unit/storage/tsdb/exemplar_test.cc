// Exemplars and the zero samples at starts, through the whole of storage.
#include "storage/model/sample.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr TimestampMs kT = 1'700'000'000'000;

Labels Series(const std::string& name) { return Labels{{"__name__", name}, {"job", "j"}}; }

Exemplar Of(TimestampMs t, double v, const std::string& trace) { return {Labels{{"trace_id", trace}}, v, t, true}; }

void AppendWith(Fixture& f, const std::string& name, TimestampMs t, const std::vector<Exemplar>& exemplars) {
  auto appender = f.db->NewAppender(Labels{{"job", "j"}});
  const SeriesRef ref = *appender->Resolve(Series(name));
  REQUIRE(appender->Append(ref, t, 1) == AppendOutcome::kAdded);
  for (const Exemplar& e : exemplars) REQUIRE(appender->AppendExemplar(ref, e) == AppendOutcome::kAdded);
  REQUIRE(appender->Commit().has_value());
}

// "series: value@time trace ..." for each, as queries give them.
std::vector<std::string> Exemplars(const Fixture& f, std::vector<std::vector<Matcher>> selectors,
                                   TimestampMs from = kMinTimestampMs, TimestampMs to = kMaxTimestampMs) {
  std::vector<std::string> out;
  const auto found = f.db->SelectExemplars(from, to, selectors);
  REQUIRE(found.has_value());
  for (const ExemplarSeries& series : *found) {
    std::string text = std::string(series.labels.metric_name()) + ":";
    for (const Exemplar& e : series.exemplars) {
      text += " " + std::to_string(static_cast<int>(e.v)) + "@" + std::to_string(e.t - kT);
      text += std::string(e.labels.Get("trace_id"));
    }
    out.push_back(text);
  }
  return out;
}

std::vector<Matcher> Name(const std::string& name) { return {Matcher::Equal("__name__", name)}; }

TEST_CASE("exemplars are found by selectors and time, and survive a killed process") {
  Fixture f;
  f.options.max_exemplars = 100;
  f.options.seal_on_close = false;
  f.Open();
  AppendWith(f, "b", kT, {Of(kT - 5, 1, "p"), Of(kT, 2, "q")});
  AppendWith(f, "a", kT, {Of(kT, 3, "r")});
  AppendWith(f, "c", kT, {});
  const auto check = [&] {
    CHECK(Exemplars(f, {Name("a"), Name("b")}) == std::vector<std::string>{"a: 3@0r", "b: 1@-5p 2@0q"});
    CHECK(Exemplars(f, {Name("b")}, kT - 5, kT - 1) == std::vector<std::string>{"b: 1@-5p"});
    CHECK(Exemplars(f, {Name("c")}).empty());
    CHECK(Exemplars(f, {}).empty());
    CHECK(f.Metric("prometheus_tsdb_exemplar_exemplars_in_storage") == 3);
    CHECK(f.Metric("prometheus_tsdb_exemplar_series_with_exemplars_in_storage") == 2);
    CHECK(f.Metric("prometheus_tsdb_exemplar_max_exemplars") == 100);
    CHECK(f.Metric("prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds") == static_cast<double>(kT - 5) / 1000);
  };
  CHECK(f.Metric("prometheus_tsdb_exemplar_exemplars_appended_total") == 3);
  check();
  f.Reopen();
  check();
  f.Reopen();
  check();
}

TEST_CASE("what becomes of an exemplar is told when it is appended") {
  Fixture f;
  f.options.max_exemplars = 10;
  f.Open();
  AppendWith(f, "a", kT, {Of(kT, 1, "p")});
  auto appender = f.db->NewAppender({});
  const SeriesRef ref = *appender->Resolve(Series("a"));
  CHECK(appender->AppendExemplar(ref, Of(kT, 1, "p")) == AppendOutcome::kSame);
  CHECK(appender->AppendExemplar(ref, Of(kT - 1, 1, "p")) == AppendOutcome::kOutOfOrder);
  CHECK(f.Metric("prometheus_tsdb_exemplar_out_of_order_exemplars_total") == 1);
  // Without a sample in the batch, and given up before it is committed.
  CHECK(appender->AppendExemplar(ref, Of(kT + 1, 2, "q")) == AppendOutcome::kAdded);
  appender->Rollback();
  CHECK(appender->AppendExemplar(ref, Of(kT + 2, 3, "s")) == AppendOutcome::kAdded);
  REQUIRE(appender->Commit().has_value());
  CHECK(Exemplars(f, {Name("a")}) == std::vector<std::string>{"a: 1@0p 3@2s"});
}

TEST_CASE("the ring keeps its newest over restarts and new sizes") {
  Fixture f;
  f.options.max_exemplars = 4;
  f.Open();
  for (int i = 0; i < 10; ++i) AppendWith(f, "a", kT + i, {Of(kT + i, i, "")});
  const std::vector<std::string> last_four{"a: 6@6 7@7 8@8 9@9"};
  CHECK(Exemplars(f, {Name("a")}) == last_four);
  f.Reopen();
  CHECK(Exemplars(f, {Name("a")}) == last_four);
  AppendWith(f, "a", kT + 10, {Of(kT + 10, 10, "")});
  f.Reopen();
  CHECK(Exemplars(f, {Name("a")}) == std::vector<std::string>{"a: 7@7 8@8 9@9 10@10"});
  REQUIRE(f.db->SetMaxExemplars(2).has_value());
  CHECK(Exemplars(f, {Name("a")}) == std::vector<std::string>{"a: 9@9 10@10"});
  REQUIRE(f.db->SetMaxExemplars(3).has_value());
  AppendWith(f, "a", kT + 11, {Of(kT + 11, 11, "")});
  const std::vector<std::string> three{"a: 9@9 10@10 11@11"};
  CHECK(Exemplars(f, {Name("a")}) == three);
  f.options.max_exemplars = 7;  // Another size at start.
  f.Reopen();
  CHECK(Exemplars(f, {Name("a")}) == three);
  f.options.max_exemplars = 2;
  f.Reopen();
  CHECK(Exemplars(f, {Name("a")}) == std::vector<std::string>{"a: 10@10 11@11"});
  f.options.max_exemplars = 0;
  f.Reopen();
  CHECK(Exemplars(f, {Name("a")}).empty());
  AppendWith(f, "a", kT + 12, {Of(kT + 12, 12, "")});
  CHECK(f.Metric("vigia_storage_exemplars_dropped_total") == 1);
  f.options.max_exemplars = 7;
  f.Reopen();
  CHECK(Exemplars(f, {Name("a")}).empty());
}

TEST_CASE("a series begins with a zero where its counting began, if it is new") {
  Fixture f;
  f.options.out_of_order_window_ms = 600'000;  // Opens no door for zeros.
  f.Open();
  const auto append = [&](const std::string& name, TimestampMs t, TimestampMs start) {
    auto appender = f.db->NewAppender({});
    const SeriesRef ref = *appender->Resolve(Series(name));
    appender->AppendZeroAtStart(ref, t, start, nullptr);
    REQUIRE(appender->Append(ref, t, 5) == AppendOutcome::kAdded);
    REQUIRE(appender->Commit().has_value());
  };
  const auto samples = [&](const std::string& name) {
    return f.Query({Matcher::Equal("__name__", name)}).begin()->second;
  };
  append("a", kT, kT - 7000);
  append("a", kT + 15'000, kT - 7000);
  append("a", kT + 30'000, kT + 20'000);  // It began anew.
  CHECK(samples("a") ==
        std::vector<Point>{At(kT - 7000, 0), At(kT, 5), At(kT + 15'000, 5), At(kT + 20'000, 0), At(kT + 30'000, 5)});
  CHECK(f.Metric("prometheus_tsdb_out_of_order_samples_total", Labels{{"type", "float"}}) == 0);
  append("not before", kT, kT);
  append("not known", kT, 0);
  append("not long ago", kT, kT - 2 * 3'600'000);
  for (const char* name : {"not before", "not known", "not long ago"}) {
    CHECK(samples(name) == std::vector<Point>{At(kT, 5)});
  }
}

TEST_CASE("a histogram begins with an empty one of its layout") {
  Fixture f;
  f.Open();
  auto h = std::make_shared<FloatHistogram>();
  h->schema = 3;
  h->zero_threshold = 0.5;
  h->integer = true;
  h->count = 4;
  h->positive_spans = {{0, 1}};
  h->positive_buckets = {4};
  auto appender = f.db->NewAppender({});
  const SeriesRef ref = *appender->Resolve(Series("h"));
  appender->AppendZeroAtStart(ref, kT, kT - 1, h);
  REQUIRE(appender->AppendHistogram(ref, kT, h) == AppendOutcome::kAdded);
  REQUIRE(appender->Commit().has_value());
  const auto selection = f.db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, Name("h"));
  ReadBuffer buffer;
  const auto view = (*selection)->Read(0, buffer);
  REQUIRE(view->t.size() == 2);
  CHECK(view->t[0] == kT - 1);
  CHECK(view->h[0]->count == 0);
  CHECK(view->h[0]->schema == 3);
  CHECK(view->h[0]->zero_threshold == 0.5);
  CHECK(view->h[0]->positive_spans.empty());
  CHECK(view->h[0]->hint == CounterResetHint::kReset);
}

}  // namespace
}  // namespace vigia::storage::test
