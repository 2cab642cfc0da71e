// What tests/golden/storage/format1.txt holds, as arithmetic: every kind of record that storage format 1 knows.
#pragma once

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/catalog/records.h"
#include "storage/codec/dropped.h"
#include "storage/codec/histograms.h"
#include "storage/codec/integers.h"
#include "storage/codec/rice.h"
#include "storage/codec/tile.h"
#include "storage/codec/values.h"
#include "storage/maintenance/tombstones.h"
#include "storage/rowgroup/run.h"
#include "storage/tsdb/exemplar_record.h"
#include "storage/wal/frame.h"

namespace vigia::storage::golden {

using Integers = std::vector<std::int64_t>;
using Doubles = std::vector<double>;

inline std::uint64_t Mixed(std::uint64_t i) {  // Any bits, the same ones always.
  i = (i + 1) * 0x9e3779b97f4a7c15u;
  return i ^ i >> 29;
}

template <class Fn>
auto Sequence(std::size_t n, Fn&& fn) {
  std::vector<decltype(fn(std::int64_t{}))> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(fn(static_cast<std::int64_t>(i)));
  return out;
}
using I = std::int64_t;

// By the scheme that their streams have today, 0 to 3.
inline std::map<std::string, Integers> IntegerStreams() {
  return {
      {"integers/0 frame", Sequence(64, [](I i) { return 100 + 7 * (i * i / 3 % 5 % 2); })},
      {"integers/0 constant", Sequence(5, [](I) { return I{-3}; })},
      {"integers/0 one", Integers{INT64_MIN}},
      {"integers/1 deltas", Sequence(40, [](I i) { return 1'000'000 + 30 * i + 30 * (i / 2); })},
      {"integers/2 patched deltas", Sequence(50, [](I i) { return i * 3 % 5 + (i >= 25 ? I{1} << 40 : 0); })},
      {"integers/2 widest", Sequence(3, [](I i) { return i == 1 ? INT64_MAX : INT64_MIN; })},
      {"integers/3 patched deltas of deltas", Sequence(60, [](I i) { return 1000 * i * i + (i == 30 ? 7 : 0); })},
  };
}

inline std::map<std::string, Integers> RiceStreams() {
  const auto small = [](I i) {
    return static_cast<I>(std::countr_zero(Mixed(static_cast<std::uint64_t>(i)) | 1u << 30));
  };
  return {
      {"rice/values from the least", Sequence(200, [=](I i) { return 500 + small(i); })},
      {"rice/values around the middle", Sequence(200, [=](I i) { return 500 + (i % 2 == 0 ? small(i) : -small(i)); })},
      {"rice/differences", Sequence(200, [=](I i) { return 100 * i + small(i) * 3; })},
      {"rice/differences of differences", Sequence(200, [=](I i) { return i * i * 50 + small(i) / 4; })},
      {"rice/sparse", Sequence(300, [=](I i) { return i % 41 == 0 ? small(i) + 1 : 0; })},
      {"rice/sparse differences", Sequence(300, [](I i) { return i / 37; })},
      {"rice/escaped", Sequence(200, [=](I i) { return i == 99 ? I{1} << 60 : small(i); })},
  };
}

inline std::map<std::string, Doubles> ValueChunks() {
  const auto any = [](I i) { return std::bit_cast<double>(Mixed(static_cast<std::uint64_t>(i))); };
  const double nan = std::bit_cast<double>(std::uint64_t{0x7ff0000000000002});  // The staleness marker.
  return {
      {"values/raw", Sequence(4, any)},
      {"values/constant", Sequence(9, [=](I) { return nan; })},
      {"values/constant decimal", Sequence(9, [](I) { return 0.25; })},
      {"values/integers", Sequence(64, [](I i) { return static_cast<double>(3 * i + i % 2); })},
      {"values/decimals", Sequence(64, [](I i) { return static_cast<double>(i * 7 % 50) / 10; })},
      {"values/integers with exceptions",
       Sequence(64, [=](I i) { return i == 5    ? -0.0
                                      : i == 40 ? nan
                                                : static_cast<double>(2 * i); })},
      {"values/xor", Sequence(64, [](I i) { return 1.0 / static_cast<double>(i + 3); })},
      {"values/rice", Sequence(256, [](I i) { return static_cast<double>(i / 37); })},
      {"values/rice with exceptions", Sequence(256, [=](I i) { return i == 9 ? nan : static_cast<double>(i / 37); })},
  };
}

inline std::map<std::string, FloatHistogram> Histograms() {
  FloatHistogram integer;
  integer.integer = true;
  integer.hint = CounterResetHint::kNotReset;
  integer.schema = 3;
  integer.zero_threshold = 1e-128;
  integer.zero_count = 2;
  integer.count = 12;
  integer.sum = 18.4;
  integer.positive_spans = {{-1, 2}, {3, 1}};
  integer.positive_buckets = {1, 2, 3};
  integer.negative_spans = {{0, 1}};
  integer.negative_buckets = {4};
  FloatHistogram custom;
  custom.hint = CounterResetHint::kGauge;
  custom.schema = kCustomBucketsSchema;
  custom.count = 3.5;
  custom.sum = -0.0;
  custom.positive_spans = {{0, 2}};
  custom.positive_buckets = {1.5, 2};
  custom.custom_values = {0.5, 10};
  return {{"histogram/integer", integer}, {"histogram/custom", custom}};
}

inline Integers Times(std::size_t rows) {
  return Sequence(rows, [](I i) { return 1'699'963'200'000 + 15'000 * i + i % 3; });
}
inline std::vector<std::uint32_t> RowsWhere(std::size_t all, auto&& wanted) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < all; ++i) {
    if (wanted(i)) rows.push_back(i);
  }
  return rows;
}

// Columns of the tiles: in which of 32 rows they have the value 100 * column + row.
inline constexpr std::size_t kTileRows = 32;
inline std::map<std::uint32_t, std::vector<std::uint32_t>> TileColumns() {
  return {{0, RowsWhere(kTileRows, [](auto) { return true; })},
          {1, RowsWhere(kTileRows, [](auto i) { return i >= 4 && i < 11; })},
          {5, RowsWhere(kTileRows, [](auto i) { return i % 3 != 1; })},
          {40, RowsWhere(kTileRows, [](auto i) { return i == 2 || i == 31; })}};
}
inline DroppedSamples DroppedAt(TimestampMs t) { return {t, 60'000, 3, 12.5, -1, 9, 0.5, false}; }

enum class TileKind { kSamples, kSubset, kStarts, kDropped };
inline std::string MakeTile(TileKind kind) {
  const Integers times = Times(kTileRows);
  TileBuilder builder(times);
  for (const auto& [column, rows] : TileColumns()) {
    Doubles values;
    for (const std::uint32_t row : rows) values.push_back(100.0 * column + row);
    builder.AddFloats(column, rows, values);
    const std::vector<std::uint32_t> first{rows.front()};
    if (column == 5 && kind == TileKind::kStarts)
      builder.AddStarts(column, first, Integers{times[rows.front()] - 1000});
    if (column == 5 && kind == TileKind::kDropped) {
      builder.AddDropped(column, first, std::vector<DroppedSamples>{DroppedAt(times[rows.front()])});
    }
  }
  const std::vector<std::uint32_t> rows{3};
  const std::vector<HistogramPtr> h{std::make_shared<FloatHistogram>(Histograms().at("histogram/integer"))};
  builder.AddHistograms(40, rows, h);
  return builder.Finish(kind == TileKind::kSubset);
}

// Columns of a tile that are written by their differences from one another: 1 by small ones from 0, 2 as 1, 3 by ones
// that a Rice stream suits, 9 in tenths from 8.
inline constexpr std::size_t kRelativeRows = 160;
inline std::map<std::uint32_t, Doubles> RelativeColumns() {
  const auto noise = [](I i, std::uint64_t size) {
    return static_cast<I>(Mixed(static_cast<std::uint64_t>(i)) % size);
  };
  const auto rare = [](I i) { return static_cast<I>(std::countl_zero(Mixed(static_cast<std::uint64_t>(i)) | 1)); };
  const auto base = [=](I i) { return 1'000'000 + 3000 * i + noise(i, 4096); };
  const auto column = [](auto&& of) {
    return Sequence(kRelativeRows, [=](I i) { return static_cast<double>(of(i)); });
  };
  const auto second = [=](I i) { return base(i) + noise(i + 1000, 64); };
  const auto tenths = [=](I i) { return static_cast<double>(noise(i + 4000, 100'000)) / 10; };
  return {{0, column(base)},
          {1, column(second)},
          {2, column(second)},
          {3, column([=](I i) { return second(i) + rare(i + 2000); })},
          {8, Sequence(kRelativeRows, tenths)},
          {9, Sequence(kRelativeRows, [=](I i) { return (10 * tenths(i) + static_cast<double>(noise(i, 16))) / 10; })}};
}
inline std::string MakeRelativeTile() {
  const Integers times = Times(kRelativeRows);
  TileBuilder builder(times);
  const auto all = RowsWhere(kRelativeRows, [](auto) { return true; });
  for (const auto& [column, values] : RelativeColumns()) builder.AddFloats(column, all, values);
  return builder.Finish();
}

// Values of one column from frame to frame: each form that a value has.
inline std::vector<std::uint64_t> FrameValues() {
  const auto bits = [](double v) { return std::bit_cast<std::uint64_t>(v); };
  return {bits(10), bits(10), bits(11), bits(1011), bits(0.1), bits(std::numeric_limits<double>::infinity())};
}
inline std::vector<FrameSection> FrameSections(bool with_starts, bool anew = false) {
  FrameSection first{7, {}};
  std::uint64_t base = 0;
  for (std::size_t i = 0; i < FrameValues().size(); ++i) {
    FrameRow row;
    row.t = Times(8)[i];
    row.cells = {{3, FrameValues()[i], base}, {4, std::bit_cast<std::uint64_t>(static_cast<double>(i)), 0}};
    if (i > 0) row.cells[1].base = std::bit_cast<std::uint64_t>(static_cast<double>(i - 1));
    base = FrameValues()[i];
    if (with_starts && i == 2) row.starts = {{3, row.t - 500}, {4, row.t - 400}};
    first.rows.push_back(std::move(row));
  }
  FrameRow late;
  late.t = Times(8)[7];
  late.detached = true;
  late.cells = {{1, std::bit_cast<std::uint64_t>(2.5), 0}, {9, std::bit_cast<std::uint64_t>(-1.0), 0}};
  late.histograms = {{2, std::make_shared<FloatHistogram>(Histograms().at("histogram/custom"))}};
  first.anew = anew;
  return {first, {300, {late}}};
}

inline Run MakeRun(bool downsampled, bool next_anew = false) {
  Run run{19'675, 2, 17, 4096, 1234, Times(1)[0], Times(41)[40], {}};
  RunTarget a{7, 99, Times(1)[0], Times(41)[40], {Times(1)[0], Times(21)[20]}, {}, {}};
  a.columns.AddRange(0, 3);
  a.columns.AddRange(70, 71);
  if (downsampled) {
    DownsampledColumns& part = a.downsampled.emplace_back();
    part.resolution_ms = 300'000;
    part.columns.AddRange(1, 3);
  }
  RunTarget b{300, 101, Times(3)[2], Times(6)[5], {Times(3)[2]}, {}, {}};
  b.columns.AddRange(5, 6);
  b.next_anew = next_anew;
  run.targets = {a, b};
  return run;
}

inline Tombstone MakeTombstone() {
  Tombstone tombstone{5, 18, 1'699'963'200'000, {-1, 1'699'963'230'000}, {}};
  tombstone.targets = {{7, 99, {}}, {300, 101, {}}};
  tombstone.targets[0].columns.AddRange(1, 3);
  tombstone.targets[1].columns.AddRange(5, 6);
  return tombstone;
}

inline ExemplarRecord MakeExemplar() {
  ExemplarRecord record;
  record.number = 300;
  record.series = static_cast<SeriesRef>(std::uint64_t{7} << 32 | 3);
  record.series_hash = 0x0123456789abcdef;
  record.exemplar.labels = Labels{{"trace_id", "4bf92f35"}};
  record.exemplar.v = 0.25;
  record.exemplar.t = 1'699'963'200'123;
  return record;
}

inline Labels TargetLabels() { return Labels{{"instance", "a:9100"}, {"job", "node"}}; }
inline Labels LineLabels() {
  return Labels{{"__name__", "http_requests_total"}, {"long", std::string(300, 'x')}, {"ü", "ö"}};
}

// All bytes that today's encoders make of the above, by name.
inline std::map<std::string, std::string> EncodeAll() {
  std::map<std::string, std::string> out;
  for (const auto& [name, values] : IntegerStreams()) PackIntegers(values, out[name]);
  for (const auto& [name, values] : RiceStreams()) {
    static_cast<void>(PackRice(values, std::numeric_limits<std::size_t>::max(), out[name]));
  }
  for (const auto& [name, values] : ValueChunks()) {
    name == "values/raw" ? EncodeValuesRaw(values, out[name]) : EncodeValues(values, out[name]);
  }
  for (const auto& [name, h] : Histograms()) EncodeHistogram(h, out[name]);
  out["tile/1"] = MakeTile(TileKind::kSamples);
  out["tile/1 subset"] = MakeTile(TileKind::kSubset);
  out["tile/1 relative"] = MakeRelativeTile();
  out["tile/2"] = MakeTile(TileKind::kStarts);
  out["tile/3"] = MakeTile(TileKind::kDropped);
  out["frame/1"] = EncodeFrame(4, FrameSections(false));
  out["frame/2"] = EncodeFrame(4, FrameSections(true));
  out["frame/3"] = EncodeFrame(4, FrameSections(true, true));
  out["run/key"] = RunRecordKey(MakeRun(false));
  out["run/1"] = EncodeRun(MakeRun(false));
  out["run/2"] = EncodeRun(MakeRun(true));
  out["run/3"] = EncodeRun(MakeRun(true, true));
  out["row group/key"] = GroupKey(MakeRun(false), 7, 1, 2);
  out["tombstone/key"] = TombstoneKey(5);
  out["tombstone/1"] = EncodeTombstone(MakeTombstone());
  out["exemplar/1"] = EncodeExemplar(MakeExemplar());
  return out;
}

}  // namespace vigia::storage::golden
