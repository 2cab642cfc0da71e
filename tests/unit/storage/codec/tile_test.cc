#include "storage/codec/tile.h"

#include <map>
#include <random>

#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

TEST_CASE("a tile gives back its columns, whatever rows they have") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    std::vector<TimestampMs> times;
    TimestampMs t = static_cast<TimestampMs>(random() % 1000) - 500;
    for (std::size_t i = 0; i < 1 + random() % 100; ++i)
      times.push_back(t += 1 + static_cast<TimestampMs>(random() % 20'000));
    TileBuilder builder(times);
    std::map<std::uint32_t, std::map<TimestampMs, double>> expected;
    std::uint32_t column = 0;
    for (std::size_t c = 0; c < 1 + random() % 100; ++c) {
      column += 1 + static_cast<std::uint32_t>(random() % 3 == 0 ? random() % 1000 : 0);
      std::vector<std::uint32_t> rows;
      std::vector<double> values;
      const auto density = 1 + random() % 12;
      for (std::uint32_t row = 0; row < times.size(); ++row) {
        if (density < 8 ? random() % density != 0 : density < 10 && row > 3) continue;
        rows.push_back(row);
        values.push_back(static_cast<double>(random() % 100));
        expected[column][times[row]] = values.back();
      }
      if (!rows.empty()) builder.AddFloats(column, rows, values);
    }
    if (builder.empty()) continue;
    const std::string bytes = builder.Finish(round % 2 == 0);
    const auto tile = TileView::Open(bytes);
    REQUIRE(tile.has_value());
    CHECK(tile->subset() == (round % 2 == 0));
    CHECK(tile->columns() == expected.size());
    const auto back_times = tile->Times();
    REQUIRE(back_times.has_value());
    CHECK(*back_times == times);
    CHECK_FALSE(tile->Find({column + 1, false}).has_value());
    CHECK_FALSE(tile->Find({0, false}).has_value());
    const TimestampMs from = times[times.size() / 4];
    const TimestampMs to = times[times.size() / 2];
    for (const auto& [wanted, points] : expected) {
      const auto chunk = tile->Find({wanted, false});
      REQUIRE(chunk.has_value());
      CHECK_FALSE(tile->Find({wanted, true}).has_value());
      std::vector<TimestampMs> at;
      std::vector<double> v;
      REQUIRE(tile->ReadFloats(*chunk, times, kMinTimestampMs, kMaxTimestampMs, at, v).has_value());
      std::map<TimestampMs, double> found;
      for (std::size_t i = 0; i < at.size(); ++i) found[at[i]] = v[i];
      CHECK(found == points);
      at.clear();
      v.clear();
      REQUIRE(tile->ReadFloats(*chunk, times, from, to, at, v).has_value());
      std::size_t inside = 0;
      for (const auto& [point_t, value] : points) inside += point_t >= from && point_t <= to ? 1 : 0;
      CHECK(at.size() == inside);
    }
  }
}

TEST_CASE("histograms share a tile with floats") {
  const std::vector<TimestampMs> times{10, 20, 30};
  auto h = std::make_shared<FloatHistogram>();
  h->schema = 3;
  h->integer = true;
  h->hint = CounterResetHint::kNotReset;
  h->zero_threshold = 0x1p-128;
  h->zero_count = 2;
  h->count = 12.5;
  h->sum = -0.1;
  h->positive_spans = {{-2, 2}, {3, 1}};
  h->positive_buckets = {1, 2.5, 1e300};
  h->negative_spans = {{0, 1}};
  h->negative_buckets = {7};
  h->custom_values = {0.1, 0.25};
  TileBuilder builder(times);
  builder.AddFloats(4, std::vector<std::uint32_t>{0, 1}, std::vector<double>{1, 2});
  builder.AddHistograms(4, std::vector<std::uint32_t>{2}, std::vector<HistogramPtr>{h});
  const std::string bytes = builder.Finish();
  const auto tile = TileView::Open(bytes);
  REQUIRE(tile.has_value());
  const auto chunk = tile->Find({4, true});
  REQUIRE(chunk.has_value());
  std::vector<TimestampMs> at;
  std::vector<HistogramPtr> back;
  REQUIRE(tile->ReadHistograms(*chunk, times, 0, 100, at, back).has_value());
  REQUIRE(back.size() == 1);
  CHECK(at[0] == 30);
  CHECK(back[0]->schema == 3);
  CHECK(back[0]->integer);
  CHECK(back[0]->hint == CounterResetHint::kNotReset);
  CHECK(back[0]->zero_threshold == 0x1p-128);
  CHECK(back[0]->zero_count == 2);
  CHECK(back[0]->count == 12.5);
  CHECK(back[0]->sum == -0.1);
  CHECK(back[0]->positive_spans == h->positive_spans);
  CHECK(back[0]->negative_spans == h->negative_spans);
  CHECK(back[0]->positive_buckets == h->positive_buckets);
  CHECK(back[0]->negative_buckets == h->negative_buckets);
  CHECK(back[0]->custom_values == h->custom_values);
}

TEST_CASE("start timestamps lie beside the samples of their column, and cost nothing where there are none") {
  const std::vector<TimestampMs> times{10, 20, 30, 40};
  const std::vector<std::uint32_t> all{0, 1, 2, 3};
  const auto add_floats = [&](TileBuilder& builder) {
    for (std::uint32_t column = 0; column < 100; ++column) {
      builder.AddFloats(column, all, std::vector<double>{1, 2, 3, 4});
      if (column == 70) builder.AddStarts(column, std::vector<std::uint32_t>{1, 3}, std::vector<TimestampMs>{-5, 35});
    }
  };
  TileBuilder builder(times);
  add_floats(builder);
  const std::string bytes = builder.Finish();
  CHECK(bytes[0] == 2);  // storage/FORMAT.md
  const auto tile = TileView::Open(bytes);
  REQUIRE(tile.has_value());
  CHECK(tile->has_starts());
  const auto columns = tile->Columns();
  REQUIRE(columns.has_value());
  CHECK(columns->size() == 100);
  CHECK_FALSE(tile->Find({70, true}).has_value());
  const auto starts_of = [&](std::uint32_t column, TimestampMs from) {
    std::vector<TimestampMs> t{5};  // Of a sample that was read from somewhere else.
    std::vector<double> v{0};
    std::vector<TimestampMs> starts;
    REQUIRE(tile->ReadFloats(*tile->Find({column, false}), times, from, 100, t, v).has_value());
    REQUIRE(tile->ReadStarts(column, times, t, 1, starts).has_value());
    return starts;
  };
  CHECK(starts_of(70, 0) == std::vector<TimestampMs>{0, 0, -5, 0, 35});
  CHECK(starts_of(70, 25) == std::vector<TimestampMs>{0, 0, 35});
  CHECK(starts_of(69, 0).empty());
  CHECK(starts_of(71, 0).empty());

  TileBuilder without(times);
  without.AddFloats(3, all, std::vector<double>{1, 2, 3, 4});
  const std::string plain = without.Finish();
  CHECK(plain[0] == 1);
  CHECK_FALSE(TileView::Open(plain)->has_starts());
}

TEST_CASE("a damaged tile is an error, not a crash") {
  const bool with_starts = GENERATE(false, true);
  std::mt19937_64 random(2);
  std::vector<TimestampMs> times;
  for (int i = 0; i < 20; ++i) times.push_back(i * 10);
  TileBuilder builder(times);
  std::vector<std::uint32_t> rows{1, 3, 4, 9, 17};
  for (std::uint32_t column = 0; column < 80; ++column) {
    builder.AddFloats(column, rows, std::vector<double>{1.5, 2, 3, 1e9, 0.1});
    if (with_starts) builder.AddStarts(column, rows, std::vector<TimestampMs>{1, 2, 3, -4, 1'000'000'000'000});
  }
  const std::string good = builder.Finish();
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = good;
    for (int flips = 0; flips < 3; ++flips) bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    if (round % 3 == 0) bytes.resize(random() % bytes.size());
    const auto tile = TileView::Open(bytes);
    if (!tile || tile->rows() > 1000) continue;
    const auto back = tile->Times();
    static_cast<void>(tile->Columns().has_value());
    if (!back) continue;
    for (std::uint32_t column = 0; column < 80; column += 7) {
      const auto chunk = tile->Find({column, false});
      std::vector<TimestampMs> at;
      std::vector<double> v;
      if (chunk) static_cast<void>(tile->ReadFloats(*chunk, *back, 0, 100, at, v).has_value());
      std::vector<TimestampMs> starts;
      static_cast<void>(tile->ReadStarts(column, *back, at, 0, starts).has_value());
    }
  }
}

// A tile of cumulative buckets, their sum and their count, which is the last bucket.
struct BucketTile {
  static constexpr std::uint32_t kBuckets = 14;
  static constexpr std::uint32_t kColumns = kBuckets + 2;
  std::vector<TimestampMs> times;
  std::vector<std::vector<double>> columns;
  std::string bytes;

  explicit BucketTile(std::size_t rows) : columns(kColumns) {
    std::mt19937_64 random(31);
    std::vector<double> counts(kBuckets);
    double sum = 0;
    std::vector<std::uint32_t> all;
    for (std::size_t row = 0; row < rows; ++row) {
      times.push_back(static_cast<TimestampMs>(row) * 15000);
      all.push_back(static_cast<std::uint32_t>(row));
      for (double& count : counts) count += static_cast<double>(random() % 40);
      sum += static_cast<double>(random() % 100000) / 4096;
      double below = 0;
      for (std::uint32_t i = 0; i < kBuckets; ++i) columns[i].push_back(below += counts[i]);
      columns[kBuckets].push_back(sum);
      columns[kBuckets + 1].push_back(below);
    }
    TileBuilder builder(times);
    for (std::uint32_t i = 0; i < kColumns; ++i) builder.AddFloats(i, all, columns[i]);
    bytes = builder.Finish();
  }
};

TEST_CASE("buckets that are sums of each other are written as differences, and a count that equals one as nothing") {
  const BucketTile tile(500);
  const auto view = TileView::Open(tile.bytes);
  REQUIRE(view.has_value());
  std::map<std::uint32_t, int> depths;
  for (std::uint32_t i = 0; i < BucketTile::kColumns; ++i) {
    const auto chunk = view->Find({i, false});
    REQUIRE(chunk);
    const unsigned distance = BaseDistance(chunk->bytes);
    depths[i] = distance == 0 ? 0 : depths[i - distance] + 1;
    CHECK(depths[i] <= 8);
    // From the fourth on a bucket's steps scatter twice as far as what it has more than the one before.
    if (i >= 4 && i < 9) CHECK(distance == 1);
    if (i == BucketTile::kColumns - 1) CHECK((distance == 2 && chunk->bytes.size() < 8));
  }
  CHECK(depths[0] == 0);
  CHECK(depths[BucketTile::kBuckets] == 0);  // The sum.
}

TEST_CASE("columns that refer to others come back to the bit, in any order, alone or one after another") {
  const BucketTile tile(500);
  const auto view = TileView::Open(tile.bytes);
  REQUIRE(view.has_value());
  std::mt19937_64 random(32);
  RecentDecimals recent;
  for (std::uint32_t k = 0; k < 200; ++k) {
    const std::uint32_t column =
        k < BucketTile::kColumns ? k : static_cast<std::uint32_t>(random() % BucketTile::kColumns);
    const auto chunk = view->Find({column, false});
    REQUIRE(chunk);
    std::vector<TimestampMs> t;
    std::vector<double> v;
    REQUIRE(view->ReadFloats(*chunk, tile.times, kMinTimestampMs, kMaxTimestampMs, t, v, k % 3 == 0 ? nullptr : &recent)
                .has_value());
    CHECK(t == tile.times);
    CHECK(v == tile.columns[column]);
    v.clear();
    t.clear();
    REQUIRE(view->ReadFloats(*chunk, tile.times, tile.times[100], tile.times[110], t, v, &recent).has_value());
    CHECK(v == std::vector(tile.columns[column].begin() + 100, tile.columns[column].begin() + 111));
  }
}

TEST_CASE("a damaged way from column to column ends in an error, not in a loop") {
  BucketTile tile(200);
  std::mt19937_64 random(33);
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = tile.bytes;
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto view = TileView::Open(damaged);
    if (!view || view->rows() != 200) continue;
    RecentDecimals recent;
    for (std::uint32_t i = 0; i < BucketTile::kColumns; ++i) {
      const auto chunk = view->Find({i, false});
      std::vector<TimestampMs> t;
      std::vector<double> v;
      if (chunk) static_cast<void>(view->ReadFloats(*chunk, tile.times, 0, kMaxTimestampMs, t, v, &recent).has_value());
    }
  }
}

}  // namespace
}  // namespace vigia::storage
