// Bytes at rest: what the disk gives back after whatever happened to it. The seeds are what tests/golden holds.
#include <bit>
#include <cstring>
#include <limits>

#include "storage/catalog/records.h"
#include "storage/model/labels.h"
#include "tests/fuzz/decoders/target.h"
#include "tests/unit/storage/inspect/golden_items.h"

namespace vigia::fuzz {
namespace {

using namespace vigia::storage;

// Inputs of decoders that need to know a number of values begin with it: two bytes.
std::string Counted(std::size_t count, std::string_view bytes) {
  std::string out{static_cast<char>(count), static_cast<char>(count >> 8)};
  return out.append(bytes);
}
std::size_t TakeCount(ByteReader& in) {
  const std::size_t low = in.Byte();
  return (low | std::size_t{in.Byte()} << 8) % 1024;
}

// A record: one byte of the key's size, key, value.
std::string Keyed(std::string_view key, std::string_view value) {
  return std::string(1, static_cast<char>(key.size())).append(key).append(value);
}
std::pair<std::string_view, std::string_view> TakeKey(std::string_view input) {
  if (input.empty()) return {};
  const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(input[0]), input.size() - 1);
  return {input.substr(1, size), input.substr(1 + size)};
}

std::vector<std::string> GoldenSeeds(std::string_view prefix, const std::string& key = {}) {
  std::vector<std::string> out;
  const auto all = golden::EncodeAll();
  for (const auto& [name, bytes] : all) {
    if (!name.starts_with(prefix) || name.ends_with("/key")) continue;
    out.push_back(key.empty() ? bytes : Keyed(all.at(key), bytes));
  }
  return out;
}

template <class Items>
std::vector<std::string> CountedSeeds(const Items& items) {
  std::vector<std::string> out;
  const auto all = golden::EncodeAll();
  for (const auto& [name, values] : items) out.push_back(Counted(values.size(), all.at(name)));
  return out;
}

void RunIntegers(std::string_view input) {
  ByteReader in(input);
  std::vector<std::int64_t> values(TakeCount(in) + 1);
  if (!UnpackIntegers(in, values)) return;
  std::string packed;
  PackIntegers(values, packed);
  ByteReader again(packed);
  std::vector<std::int64_t> back(values.size());
  MUST(UnpackIntegers(again, back));
  MUST(again.left() == 0);
  MUST(back == values);
}

void RunRice(std::string_view input) {
  ByteReader in(input);
  std::vector<std::int64_t> values(TakeCount(in) + 3);
  if (!UnpackRice(in, values)) return;
  std::string packed;
  if (!PackRice(values, std::numeric_limits<std::size_t>::max(), packed)) return;
  ByteReader again(packed);
  std::vector<std::int64_t> back(values.size());
  MUST(UnpackRice(again, back));
  MUST(again.left() == 0);
  MUST(back == values);
}

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void RoundTrip(const std::vector<double>& values) {
  std::string chunk;
  EncodeValues(values, chunk);
  std::vector<double> back(values.size());
  MUST(DecodeValues(chunk, back));
  MUST(SameBits(values, back));
  MUST(EncodingName(chunk) != "unknown");
}

void RunValues(std::string_view input) {
  ByteReader in(input);
  std::vector<double> values(TakeCount(in) + 1);
  static_cast<void>(EncodingName(in.rest()));
  if (DecodeValues(in.rest(), values)) RoundTrip(values);
}

// Any doubles come back: the bytes are the values.
void RunDoubles(std::string_view input) {
  std::vector<double> values;
  for (ByteReader in(input); in.left() >= 8;) values.push_back(std::bit_cast<double>(in.Fixed64()));
  if (!values.empty()) RoundTrip(values);
}
std::vector<std::string> DoublesSeeds() {
  std::vector<std::string> out;
  for (const auto& [name, values] : golden::ValueChunks()) {
    std::string& bytes = out.emplace_back();
    for (const double v : values) PutFixed64(bytes, std::bit_cast<std::uint64_t>(v));
  }
  return out;
}

void RunHistogram(std::string_view input) {
  ByteReader in(input);
  const HistogramPtr h = DecodeHistogram(in);
  if (h == nullptr) return;
  std::string once;
  EncodeHistogram(*h, once);
  ByteReader again(once);
  const HistogramPtr back = DecodeHistogram(again);
  MUST(back != nullptr && again.left() == 0);
  std::string twice;
  EncodeHistogram(*back, twice);
  MUST(once == twice);
}

void RunTile(std::string_view input) {
  const auto tile = TileView::Open(input);
  if (!tile) return;
  const auto times = tile->Times();
  const auto keys = tile->Columns();
  if (!times || !keys) return;
  MUST(times->size() == tile->rows());
  constexpr std::size_t kColumns = 64;  // So that a small input does not cost seconds.
  TileView::Cursor cursor;
  for (std::size_t i = 0; i < keys->size() && i < kColumns; ++i) {
    const ColumnKey key = (*keys)[i];
    const auto chunk = tile->Find(key, cursor);
    static_cast<void>(tile->Find(key));
    if (!chunk) continue;
    std::vector<TimestampMs> t;
    std::vector<double> v;
    std::vector<HistogramPtr> h;
    std::vector<TimestampMs> starts;
    std::vector<DroppedSamples> dropped;
    const Status status = key.histogram ? tile->ReadHistograms(*chunk, *times, kMinTimestampMs, kMaxTimestampMs, t, h)
                                        : tile->ReadFloats(*chunk, *times, kMinTimestampMs, kMaxTimestampMs, t, v);
    if (status) MUST(t.size() == (key.histogram ? h.size() : v.size()) && t.size() <= tile->rows());
    if (status && tile->ReadStarts(key.column, *times, t, 0, starts)) MUST(starts.empty() || starts.size() == t.size());
    static_cast<void>(tile->ReadDropped(key.column, *times, kMinTimestampMs, kMaxTimestampMs, dropped).has_value());
  }
}

void RunDropped(std::string_view input) {
  ByteReader in(input);
  std::vector<DroppedSamples> records(TakeCount(in) % 64 + 1);
  if (!DecodeDropped(in.rest(), records)) return;
  std::string bytes;
  EncodeDropped(records, bytes);
  std::vector<DroppedSamples> back(records.size());
  MUST(DecodeDropped(bytes, back));
}
std::vector<std::string> DroppedSeeds() {
  std::vector<DroppedSamples> records{golden::DroppedAt(0), golden::DroppedAt(0), golden::DroppedAt(0)};
  records[1].within = true;
  records[2].count = 9;
  std::string all;
  EncodeDropped(records, all);
  std::string one;
  EncodeDropped(std::vector<DroppedSamples>{{0, 1000, 2, 0, 0, 0, 0, true}}, one);
  return {Counted(records.size() - 1, all), Counted(0, one)};
}

// Knows 1000 columns of each target.
class Columns final : public FrameState {
 public:
  bool SetBases(std::uint32_t, std::uint32_t, std::span<FrameCell> cells) override {
    for (FrameCell& cell : cells) {
      if (cell.column >= last_.size()) return false;
      cell.base = last_[cell.column];
    }
    return true;
  }
  void Update(std::uint32_t, std::uint32_t, std::span<const FrameCell> cells) override {
    for (const FrameCell& cell : cells) last_.at(cell.column) = cell.bits;
  }
  bool Has(std::uint32_t, std::uint32_t column) override { return column < last_.size(); }
  void EndHistory(std::uint32_t, std::uint32_t column) override { last_.at(column) = 0; }
  void Forget(std::uint32_t) override { std::fill(last_.begin(), last_.end(), 0); }

 private:
  std::vector<std::uint64_t> last_ = std::vector<std::uint64_t>(1000);
};

void RunFrame(std::string_view input) {
  Columns columns;
  const auto frame = DecodeFrame(input, columns);
  if (!frame) return;
  for (const FrameSection& section : frame->sections) {
    for (const FrameRow& row : section.rows) {
      for (const FrameCell& cell : row.cells) MUST(cell.column < 1000);
    }
  }
}

// Joins what the catalog's records say.
class Records final : public CatalogReader {
 public:
  Status OnTarget(std::uint32_t, Labels labels) override { return Walk(labels); }
  Status OnLine(std::uint32_t, Labels labels) override { return Walk(labels); }
  Status OnColumns(std::uint32_t, const ColumnRecord& record) override {
    MUST(record.first + record.lines.size() <= std::uint64_t{UINT32_MAX} + 1);
    return {};
  }

 private:
  static Status Walk(const Labels& labels) {
    LabelsBuilder builder(labels);
    MUST(builder.Build() == labels);
    MUST(Labels::IsWellFormed(labels.bytes()));
    return {};
  }
};

void RunCatalog(std::string_view input) {
  const auto [key, value] = TakeKey(input);
  Records records;
  static_cast<void>(ReadRecord(key, value, records).has_value());
}
std::vector<std::string> CatalogSeeds() {
  std::string columns;
  PutVarint(columns, 3);
  for (const std::int64_t step : {7, 1, -8}) PutZigZag(columns, step);
  return {Keyed(std::string("t\0\0\0\1", 5), golden::TargetLabels().bytes()),
          Keyed(std::string("l\0\0\0\2", 5), golden::LineLabels().bytes()),
          Keyed(std::string("c\0\0\0\1\0\0\0\0\0\0\0\5\0\0\0\0", 17), columns)};
}

void RunRun(std::string_view input) {
  const auto [key, value] = TakeKey(input);
  const auto run = DecodeRun(key, value);
  if (!run) return;
  const std::string bytes = EncodeRun(*run);
  const auto back = DecodeRun(key, bytes);
  MUST(back.has_value());
  MUST(EncodeRun(*back) == bytes);
  for (const RunTarget& entry : run->targets) MUST(run->Find(entry.target) != nullptr);
}

void RunTombstone(std::string_view input) {
  const auto [key, value] = TakeKey(input);
  const auto tombstone = DecodeTombstone(key, value);
  if (!tombstone) return;
  const std::string bytes = EncodeTombstone(*tombstone);
  const auto back = DecodeTombstone(key, bytes);
  MUST(back.has_value());
  MUST(EncodeTombstone(*back) == bytes);
}

void RunExemplar(std::string_view input) {
  const auto record = DecodeExemplar(input);
  if (!record) return;
  const auto back = DecodeExemplar(EncodeExemplar(*record));
  MUST(back.has_value());
  MUST(back->exemplar.labels == record->exemplar.labels);
}

constexpr Target kTargets[] = {
    {"integers", [] { return CountedSeeds(golden::IntegerStreams()); }, nullptr, &RunIntegers},
    {"rice", [] { return CountedSeeds(golden::RiceStreams()); }, nullptr, &RunRice},
    {"values", [] { return CountedSeeds(golden::ValueChunks()); }, nullptr, &RunValues},
    {"doubles", &DoublesSeeds, nullptr, &RunDoubles},
    {"histogram", [] { return GoldenSeeds("histogram/"); }, nullptr, &RunHistogram},
    {"tile", [] { return GoldenSeeds("tile/"); }, nullptr, &RunTile},
    {"dropped", &DroppedSeeds, nullptr, &RunDropped},
    {"frame", [] { return GoldenSeeds("frame/"); }, nullptr, &RunFrame},
    {"catalog", &CatalogSeeds, nullptr, &RunCatalog},
    {"run", [] { return GoldenSeeds("run/", "run/key"); }, nullptr, &RunRun},
    {"tombstone", [] { return GoldenSeeds("tombstone/", "tombstone/key"); }, nullptr, &RunTombstone},
    {"exemplar", [] { return GoldenSeeds("exemplar/"); }, nullptr, &RunExemplar},
};

}  // namespace

std::span<const Target> StorageTargets() { return kTargets; }

}  // namespace vigia::fuzz
