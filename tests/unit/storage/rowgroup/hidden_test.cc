#include "storage/rowgroup/hidden.h"

#include <map>
#include <random>

#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

ColumnRanges Columns(std::initializer_list<std::uint32_t> columns) {
  ColumnRanges out;
  for (const std::uint32_t column : columns) out.Add(column);
  return out;
}

using Content = std::map<std::uint32_t, std::map<TimestampMs, double>>;

std::string Build(const std::vector<TimestampMs>& times, const Content& content) {
  TileBuilder builder(times);
  for (const auto& [column, samples] : content) {
    std::vector<std::uint32_t> rows;
    std::vector<double> values;
    for (std::uint32_t row = 0; row < times.size(); ++row) {
      const auto at = samples.find(times[row]);
      if (at == samples.end()) continue;
      rows.push_back(row);
      values.push_back(at->second);
    }
    if (rows.empty()) continue;
    builder.AddFloats(column, rows, values);
    if (column % 2 == 0) builder.AddStarts(column, rows, std::vector<TimestampMs>(rows.size(), 7));
  }
  return builder.Finish();
}

Content Read(const std::string& bytes, const std::vector<TimestampMs>& times) {
  Content out;
  const TileView tile = *TileView::Open(bytes);
  REQUIRE(*tile.Times() == times);
  for (const ColumnKey& key : *tile.Columns()) {
    std::vector<TimestampMs> t;
    std::vector<double> v;
    std::vector<TimestampMs> starts;
    REQUIRE(tile.ReadFloats(*tile.Find(key), times, kMinTimestampMs, kMaxTimestampMs, t, v).has_value());
    REQUIRE(tile.ReadStarts(key.column, times, t, 0, starts).has_value());
    CHECK(starts == std::vector<TimestampMs>(key.column % 2 == 0 ? t.size() : 0, 7));
    for (std::size_t i = 0; i < t.size(); ++i) out[key.column][t[i]] = v[i];
  }
  return out;
}

TEST_CASE("ranges of columns overlap where they share one") {
  CHECK(Columns({1, 2, 9}).Overlaps(Columns({9})));
  CHECK(Columns({1, 2, 9}).Overlaps(Columns({0, 2})));
  CHECK_FALSE(Columns({1, 2, 9}).Overlaps(Columns({0, 3, 8, 10})));
  CHECK_FALSE(Columns({}).Overlaps(Columns({1})));
}

TEST_CASE("records go with any part of what they tell of") {
  const std::vector<TimestampMs> float_t{100, 200, 300};
  const std::vector<TimestampMs> histogram_t{150};
  DroppedSamples record;
  record.span_ms = 100;
  record.count = 5;
  const auto left = [&](TimeInterval hidden) {
    std::vector<DroppedSamples> records;
    for (const TimestampMs t : {200, 300}) {
      record.t = t;
      records.push_back(record);
    }
    EraseHiddenRecords(std::vector<TimeInterval>{hidden}, float_t, histogram_t, records);
    std::vector<TimestampMs> times;
    for (const DroppedSamples& kept : records) times.push_back(kept.t);
    return times;
  };
  using Times = std::vector<TimestampMs>;
  CHECK(left({0, 100}) == Times{200, 300});
  CHECK(left({120, 150}) == Times{200, 300});  // The dropped ones are behind the histogram.
  CHECK(left({120, 151}) == Times{300});
  CHECK(left({200, 200}) == Times{300});
  CHECK(left({201, 201}) == Times{200});
  CHECK(left({299, 400}) == Times{200});
  CHECK(left({301, 400}) == Times{200, 300});
  CHECK(left({180, 250}).empty());
}

TEST_CASE("erasing keeps values and starts with their times") {
  std::vector<TimestampMs> t{1, 2, 3, 4, 5};
  std::vector<double> v{10, 20, 30, 40, 50};
  std::vector<TimestampMs> starts{0, 0, 3, 4};  // The last one is not known.
  const std::vector<TimeInterval> hidden{{2, 2}, {4, 4}};
  CHECK(EraseHidden(hidden, 1, t, v, starts));
  CHECK(t == std::vector<TimestampMs>{1, 3, 5});
  CHECK(v == std::vector<double>{10, 30, 50});
  CHECK(starts == std::vector<TimestampMs>{0, 3, 0});
  CHECK_FALSE(EraseHidden(hidden, 0, t, v, starts));
}

TEST_CASE("a filtered tile is what a model says") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    std::vector<TimestampMs> times;
    TimestampMs at = -50;
    for (std::size_t i = 0; i < 1 + random() % 40; ++i)
      times.push_back(at += 1 + static_cast<TimestampMs>(random() % 9));
    Content content;
    for (std::uint32_t column = 0; column < 12; ++column) {
      for (const TimestampMs t : times) {
        if (column % 3 == 0 || random() % 4 == 0) content[column][t] = static_cast<double>(random() % 100);
      }
    }
    const ColumnRanges first = Columns({1, 2, 3});
    const ColumnRanges second = Columns({3, 6, 30});
    const TimeInterval early{kMinTimestampMs, static_cast<TimestampMs>(random() % 60)};
    const TimeInterval middle{static_cast<TimestampMs>(random() % 60), static_cast<TimestampMs>(60 + random() % 100)};
    HiddenSamples hidden;
    hidden.Add(first, early);
    hidden.Add(second, middle);
    Content expected = content;
    for (auto& [column, samples] : expected) {
      const std::vector<TimeInterval> of = hidden.Of(column);
      std::erase_if(samples, [&](const auto& sample) { return IsHidden(of, sample.first); });
    }
    std::erase_if(expected, [](const auto& column) { return column.second.empty(); });
    const std::string bytes = Build(times, content);
    const TileView tile = *TileView::Open(bytes);
    const auto filtered = FilterTile(tile, times, hidden);
    REQUIRE(filtered.has_value());
    if (!filtered->changed) {
      REQUIRE(expected == Read(bytes, times));
    } else if (expected.empty()) {
      REQUIRE(filtered->bytes.empty());
    } else {
      REQUIRE(expected == Read(filtered->bytes, filtered->times));
    }
  }
}

}  // namespace
}  // namespace vigia::storage
