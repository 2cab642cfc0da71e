#include "storage/inspect/analysis.h"

#include "storage/inspect/inventory.h"
#include "storage/inspect/place.h"
#include "tests/unit/storage/tsdb/fixture.h"

using namespace vigia::storage;
using namespace vigia::storage::test;

namespace {

constexpr TimestampMs kNoon = 1'699'963'200'000;  // 2023-11-14T12:00:00Z

using Pairs = std::vector<std::pair<std::string, std::uint64_t>>;
Pairs Of(const std::vector<Figure>& figures) {
  Pairs out;
  for (const Figure& figure : figures) out.emplace_back(figure.name, figure.value);
  return out;
}

// x of three instances, y of one; a sample each 10 s from noon on, eleven of them; y{instance="b"} has the last six
// only.
void Fill(Fixture& f) {
  f.now_ms = kNoon;
  f.Open();
  for (int i = 0; i < 11; ++i) {
    for (const char* instance : {"a", "b", "c"}) {
      auto appender = f.db->NewAppender(Labels{{"instance", instance}});
      const auto append = [&](const Labels& labels, double v) {
        const auto ref = appender->Resolve(labels);
        REQUIRE((ref).has_value());
        REQUIRE(appender->Append(*ref, kNoon + i * 10'000, v) == AppendOutcome::kAdded);
      };
      append(Labels{{"__name__", "x"}, {"instance", instance}}, 1);
      if (*instance == 'b' && i >= 5) append(Labels{{"__name__", "y"}, {"instance", "b"}}, i * i * 0.1);
      REQUIRE((appender->Commit()).has_value());
    }
  }
}

Result<Analysis> AnalyzeClosed(Fixture& f, const AnalysisOptions& options) {
  REQUIRE((f.db->Close()).has_value());
  f.db.reset();
  const auto folder = OpenedFolder::Open(f.folder.path());
  REQUIRE((folder).has_value());
  return Analyze(**folder, options);
}

}  // namespace

TEST_CASE("series are counted by what their labels are") {
  Fixture f;
  f.options.seal_on_close = GENERATE(true, false);
  Fill(f);
  const auto a = AnalyzeClosed(f, {});
  REQUIRE((a).has_value());
  CHECK(a->series == 4);
  CHECK(a->samples == 39);
  CHECK(a->log_samples == (f.options.seal_on_close ? 0 : 39));
  CHECK(a->min_t == kNoon);
  CHECK(a->max_t == kNoon + 100'000);
  CHECK(a->label_names == 2);
  CHECK(a->label_pairs == 5);
  CHECK(a->label_pair_entries == 8);
  CHECK(Of(a->common_pairs) ==
        Pairs{{"__name__=x", 3}, {"instance=b", 2}, {"__name__=y", 1}, {"instance=a", 1}, {"instance=c", 1}});
  CHECK(Of(a->series_by_metric) == Pairs{{"x", 3}, {"y", 1}});
  CHECK(Of(a->most_values) == Pairs{{"instance", 3}, {"__name__", 2}});
  CHECK(Of(a->longest_values) == Pairs{{"instance", 3}, {"__name__", 2}});
}

TEST_CASE("a series that lives half of the time churns by a half") {
  Fixture f;
  Fill(f);
  // Of 100 s y{instance="b"} misses 50, and so do two more.
  for (const char* name : {"z1", "z2", "z3"}) {
    for (int i = 5; i < 11; ++i) f.AppendOne(Labels{{"__name__", name}, {"z", "1"}}, kNoon + i * 10'000, 1);
  }
  const auto a = AnalyzeClosed(f, {});
  REQUIRE((a).has_value());
  CHECK(a->churning_names[0].name == "__name__");
  CHECK(a->churning_names[0].value == 2);
  CHECK(a->churning_names[1].name == "z");
  CHECK(a->churning_names[1].value == 1);
  CHECK(a->churning_pairs[0].name == "z=1");
  CHECK(a->churning_pairs[0].value == 1);
}

TEST_CASE("limit and matchers") {
  Fixture f;
  Fill(f);
  AnalysisOptions options;
  options.limit = 1;
  options.matchers = {Matcher::Equal("instance", "b")};
  const auto a = AnalyzeClosed(f, options);
  REQUIRE((a).has_value());
  CHECK(a->series == 2);
  CHECK(a->samples == 17);
  CHECK(Of(a->common_pairs) == Pairs{{"instance=b", 2}});
  CHECK(a->cost_by_metric.size() == 1);
}

TEST_CASE("costs are by metric and by encoding") {
  Fixture f;
  Fill(f);
  {
    auto appender = f.db->NewAppender({});
    const auto ref = appender->Resolve(Labels{{"__name__", "h"}});
    auto h = std::make_shared<FloatHistogram>();
    h->count = 1;
    h->positive_spans = {{0, 1}};
    h->positive_buckets = {1};
    REQUIRE(appender->AppendHistogram(*ref, kNoon, h) == AppendOutcome::kAdded);
    REQUIRE((appender->Commit()).has_value());
  }
  const auto a = AnalyzeClosed(f, {});
  REQUIRE((a).has_value());
  std::uint64_t bytes = 0;
  std::uint64_t samples = 0;
  std::uint64_t constants = 0;
  std::uint64_t histograms = 0;
  for (const Cost& cost : a->cost_by_encoding) {
    bytes += cost.bytes;
    samples += cost.samples;
    if (cost.name == "integers") constants += cost.samples;
    if (cost.name == "histograms") histograms += cost.samples;
  }
  CHECK(bytes == a->group_bytes);  // Nothing is left out.
  CHECK(samples == 40);
  CHECK(constants == 33);  // All values of x are 1: an integer stream of width 0.
  CHECK(histograms == 1);
  bytes = 0;
  for (const Cost& cost : a->cost_by_metric) {
    bytes += cost.bytes;
    CHECK(cost.samples == (cost.name == "x" ? 33 : cost.name == "y" ? 6 : 1));
  }
  CHECK(bytes < a->group_bytes);
  CHECK(bytes > 0);
  CHECK(a->file_bytes > 0);
}

TEST_CASE("runs are listed with their files, and the log") {
  Fixture f;
  f.options.seal_on_close = false;
  Fill(f);
  REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
  f.AppendOne(Labels{{"__name__", "x"}, {"instance", "a"}}, kNoon + 86'400'000, 1);
  REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
  f.AppendOne(Labels{{"__name__", "x"}, {"instance", "a"}}, kNoon + 86'400'001, 1);
  REQUIRE((f.db->Close()).has_value());
  f.db.reset();
  const auto folder = OpenedFolder::Open(f.folder.path());
  REQUIRE((folder).has_value());
  const auto found = TakeInventory(**folder);
  REQUIRE((found).has_value());
  REQUIRE(found->runs.size() == 2);
  CHECK(found->runs[0].run.samples == 39);
  CHECK(found->runs[0].series == 4);
  CHECK(found->runs[0].run.min_t == kNoon);
  CHECK(found->runs[0].run.max_t == kNoon + 100'000);
  CHECK(found->runs[0].files.size() == 1);
  CHECK(found->runs[0].file_bytes > 0);
  CHECK(found->runs[1].run.samples == 1);
  CHECK(found->runs[1].series == 1);
  REQUIRE_FALSE(found->logs.empty());
  CHECK(found->logs.back().max_t == kNoon + 86'400'001);
  CHECK(found->left_overs.empty());
  CHECK(found->quarantined_records == 0);
}

TEST_CASE("places and times have names") {
  CHECK(DayText(0) == "1970-01-01");
  CHECK(DayText(-1) == "1969-12-31");
  CHECK(DayText(19'675) == "2023-11-14");
  CHECK(DayText(2'000'000'000) == "day 2000000000");
  CHECK(TimeText(kNoon + 61'001) == "2023-11-14T12:01:01.001Z");
  CHECK(TimeText(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(TimeText(INT64_MIN) == "-9223372036854775808 ms");
  CHECK(RecordText("x") == "record with key 78");
  CHECK(RecordText("") == "record with key ");
}
