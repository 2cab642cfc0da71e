#include "storage/rowgroup/downsample.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>

#include "storage/model/sample.h"
#include "storage/rowgroup/restore.h"
#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

constexpr DurationMs kMinute = 60'000;
constexpr DurationMs kResolution = 15 * kMinute;
constexpr DurationMs kCoarse = 60 * kMinute;
constexpr TimestampMs kStart = 19'675 * TimestampMs{86'400'000};

// Samples of one series within (from, to], without markers.
struct Plain {
  std::vector<double> v;

  double Sum() const {
    long double sum = 0;
    for (const double x : v) sum += x;
    return static_cast<double>(sum);
  }
  double Min() const { return *std::min_element(v.begin(), v.end()); }
  double Max() const { return *std::max_element(v.begin(), v.end()); }
  // As PromQL's increase() before it extrapolates.
  double Increase() const {
    double sum = v.back() - v.front();
    for (std::size_t i = 1; i < v.size(); ++i) sum += v[i] < v[i - 1] ? v[i - 1] : 0;
    return sum;
  }
};

Plain Within(const ColumnContent& content, TimestampMs from, TimestampMs to) {
  Plain out;
  for (std::size_t i = 0; i < content.float_t.size(); ++i) {
    const TimestampMs t = content.float_t[i];
    if (t > from && t <= to && !IsStaleNan(content.floats[i])) out.v.push_back(content.floats[i]);
  }
  return out;
}

ColumnContent Put(ColumnContent content, Restored as, DurationMs window_ms) {
  Restore({as, window_ms}, content);
  REQUIRE(content.floats.size() == content.float_t.size());
  REQUIRE(std::is_sorted(content.float_t.begin(), content.float_t.end(), std::less_equal<>()));
  REQUIRE(content.dropped.empty());
  return content;
}

// Scrapes of a day: what the series is, and how it is disturbed, depends on the seed.
ColumnContent AnySeries(std::mt19937_64& random) {
  ColumnContent content;
  const auto kind = random() % 4;
  const DurationMs scrape = std::vector<DurationMs>{5'000, 15'000, 60'000}[random() % 3];
  const unsigned reset_every = std::vector<unsigned>{20, 500, 100'000}[random() % 3];
  double value = static_cast<double>(random() % 1000);
  for (TimestampMs t = kStart + static_cast<TimestampMs>(random() % 100'000); t < kStart + 8 * kCoarse;) {
    switch (kind) {
      case 0: value = random() % reset_every == 0 ? 0 : value + static_cast<double>(random() % 9); break;
      case 1:
        value = 150 + std::sin(static_cast<double>(t) / 1e6) * 100 + static_cast<double>(random() % 100) / 100;
        break;
      case 2: value = 42; break;
      default: value = static_cast<double>(random() % 2); break;
    }
    const bool marker = random() % 150 == 0;
    content.float_t.push_back(t);
    content.floats.push_back(marker ? kStaleNan : value);
    t += scrape + static_cast<TimestampMs>(random() % 40);
    if (random() % 100 == 0) t += static_cast<TimestampMs>(random() % (20 * kMinute));
  }
  return content;
}

// The newest sample that an instant selector sees.
std::optional<double> AtInstant(const ColumnContent& content, TimestampMs at) {
  const auto after = std::upper_bound(content.float_t.begin(), content.float_t.end(), at);
  if (after == content.float_t.begin() || *std::prev(after) <= at - 5 * kMinute) return std::nullopt;
  const double value = content.floats[static_cast<std::size_t>(after - content.float_t.begin()) - 1];
  return IsStaleNan(value) ? std::nullopt : std::optional(value);
}

void CheckWindow(const ColumnContent& raw, const ColumnContent& thin, TimestampMs from, TimestampMs to) {
  const Plain expected = Within(raw, from, to);
  const auto window = to - from;
  const auto seen = [&](Restored as) { return Within(Put(thin, as, window), from, to); };
  REQUIRE(expected.v.empty() == Within(thin, from, to).v.empty());
  if (expected.v.empty()) return;
  CHECK(seen(Restored::kShare).v.size() == expected.v.size());
  CHECK(seen(Restored::kShare).Sum() == Approx(expected.Sum()).epsilon(1e-13));
  CHECK(seen(Restored::kSum).Sum() == Approx(expected.Sum()).epsilon(1e-13));
  CHECK(seen(Restored::kMin).Min() == expected.Min());
  CHECK(seen(Restored::kMax).Max() == expected.Max());
  CHECK(seen(Restored::kCounter).Increase() == Approx(expected.Increase()).margin(1e-6));
  for (const Restored as : {Restored::kNothing, Restored::kCounter, Restored::kLine, Restored::kValueBefore}) {
    CHECK(seen(as).v.front() == expected.v.front());
    CHECK(seen(as).v.back() == expected.v.back());
  }
}

void CheckAll(const ColumnContent& raw, const ColumnContent& thin, DurationMs resolution, std::mt19937_64& random) {
  std::map<TimestampMs, std::uint64_t> samples;
  for (std::size_t i = 0; i < raw.float_t.size(); ++i)
    samples[raw.float_t[i]] = std::bit_cast<std::uint64_t>(raw.floats[i]);
  for (std::size_t i = 0; i < thin.float_t.size(); ++i) {
    REQUIRE(samples.at(thin.float_t[i]) == std::bit_cast<std::uint64_t>(thin.floats[i]));
  }
  CHECK(std::count_if(raw.floats.begin(), raw.floats.end(), IsStaleNan) ==
        std::count_if(thin.floats.begin(), thin.floats.end(), IsStaleNan));
  const auto intervals = 8 * kCoarse / resolution;
  for (int i = 0; i < 12; ++i) {
    const auto a = static_cast<TimestampMs>(random() % static_cast<std::uint64_t>(intervals));
    const auto b = a + 1 + static_cast<TimestampMs>(random() % static_cast<std::uint64_t>(intervals - a));
    CheckWindow(raw, thin, kStart + a * resolution, kStart + b * resolution);
  }
  const ColumnContent held = Put(thin, Restored::kValueBefore, 5 * kMinute);
  for (TimestampMs at = kStart; at < kStart + 8 * kCoarse; at += 7'000) {
    REQUIRE(AtInstant(raw, at).has_value() == AtInstant(held, at).has_value());
  }
}

TEST_CASE("whole intervals tell what the samples told, at each resolution in turn") {
  const auto seed = GENERATE(range(0u, 24u));
  std::mt19937_64 random(seed);
  const ColumnContent raw = AnySeries(random);
  ColumnContent thin = raw;
  std::uint64_t dropped = Downsample(kResolution, thin);
  CHECK(dropped == raw.float_t.size() - thin.float_t.size());
  CheckAll(raw, thin, kResolution, random);
  ColumnContent again = thin;
  CHECK(Downsample(kResolution, again) == 0);
  CHECK(again.float_t == thin.float_t);
  CHECK(again.dropped == thin.dropped);
  Downsample(kCoarse, thin);
  CheckAll(raw, thin, kCoarse, random);
}

ColumnContent Scraped(const std::vector<double>& values, DurationMs every = 15'000) {
  ColumnContent content;
  for (std::size_t i = 0; i < values.size(); ++i) {
    content.float_t.push_back(kStart + every * static_cast<TimestampMs>(i + 1));
    content.floats.push_back(values[i]);
  }
  return content;
}

std::vector<double> Rising(std::size_t count, double from, double by) {
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(from + by * static_cast<double>(i));
  return out;
}

TEST_CASE("an interval keeps its first and last sample and tells of the others") {
  ColumnContent content = Scraped(Rising(60, 10, 1));  // One interval: (0, 15m].
  CHECK(Downsample(kResolution, content) == 58);
  CHECK(content.floats == std::vector<double>{10, 69});
  REQUIRE(content.dropped.size() == 1);
  CHECK(content.dropped[0].t == kStart + kResolution);
  CHECK(content.dropped[0].span_ms == kResolution - 15'000);
  CHECK(content.dropped[0].count == 58);
  CHECK(content.dropped[0].sum == (11 + 68) * 29);
  CHECK(content.dropped[0].min == 11);
  CHECK(content.dropped[0].max == 68);
  CHECK(content.dropped[0].within);
  CHECK(content.dropped[0].increase == 0);
}

TEST_CASE("intervals are open on the left") {
  ColumnContent content = Scraped(Rising(120, 0, 1));
  Downsample(kResolution, content);
  CHECK(content.floats == std::vector<double>{0, 59, 60, 119});
}

TEST_CASE("resets of a counter stay, those of a gauge are counted") {
  std::vector<double> values = Rising(60, 10, 1);
  std::copy_n(Rising(30, 2, 1).begin(), 30, values.begin() + 30);
  ColumnContent content = Scraped(values);
  Downsample(kResolution, content);
  CHECK(content.floats == std::vector<double>{10, 39, 2, 31});
  CHECK(content.dropped.size() == 2);
  values.clear();
  for (int i = 0; i < 60; ++i) values.push_back(i % 4);
  content = Scraped(values);
  Downsample(kResolution, content);
  CHECK(content.floats == std::vector<double>{0, 3});
  REQUIRE(content.dropped.size() == 1);
  CHECK(content.dropped[0].increase == 14 * 3);  // 45 in all, of which 3 show.
}

TEST_CASE("an interval with few samples stays as it is") {
  ColumnContent content = Scraped(Rising(60, 0, 1), 2 * kMinute);  // Seven in each.
  CHECK(Downsample(kResolution, content) == 0);
  CHECK(content.float_t.size() == 60);
  CHECK(content.dropped.empty());
}

TEST_CASE("values that are no numbers are counted and summed as such") {
  std::vector<double> values = Rising(60, 1, 0);
  values[20] = kNormalNan;
  values[30] = 3;
  ColumnContent content = Scraped(values);
  Downsample(kResolution, content);
  REQUIRE(content.dropped.size() == 2);  // From 3 to 1 it was reset.
  CHECK(std::isnan(content.dropped[0].sum));
  CHECK(content.dropped[0].min == 1);
  CHECK(content.dropped[1].sum == 27);
  values.assign(60, kNormalNan);
  content = Scraped(values);
  Downsample(kResolution, content);
  CHECK(content.dropped[0].within);
}

TEST_CASE("of histograms the last of an interval stays, and both sides of markers and gaps") {
  ColumnContent content;
  const auto h = std::make_shared<const FloatHistogram>();
  for (int i = 1; i <= 120; ++i) {
    const TimestampMs t = kStart + 15'000 * i;
    if (i == 80) {
      content.float_t.push_back(t);
      content.floats.push_back(kStaleNan);
      continue;
    }
    content.histogram_t.push_back(t);
    content.histograms.push_back(h);
  }
  Downsample(kResolution, content);
  const auto at = [](TimestampMs i) { return kStart + 15'000 * i; };
  CHECK(content.histogram_t == std::vector<TimestampMs>{at(1), at(60), at(79), at(81), at(120)});
  CHECK(content.float_t.size() == 1);
  REQUIRE(content.dropped.size() == 3);
  CHECK(content.dropped[0].count == 58);
  CHECK(content.dropped[1].count == 18);
  Restore({Restored::kValueBefore, 5 * kMinute}, content);
  CHECK(content.histogram_t.size() == 5 + 2 + 0 + 1);  // 14m45s, 4m45s and 9m45s without one.
}

TEST_CASE("short windows find samples, however coarse the resolution") {
  ColumnContent content = Scraped(Rising(240, 0, 5));
  Downsample(kCoarse, content);
  const ColumnContent line = Put(content, Restored::kCounter, 5 * kMinute);
  CHECK(line.float_t.size() == 240);
  CHECK(line.floats == Rising(240, 0, 5));  // A counter that rises evenly is restored exactly.
  CHECK(Put(content, Restored::kMax, 40 * kCoarse).float_t.size() < 10);
}

TEST_CASE("late samples among dropped ones are dropped with them") {
  ColumnContent content = Scraped(Rising(60, 10, 1));
  Downsample(kResolution, content);
  content.float_t.insert(content.float_t.begin() + 1, kStart + 7 * kMinute + 1);
  content.floats.insert(content.floats.begin() + 1, 1000);
  CHECK(Downsample(kResolution, content) == 1);
  CHECK(content.floats == std::vector<double>{10, 69});
  REQUIRE(content.dropped.size() == 1);
  CHECK(content.dropped[0].count == 59);
  CHECK(content.dropped[0].max == 1000);
  CHECK(content.dropped[0].sum == (11 + 68) * 29 + 1000);
}

TEST_CASE("start timestamps stay with their samples") {
  ColumnContent content = Scraped(Rising(60, 0, 1));
  for (std::size_t i = 0; i < 60; ++i) content.float_starts.push_back(static_cast<TimestampMs>(i + 1));
  Downsample(kResolution, content);
  CHECK(content.float_starts == std::vector<TimestampMs>{1, 60});
  Restore({Restored::kShare, kResolution}, content);
  REQUIRE(content.float_starts.size() == 60);
  CHECK(content.float_starts[30] == 0);
  CHECK(content.float_starts[59] == 60);
}

LoadedTile Load(const std::vector<ColumnContent>& columns) {
  std::vector<TimestampMs> times = TimesOf(columns);
  PinnedValue bytes(BuildTile(columns, times, /*subset=*/false));
  const TileView tile = *TileView::Open(bytes.view());
  return {std::move(bytes), tile, std::move(times)};
}

ColumnContent Join(const std::vector<LoadedTile>& tiles, std::uint32_t column) {
  ColumnContent out;
  out.column = column;
  for (const LoadedTile& tile : tiles) REQUIRE(AppendColumn(tile.tile, tile.times, out).has_value());
  return out;
}

TEST_CASE("a page may have more times than a tile can hold") {
  constexpr TimestampMs kTimes = kMaxTileRows + 10'000;  // One a second.
  std::vector<LoadedTile> tiles;
  ColumnContent all;  // Of both columns.
  for (TimestampMs first = 0; first < kTimes; first += 4000) {
    ColumnContent a;
    a.column = 3;
    for (TimestampMs i = first; i < std::min(first + 4000, kTimes); ++i) {
      a.float_t.push_back(kStart + i * 1000);
      a.floats.push_back(static_cast<double>(i * 7919 % 1000));
      a.float_starts.push_back(kStart + first);
    }
    all.float_t.insert(all.float_t.end(), a.float_t.begin(), a.float_t.end());
    all.floats.insert(all.floats.end(), a.floats.begin(), a.floats.end());
    all.float_starts.insert(all.float_starts.end(), a.float_starts.begin(), a.float_starts.end());
    ColumnContent b = a;
    b.column = 5;
    tiles.push_back(Load({std::move(a), std::move(b)}));
  }
  ColumnContent thin = all;
  const std::uint64_t dropped = Downsample(kResolution, thin);
  REQUIRE(dropped > 0);
  const std::vector<std::uint32_t> columns{3, 4, 5};
  const auto joined =
      DownsampleTiles(tiles, columns, [](std::uint32_t column) { return column == 3 ? kResolution : DurationMs{0}; });
  REQUIRE(joined.has_value());
  CHECK(joined->dropped == dropped);
  TimestampMs before = kMinTimestampMs;
  for (const LoadedTile& tile : joined->tiles) {
    CHECK(tile.times.size() <= kDownsampledRows);
    CHECK(tile.tile.rows() == tile.times.size());
    CHECK(before < tile.times.front());
    before = tile.times.back();
  }
  const ColumnContent a = Join(joined->tiles, 3);
  CHECK(a.float_t == thin.float_t);
  CHECK(a.floats == thin.floats);
  CHECK(a.float_starts == thin.float_starts);
  CHECK(a.dropped == thin.dropped);
  const ColumnContent b = Join(joined->tiles, 5);
  CHECK(b.float_t == all.float_t);
  CHECK(b.floats == all.floats);
  CHECK(b.float_starts == all.float_starts);
  CHECK(b.dropped.empty());
  CHECK(Join(joined->tiles, 4).empty());
}

}  // namespace
}  // namespace vigia::storage
