// Downsampling in a whole database: what is replaced when, what readers see, and what else happens to such days.
#include <cmath>
#include <random>
#include <set>

#include "storage/model/sample.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr auto kEverything = Tsdb::Maintenance::kEverything;
constexpr TimestampMs kMinute = 60'000;
constexpr TimestampMs kHour = 60 * kMinute;
constexpr TimestampMs kScrape = 30'000;
constexpr TimestampMs kLookback = 5 * kMinute;

DownsamplingRule RuleFor(const std::string& name, DurationMs after_ms, DurationMs resolution_ms) {
  return {name, {Match(MatchType::kRegex, "__name__", name)}, after_ms, resolution_ms};
}

using Model = std::map<std::string, std::map<TimestampMs, double>>;  // By name.

class Downsampled : public Fixture {
 public:
  Downsampled() {
    today = DayOf(now_ms);
    Open();
  }
  std::vector<Point> Read(const std::string& name, const std::string& function, DurationMs range_ms, TimestampMs from,
                          TimestampMs to, DurationMs lookback_ms = 0) const {
    SelectHints hints;
    hints.start_ms = from + 1;  // As for a window: open on the left.
    hints.end_ms = to;
    hints.function = function;
    hints.range_ms = range_ms;
    hints.lookback_ms = lookback_ms;
    const std::vector<Matcher> matchers{Matcher::Equal("__name__", name)};
    const auto selection = db->NewQuerier(hints.start_ms, to)->Select(hints, matchers);
    REQUIRE(selection.has_value());
    std::vector<Point> out;
    ReadBuffer buffer;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      const auto view = (*selection)->Read(i, buffer);
      REQUIRE(view.has_value());
      for (std::size_t k = 0; k < view->t.size(); ++k) out.push_back(At(view->t[k], view->v[k]));
    }
    return out;
  }
  // The samples of a window without markers.
  std::vector<double> Window(const std::string& name, const std::string& function, TimestampMs from,
                             TimestampMs to) const {
    std::vector<double> out;
    for (const Point& point : Read(name, function, to - from, from, to)) {
      const auto v = std::bit_cast<double>(point.bits);
      if (!IsStaleNan(v)) out.push_back(v);
    }
    return out;
  }
  std::size_t Stored(const std::string& name) const {
    return Read(name, "", 0, kMinTimestampMs, kMaxTimestampMs).size();
  }
  void Append(const std::vector<std::pair<std::string, double>>& values, TimestampMs t) {
    now_ms = std::max(now_ms, t);
    auto appender = db->NewAppender(Labels{{"job", "j"}});
    for (const auto& [name, v] : values) {
      const SeriesRef ref = *appender->Resolve(Labels{{"__name__", name}, {"job", "j"}});
      if (appender->Append(ref, t, v) == AppendOutcome::kAdded) model[name].try_emplace(t, v);
    }
    REQUIRE(appender->Commit().has_value());
  }
  // A counter and a gauge, each half minute of the days.
  void FillDays(std::int32_t from, std::int32_t to) {
    for (TimestampMs t = DayStart(from) + 7'000; t < DayStart(to); t += kScrape) {
      const auto n = (t - DayStart(today)) / kScrape;
      Append({{"counter", static_cast<double>(n % 700)}, {"gauge", static_cast<double>(n * 37 % 101) / 4}}, t);
    }
  }
  void Settle() { REQUIRE(db->RunMaintenance(kEverything).has_value()); }
  void Rules(std::vector<DownsamplingRule> rules) { REQUIRE(db->SetDownsampling(std::move(rules)).has_value()); }
  void CheckWindow(const std::string& name, TimestampMs from, TimestampMs to) const;
  void CheckInstants(const std::string& name, TimestampMs from, TimestampMs to) const;

  std::int32_t today = 0;
  Model model;
};

double Increase(const std::vector<double>& v) {
  double sum = v.back() - v.front();
  for (std::size_t i = 1; i < v.size(); ++i) sum += v[i] < v[i - 1] ? v[i - 1] : 0;
  return sum;
}
double Sum(const std::vector<double>& values) {
  long double sum = 0;
  for (const double v : values) sum += v;
  return static_cast<double>(sum);
}

void Downsampled::CheckWindow(const std::string& name, TimestampMs from, TimestampMs to) const {
  INFO(name << " from " << from << " to " << to);
  std::vector<double> raw;
  for (auto at = model.at(name).upper_bound(from); at != model.at(name).end() && at->first <= to; ++at) {
    if (!IsStaleNan(at->second)) raw.push_back(at->second);
  }
  const auto seen = [&](const char* function) { return Window(name, function, from, to); };
  REQUIRE(seen("").empty() == raw.empty());
  if (raw.empty()) return;
  CHECK(seen("count_over_time").size() == raw.size());
  CHECK(Sum(seen("avg_over_time")) == Approx(Sum(raw)).epsilon(1e-12));
  CHECK(Sum(seen("sum_over_time")) == Approx(Sum(raw)).epsilon(1e-12));
  const auto low = seen("min_over_time");
  const auto high = seen("max_over_time");
  CHECK(*std::min_element(low.begin(), low.end()) == *std::min_element(raw.begin(), raw.end()));
  CHECK(*std::max_element(high.begin(), high.end()) == *std::max_element(raw.begin(), raw.end()));
  CHECK(Increase(seen("rate")) == Approx(Increase(raw)).epsilon(1e-9).margin(1e-6));
  CHECK(seen("delta").front() == raw.front());
  CHECK(seen("last_over_time").back() == raw.back());
}

// An instant selector has a value where it would have one of the samples that were written.
void Downsampled::CheckInstants(const std::string& name, TimestampMs from, TimestampMs to) const {
  const auto points = Read(name, "", 0, from - kLookback, to, kLookback);
  std::map<TimestampMs, double> seen;
  for (const Point& point : points) seen[point.t] = std::bit_cast<double>(point.bits);
  const auto has_value = [](const std::map<TimestampMs, double>& samples, TimestampMs at) {
    const auto after = samples.upper_bound(at);
    if (after == samples.begin()) return false;
    const auto& [t, v] = *std::prev(after);
    return t > at - kLookback && !IsStaleNan(v);
  };
  for (TimestampMs at = from; at < to; at += 41'000) REQUIRE(has_value(seen, at) == has_value(model.at(name), at));
}

TEST_CASE("nothing is replaced where no rule says so") {
  Downsampled f;
  f.FillDays(f.today, f.today + 2);
  f.now_ms += 100 * kDayMs;
  f.Settle();
  CHECK(f.Stored("counter") == f.model["counter"].size());
  CHECK(f.Metric("vigia_storage_downsampling_runs_total") == 0);
  f.Rules({RuleFor("other", kDayMs, kHour)});
  f.Settle();
  CHECK(f.Stored("counter") == f.model["counter"].size());
  CHECK(f.Metric("vigia_storage_downsampling_runs_total") == 0);
}

TEST_CASE("days are downsampled when all of them is old enough, and stay so") {
  Downsampled f;
  f.FillDays(f.today, f.today + 4);
  f.Settle();
  const auto version = f.db->time_versions()->now();
  f.now_ms = DayStart(f.today + 4);
  f.Rules({RuleFor("counter|gauge", 2 * kDayMs, kHour)});
  for (const double days : {1, 2, 2}) {
    REQUIRE(f.db->RunMaintenance().has_value());
    CHECK(f.Metric("vigia_storage_downsampling_runs_total") == days);
  }
  CHECK(f.Metric("vigia_storage_downsampling_failures_total") == 0);
  const std::size_t written = f.model["gauge"].size();
  CHECK(f.Stored("gauge") == written / 2 + 2 * 48);
  CHECK(f.Stored("counter") > f.Stored("gauge"));  // With its resets.
  CHECK(f.Metric("vigia_storage_downsampling_replaced_samples_total") ==
        2.0 * static_cast<double>(written) - static_cast<double>(f.Stored("gauge") + f.Stored("counter")));
  CHECK(f.Metric("vigia_storage_downsampling_freed_bytes_total") > 0);
  CHECK(f.db->time_versions()->FirstChange(DayStart(f.today), DayStart(f.today + 1), version).has_value());
  CHECK_FALSE(f.db->time_versions()->FirstChange(DayStart(f.today + 2), DayStart(f.today + 4), version).has_value());
  const auto check = [&] {
    for (const char* name : {"counter", "gauge"}) {
      f.CheckWindow(name, DayStart(f.today), DayStart(f.today + 4));
      f.CheckWindow(name, DayStart(f.today) + 5 * kHour, DayStart(f.today) + 6 * kHour);
      f.CheckWindow(name, DayStart(f.today + 1) - 3 * kHour, DayStart(f.today + 3) + 3 * kMinute);
      f.CheckInstants(name, DayStart(f.today), DayStart(f.today) + 10 * kHour);
      f.CheckInstants(name, DayStart(f.today + 2) - 2 * kHour, DayStart(f.today + 2) + 2 * kHour);
    }
  };
  check();
  f.Settle();
  CHECK(f.Metric("vigia_storage_downsampling_runs_total") == 2);  // There is nothing left to do.
  f.Rules({});
  f.Settle();
  f.Reopen();
  check();
  CHECK(f.Stored("gauge") == written / 2 + 2 * 48);
  CHECK(f.Metric("vigia_storage_misplaced_files") == 0);
}

TEST_CASE("rules are tiers: the coarsest that is due counts") {
  Downsampled f;
  f.FillDays(f.today, f.today + 3);
  f.options.downsampling = {RuleFor("gauge", kDayMs, 10 * kMinute), RuleFor("gauge|counter", 3 * kDayMs, 2 * kHour)};
  f.now_ms = DayStart(f.today + 4);
  f.Reopen();
  f.Settle();
  CHECK(f.Stored("gauge") == 24 + 2 * 144 * 2);
  CHECK(f.Stored("counter") < f.model["counter"].size());
  f.CheckWindow("gauge", DayStart(f.today), DayStart(f.today + 1) + 20 * kMinute);
  f.now_ms = DayStart(f.today + 6);
  f.Settle();
  CHECK(f.Stored("gauge") == 3 * 24);
  f.CheckWindow("gauge", DayStart(f.today), DayStart(f.today + 3));
  f.CheckWindow("counter", DayStart(f.today) + 4 * kHour, DayStart(f.today + 2) + 2 * kHour);
  f.CheckInstants("counter", DayStart(f.today + 1), DayStart(f.today + 3));
  CHECK(f.Window("gauge", "rate", DayStart(f.today) + 61 * kMinute, DayStart(f.today) + 66 * kMinute).size() >= 9);
}

TEST_CASE("rules that do not fit together are refused, and the former ones stay") {
  Downsampled f;
  f.FillDays(f.today, f.today + 1);
  f.Rules({RuleFor("gauge", kDayMs, kHour)});
  const auto refused = [&](std::vector<DownsamplingRule> rules) {
    return f.db->SetDownsampling(rules).has_error() && f.db->TryDownsampling(rules).has_error();
  };
  CHECK(refused({RuleFor("a", kDayMs, 7 * kMinute)}));
  CHECK(refused({RuleFor("a", kDayMs, 0)}));
  CHECK(refused({RuleFor("a", 0, kHour)}));
  CHECK(refused({RuleFor("a", kDayMs, 2 * kHour), RuleFor("b", kDayMs, 3 * kHour)}));
  f.now_ms = DayStart(f.today + 3);
  f.Settle();
  CHECK(f.Stored("gauge") == 48);
}

TEST_CASE("samples that come late join what is downsampled") {
  Downsampled f;
  f.options.out_of_order_window_ms = 30 * kDayMs;
  f.Reopen();
  f.FillDays(f.today, f.today + 2);
  f.now_ms = DayStart(f.today + 4);
  f.Rules({RuleFor("gauge", kDayMs, kHour)});
  f.Settle();
  for (TimestampMs t = DayStart(f.today) + kHour; t < DayStart(f.today) + 2 * kHour; t += 20 * kMinute) {
    f.Append({{"gauge", 1000}}, t);
  }
  const auto check = [&] {
    const std::vector<double> all = f.Window("gauge", "count_over_time", DayStart(f.today), DayStart(f.today + 1));
    CHECK(all.size() == 2880 + 3);
    const auto high = f.Window("gauge", "max_over_time", DayStart(f.today) + kHour, DayStart(f.today) + 2 * kHour);
    CHECK(*std::max_element(high.begin(), high.end()) == 1000);
    CHECK(Sum(f.Window("gauge", "sum_over_time", DayStart(f.today), DayStart(f.today + 1))) ==
          Approx(Sum(f.Window("gauge", "avg_over_time", DayStart(f.today), DayStart(f.today + 1)))));
  };
  check();
  f.Settle();
  CHECK(f.Stored("gauge") == 2 * 48);  // One is the last of its interval now, two are among dropped ones.
  check();
}

TEST_CASE("what is deleted shows nowhere") {
  Downsampled f;
  f.FillDays(f.today, f.today + 2);
  // One high value, within an interval.
  f.Append({{"gauge", 1}}, DayStart(f.today + 2));
  f.model.clear();
  const TimestampMs high = DayStart(f.today + 2) + kHour + 20 * kMinute;
  for (TimestampMs t = DayStart(f.today + 2) + kScrape; t < DayStart(f.today + 3); t += kScrape) {
    f.Append({{"gauge", t == high ? 5000 : 1}}, t);
  }
  f.now_ms = DayStart(f.today + 5);
  f.Rules({RuleFor("gauge", kDayMs, kHour)});
  f.Settle();
  const TimestampMs from = DayStart(f.today + 2) + kHour;
  const auto highest = [&](TimestampMs start, TimestampMs end) {
    const auto values = f.Window("gauge", "max_over_time", start, end);
    return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  };
  CHECK(highest(from, from + kHour) == 5000);
  // A minute around it; or the first sample of the interval up to it; or from it to the interval's last.
  const auto [begin, end] = GENERATE_COPY(std::pair(high - kMinute, high + kMinute), std::pair(from + 1, high),
                                          std::pair(high, from + kHour));
  const std::vector<Matcher> gauge{Matcher::Equal("__name__", "gauge")};
  REQUIRE(f.db->DeleteSeries(gauge, begin, end).has_value());
  const auto check = [&] {
    CHECK(highest(from, from + kHour) <= 1);
    CHECK(Sum(f.Window("gauge", "sum_over_time", from, from + kHour)) <= 120);
    for (const char* function : {"avg_over_time", "rate", "last_over_time"}) {
      for (const double v : f.Window("gauge", function, from, from + kHour)) CHECK(v <= 1);
    }
    for (const Point& point : f.Read("gauge", "max_over_time", kHour, begin - 1, end)) {
      CHECK(std::bit_cast<double>(point.bits) <= 1);  // Around the minute the kept samples stay.
    }
    // Other intervals are what they were.
    CHECK(f.Window("gauge", "count_over_time", from + kHour, from + 2 * kHour).size() == 120);
    CHECK(f.Window("gauge", "count_over_time", from - kHour, from).size() >= 119);
  };
  check();
  REQUIRE(f.db->CleanTombstones().has_value());
  CHECK(f.Metric("vigia_storage_tombstones") == 0);
  check();
  f.Reopen();
  check();
}

TEST_CASE("retention goes with downsampling") {
  Downsampled f;
  f.FillDays(f.today, f.today + 6);
  f.now_ms = DayStart(f.today + 6);
  f.Rules({RuleFor("gauge|counter", kDayMs, kHour)});
  const RetentionPolicy short_lived{"counter", {Matcher::Equal("__name__", "counter")}, 2 * kDayMs + 30 * kMinute};
  REQUIRE(f.db->SetRetention(4 * kDayMs, 0, {short_lived}).has_value());
  f.Settle();
  CHECK(f.db->MinTime() < DayStart(f.today + 2) + kHour);
  CHECK(f.Window("gauge", "count_over_time", DayStart(f.today + 2), DayStart(f.today + 6)).size() == 4 * 2880);
  CHECK(f.Window("gauge", "count_over_time", DayStart(f.today), DayStart(f.today + 2)).empty());
  // The policy's limit cut an interval before it was downsampled, and does so again: now its last sample is left.
  const TimestampMs end = DayStart(f.today + 4);
  const auto left = [&] { return f.Read("counter", "count_over_time", kHour, DayStart(f.today), end).size(); };
  CHECK(left() == 60);
  f.now_ms += 10 * kMinute;
  CHECK(left() == 1);
  CHECK(f.Window("counter", "count_over_time", end, end + kHour).size() == 120);
}

TEST_CASE("a dry run tells what a rule would replace") {
  Downsampled f;
  f.FillDays(f.today, f.today + 6);
  f.now_ms = DayStart(f.today + 6);
  f.Settle();
  const std::vector<DownsamplingRule> rules{RuleFor("gauge", 3 * kDayMs, kHour), RuleFor("none", kDayMs, kHour),
                                            RuleFor("counter", kDayMs, kMinute)};
  const auto before = f.db->TryDownsampling(rules);
  REQUIRE(before.has_value());
  REQUIRE(before->size() == 3);
  const DownsamplingUsage gauge = (*before)[0];
  CHECK(gauge.series == 1);
  CHECK(gauge.samples == 6 * 2880);
  CHECK(gauge.due_samples == 3 * 2880);
  CHECK(gauge.replaced_samples == 3 * (2880 - 48));
  CHECK(gauge.due_bytes * 2 == Approx(gauge.bytes).epsilon(0.1));
  CHECK(gauge.downsampled_bytes == 0);
  CHECK(gauge.freed_bytes > gauge.due_bytes / 2);
  CHECK(gauge.freed_bytes < gauge.due_bytes);
  CHECK((*before)[1].series == 0);
  CHECK((*before)[2].due_samples == 5 * 2880);
  CHECK((*before)[2].replaced_samples == 0);  // Two samples a minute are fewer than a record needs room for.
  CHECK(f.Stored("gauge") == 6 * 2880);
  f.Rules({rules[0]});
  f.Settle();
  const auto after = f.db->TryDownsampling(rules);
  CHECK((*after)[0].due_bytes == 0);
  CHECK((*after)[0].downsampled_bytes > 0);
  CHECK((*after)[0].bytes < gauge.bytes);
}

// Of two series with a sample a second only one is downsampled: the page has more times than a tile can hold.
TEST_CASE("a sample each second is no hindrance") {
  constexpr TimestampMs kSamples = 70'000;
  Downsampled f;
  const auto value = [](TimestampMs i) { return static_cast<double>(i * 37 % 101); };
  for (TimestampMs first = 0; first < kSamples; first += 1000) {
    auto appender = f.db->NewAppender(Labels{{"job", "j"}});
    for (const char* name : {"thin", "raw"}) {
      const SeriesRef ref = *appender->Resolve(Labels{{"__name__", name}, {"job", "j"}});
      for (TimestampMs i = first; i < first + 1000; ++i) {
        REQUIRE(appender->Append(ref, DayStart(f.today) + i * 1000, value(i)) == AppendOutcome::kAdded);
      }
    }
    REQUIRE(appender->Commit().has_value());
  }
  f.now_ms = DayStart(f.today + 5);
  f.Rules({RuleFor("thin", kDayMs, kHour)});
  f.Settle();
  CHECK(f.Metric("vigia_storage_downsampling_runs_total") == 1);
  const auto raw = f.Read("raw", "", 0, kMinTimestampMs, kMaxTimestampMs);
  REQUIRE(raw.size() == kSamples);
  double sum = 0;
  for (TimestampMs i = 0; i < kSamples; ++i) {
    REQUIRE(raw[static_cast<std::size_t>(i)] == At(DayStart(f.today) + i * 1000, value(i)));
    sum += value(i);
  }
  CHECK(f.Stored("thin") == 1 + 20 * 2);  // The first sample is the last one of an interval; 19 hours and a part.
  const auto thin = f.Window("thin", "sum_over_time", DayStart(f.today) - 1, DayStart(f.today + 1));
  CHECK(Sum(thin) == Approx(sum).epsilon(1e-12));
}

// More columns than a page has, and runs that hold one page at most.
TEST_CASE("what of a target is in several runs is downsampled where a rule says so") {
  constexpr int kSeries = 200;
  constexpr TimestampMs kRows = 300;
  Downsampled f;
  f.options.rewrite.run_bytes = 1;
  f.Reopen();
  const auto name_of = [](int i) { return "s" + std::to_string(i); };
  for (TimestampMs row = 0; row < kRows; ++row) {
    std::vector<std::pair<std::string, double>> values;
    for (int i = 0; i < kSeries; ++i) values.emplace_back(name_of(i), static_cast<double>(row * 13 % (i + 5)));
    f.Append(values, DayStart(f.today) + (row + 1) * kMinute);
  }
  f.now_ms = DayStart(f.today + 5);
  const auto check = [&](int first_thin) {
    for (int i = 0; i < kSeries; ++i) {
      INFO(i);
      REQUIRE((f.Stored(name_of(i)) < kRows) == (i >= first_thin));
      if (i % 20 == 3) f.CheckWindow(name_of(i), DayStart(f.today), DayStart(f.today) + 5 * kHour);
    }
  };
  f.Settle();
  check(kSeries);
  f.Rules({RuleFor("s1..", kDayMs, kHour)});
  f.Settle();
  check(100);
  f.Rules({RuleFor("s.*", kDayMs, kHour)});
  f.Settle();
  f.Reopen();
  check(0);
  f.Settle();
  const double runs = f.Metric("vigia_storage_downsampling_runs_total");
  f.Settle();
  CHECK(f.Metric("vigia_storage_downsampling_runs_total") == runs);  // There is nothing left to do.
}

TEST_CASE("a random life, downsampled on the way, tells the same of whole intervals") {
  const auto seed = GENERATE(1u, 2u, 3u);
  std::mt19937_64 random(seed);
  Downsampled f;
  f.options.out_of_order_window_ms = seed == 2 ? kHour : 0;
  f.options.seal.rows = 30;
  f.options.downsampling = {RuleFor("s[0-3]", kDayMs, 15 * kMinute), RuleFor("s[1-9]", 2 * kDayMs, kHour)};
  f.Reopen();
  const TimestampMs start = DayStart(f.today);
  std::vector<double> value(6, 10);
  TimestampMs t = start;
  while (t < start + 4 * kDayMs) {
    t += kScrape + static_cast<TimestampMs>(random() % 5'000);
    if (random() % 400 == 0) t += static_cast<TimestampMs>(random() % (3 * kHour));
    std::vector<std::pair<std::string, double>> values;
    std::vector<std::pair<std::string, double>> late;
    for (std::size_t i = 0; i < value.size(); ++i) {
      value[i] += static_cast<double>(random() % 20);
      if (random() % (i % 2 == 0 ? 40 : 900) == 0) value[i] = static_cast<double>(random() % 3);
      if (random() % 50 == 0) continue;
      const double v = random() % 300 == 0 ? kStaleNan : i == 5 ? static_cast<double>(random() % 7) / 8 : value[i];
      (seed == 2 && random() % 60 == 0 ? late : values).emplace_back("s" + std::to_string(i), v);
    }
    f.Append(values, t);
    if (!late.empty()) f.Append(late, std::max(start, t - static_cast<TimestampMs>(random() % (50 * kMinute))));
    const auto what = random() % 1500;
    if (what == 0) f.Settle();
    if (what == 1) f.Reopen();
    if (what < 8) REQUIRE(f.db->RunMaintenance().has_value());
  }
  f.now_ms = start + 6 * kDayMs;
  f.Settle();
  CHECK(f.Metric("vigia_storage_downsampling_runs_total") > 0);
  CHECK(f.Stored("s1") < f.model["s1"].size() / 2);
  for (const auto& [name, samples] : f.model) {
    for (int i = 0; i < 15; ++i) {
      const auto a = static_cast<TimestampMs>(random() % 96);
      const auto b = a + 1 + static_cast<TimestampMs>(random() % 30);
      f.CheckWindow(name, start + a * kHour, start + b * kHour);
    }
    f.CheckInstants(name, start, start + 4 * kDayMs);
    const auto stored = f.Read(name, "", 0, kMinTimestampMs, kMaxTimestampMs);
    for (const Point& point : stored) {
      REQUIRE(std::bit_cast<std::uint64_t>(samples.at(point.t)) == point.bits);  // Each was really written.
    }
  }
  CHECK(f.Metric("vigia_storage_misplaced_files") == 0);
}

}  // namespace
}  // namespace vigia::storage::test
