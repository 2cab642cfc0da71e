// Storage format 1 as it is on disks: bytes that were written once, in tests/golden/storage/format1.txt. They are read
// back as arithmetic says, and today's encoders make the same bytes. A change here is a new version of the record, or
// of the folder (storage/FORMAT.md, "Versions"); the file is written anew by the hidden test case at the end of this
// one.
#include <fstream>
#include <sstream>

#include "storage/inspect/place.h"
#include "storage/inspect/verify.h"
#include "tests/unit/storage/inspect/golden_items.h"
#include "tests/unit/storage/tsdb/fixture.h"

using namespace vigia::storage;
using namespace vigia::storage::test;
namespace golden = vigia::storage::golden;

namespace {

const std::string kPath = VIGIA_SOURCE_DIR "/tests/golden/storage/format1.txt";

std::string FromHex(const std::string& hex) {
  REQUIRE(hex.size() % 2 == 0);
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return out;
}

// Two sections: "name = hex", and records of a whole folder as "family key value".
struct GoldenFile {
  std::map<std::string, std::string> items;
  struct Record {
    std::string family;
    std::string key;
    std::string value;
  };
  std::vector<Record> folder;
};

GoldenFile ReadGolden() {
  GoldenFile out;
  std::ifstream in(kPath);
  REQUIRE(in.good());
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (const auto at = line.find(" = "); at != std::string::npos) {
      out.items[line.substr(0, at)] = FromHex(line.substr(at + 3));
      continue;
    }
    std::istringstream words(line);
    std::string key;
    std::string value;
    auto& record = out.folder.emplace_back();
    words >> record.family >> key >> value;
    record.key = FromHex(key);
    record.value = FromHex(value);
  }
  return out;
}

std::vector<std::uint64_t> Bits(const std::vector<double>& values) {
  std::vector<std::uint64_t> out;
  for (const double v : values) out.push_back(std::bit_cast<std::uint64_t>(v));
  return out;
}

void CheckHistogram(const FloatHistogram& a, const FloatHistogram& b) {
  CHECK(a.hint == b.hint);
  CHECK(a.integer == b.integer);
  CHECK(a.schema == b.schema);
  CHECK(Bits({a.zero_threshold, a.zero_count, a.count, a.sum}) ==
        Bits({b.zero_threshold, b.zero_count, b.count, b.sum}));
  CHECK(a.positive_spans == b.positive_spans);
  CHECK(a.negative_spans == b.negative_spans);
  CHECK(a.positive_buckets == b.positive_buckets);
  CHECK(a.negative_buckets == b.negative_buckets);
  CHECK(a.custom_values == b.custom_values);
}

// Knows all columns, and follows their values in one epoch.
class Values final : public FrameState {
 public:
  bool SetBases(std::uint32_t, std::uint32_t target, std::span<FrameCell> cells) override {
    for (FrameCell& cell : cells) cell.base = last_[{target, cell.column}];
    return true;
  }
  void Update(std::uint32_t, std::uint32_t target, std::span<const FrameCell> cells) override {
    for (const FrameCell& cell : cells) last_[{target, cell.column}] = cell.bits;
  }
  bool Has(std::uint32_t, std::uint32_t) override { return true; }
  void EndHistory(std::uint32_t target, std::uint32_t column) override { last_[{target, column}] = 0; }
  void Forget(std::uint32_t target) override {
    last_.erase(last_.lower_bound({target, 0}), last_.upper_bound({target, UINT32_MAX}));
  }

 private:
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> last_;
};

void CheckFrame(const std::string& bytes, bool with_starts, bool anew = false) {
  Values values;
  const auto frame = DecodeFrame(bytes, values);
  REQUIRE((frame).has_value());
  CHECK(frame->epoch == 4);
  const auto expected = golden::FrameSections(with_starts, anew);
  REQUIRE(frame->sections.size() == expected.size());
  for (std::size_t s = 0; s < expected.size(); ++s) {
    CHECK(frame->sections[s].target == expected[s].target);
    CHECK(frame->sections[s].anew == expected[s].anew);
    REQUIRE(frame->sections[s].rows.size() == expected[s].rows.size());
    for (std::size_t r = 0; r < expected[s].rows.size(); ++r) {
      const FrameRow& row = frame->sections[s].rows[r];
      const FrameRow& wanted = expected[s].rows[r];
      CHECK(row.t == wanted.t);
      CHECK(row.detached == wanted.detached);
      REQUIRE(row.cells.size() == wanted.cells.size());
      for (std::size_t i = 0; i < wanted.cells.size(); ++i) {
        CHECK(row.cells[i].column == wanted.cells[i].column);
        CHECK(row.cells[i].bits == wanted.cells[i].bits);
      }
      REQUIRE(row.histograms.size() == wanted.histograms.size());
      for (std::size_t i = 0; i < wanted.histograms.size(); ++i) {
        CHECK(row.histograms[i].column == wanted.histograms[i].column);
        CheckHistogram(*row.histograms[i].value, *wanted.histograms[i].value);
      }
      REQUIRE(row.starts.size() == wanted.starts.size());
      for (std::size_t i = 0; i < wanted.starts.size(); ++i) {
        CHECK(row.starts[i].column == wanted.starts[i].column);
        CHECK(row.starts[i].start == wanted.starts[i].start);
      }
    }
  }
}

void CheckTile(const std::string& bytes, golden::TileKind kind) {
  const auto tile = TileView::Open(bytes);
  REQUIRE((tile).has_value());
  CHECK(tile->subset() == (kind == golden::TileKind::kSubset));
  const auto times = tile->Times();
  REQUIRE((times).has_value());
  CHECK(*times == golden::Times(golden::kTileRows));
  for (const auto& [column, rows] : golden::TileColumns()) {
    INFO("column " << column);
    const auto chunk = tile->Find({column, false});
    REQUIRE(chunk.has_value());
    std::vector<TimestampMs> t;
    std::vector<double> v;
    REQUIRE((tile->ReadFloats(*chunk, *times, kMinTimestampMs, kMaxTimestampMs, t, v)).has_value());
    std::vector<TimestampMs> expected_t;
    std::vector<double> expected_v;
    for (const std::uint32_t row : rows) {
      expected_t.push_back((*times)[row]);
      expected_v.push_back(100.0 * column + row);
    }
    CHECK(t == expected_t);
    CHECK(v == expected_v);
    std::vector<TimestampMs> starts;
    REQUIRE((tile->ReadStarts(column, *times, t, 0, starts)).has_value());
    const bool has_start = column == 5 && kind == golden::TileKind::kStarts;
    CHECK(starts.size() == (has_start ? t.size() : 0));
    if (has_start) CHECK(starts[0] == t[0] - 1000);
    std::vector<DroppedSamples> dropped;
    REQUIRE((tile->ReadDropped(column, *times, kMinTimestampMs, kMaxTimestampMs, dropped)).has_value());
    const bool has_dropped = column == 5 && kind == golden::TileKind::kDropped;
    CHECK(dropped == (has_dropped ? std::vector{golden::DroppedAt(t[0])} : std::vector<DroppedSamples>{}));
  }
  const auto chunk = tile->Find({40, true});
  REQUIRE(chunk.has_value());
  std::vector<TimestampMs> t;
  std::vector<HistogramPtr> h;
  REQUIRE((tile->ReadHistograms(*chunk, *times, kMinTimestampMs, kMaxTimestampMs, t, h)).has_value());
  REQUIRE(h.size() == 1);
  CHECK(t[0] == (*times)[3]);
  CheckHistogram(*h[0], golden::Histograms().at("histogram/integer"));
}

}  // namespace

TEST_CASE("today's encoders make the bytes of format 1") {
  const auto file = ReadGolden();
  const auto today = golden::EncodeAll();
  CHECK(file.items.size() == today.size());
  for (const auto& [name, bytes] : today) {
    INFO(name);
    REQUIRE(file.items.count(name) == 1);
    CHECK(HexText(file.items.at(name)) == HexText(bytes));
  }
}

TEST_CASE("integers of format 1 are read, of each scheme") {
  const auto file = ReadGolden();
  for (const auto& [name, expected] : golden::IntegerStreams()) {
    INFO(name);
    const std::string& bytes = file.items.at(name);
    CHECK((bytes[0] & 3) == name[9] - '0');
    ByteReader in(bytes);
    std::vector<std::int64_t> values(expected.size());
    REQUIRE(UnpackIntegers(in, values));
    CHECK(in.left() == 0);
    CHECK(values == expected);
  }
}

TEST_CASE("Rice streams of format 1 are read, of each order and mapping") {
  const auto file = ReadGolden();
  std::set<int> orders;
  std::set<int> mappings;
  bool escaped = false;
  for (const auto& [name, expected] : golden::RiceStreams()) {
    INFO(name);
    const std::string& bytes = file.items.at(name);
    orders.insert(bytes[0] & 3);
    mappings.insert(bytes[0] >> 2 & 31);
    escaped = escaped || (bytes[0] & 0x80) != 0;
    ByteReader in(bytes);
    std::vector<std::int64_t> values(expected.size());
    REQUIRE(UnpackRice(in, values));
    CHECK(in.left() == 0);
    CHECK(values == expected);
  }
  CHECK(orders == std::set<int>{0, 1, 2});
  CHECK(mappings == std::set<int>{0, 1, 2});
  CHECK(escaped);
}

TEST_CASE("value chunks of format 1 are read, of each method") {
  const auto file = ReadGolden();
  std::set<int> methods;
  for (const auto& [name, expected] : golden::ValueChunks()) {
    INFO(name);
    methods.insert(file.items.at(name)[0] & 15);
    std::vector<double> values(expected.size());
    REQUIRE(DecodeValues(file.items.at(name), values));
    CHECK(Bits(values) == Bits(expected));
  }
  CHECK(methods == std::set<int>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("histograms of format 1 are read") {
  const auto file = ReadGolden();
  for (const auto& [name, expected] : golden::Histograms()) {
    INFO(name);
    ByteReader in(file.items.at(name));
    const HistogramPtr h = DecodeHistogram(in);
    REQUIRE(h != nullptr);
    CHECK(in.left() == 0);
    CheckHistogram(*h, expected);
  }
}

TEST_CASE("tiles of format 1 are read") {
  const auto file = ReadGolden();
  CheckTile(file.items.at("tile/1"), golden::TileKind::kSamples);
  CheckTile(file.items.at("tile/1 subset"), golden::TileKind::kSubset);
  CheckTile(file.items.at("tile/2"), golden::TileKind::kStarts);
  CheckTile(file.items.at("tile/3"), golden::TileKind::kDropped);
}

TEST_CASE("columns of format 1 that are differences from other columns are read, of both methods") {
  const std::string bytes = ReadGolden().items.at("tile/1 relative");
  const auto tile = TileView::Open(bytes);
  REQUIRE((tile).has_value());
  const auto times = tile->Times();
  REQUIRE((times).has_value());
  CHECK(*times == golden::Times(golden::kRelativeRows));
  std::map<std::uint32_t, int> methods;
  for (const auto& [column, expected] : golden::RelativeColumns()) {
    INFO("column " << column);
    const auto chunk = tile->Find({column, false});
    REQUIRE(chunk.has_value());
    methods[column] = chunk->bytes[0] & 15;
    CHECK(BaseDistance(chunk->bytes) == (column == 0 || column == 8 ? 0 : 1));
    std::vector<TimestampMs> t;
    std::vector<double> v;
    REQUIRE((tile->ReadFloats(*chunk, *times, kMinTimestampMs, kMaxTimestampMs, t, v)).has_value());
    CHECK(t == *times);
    CHECK(Bits(v) == Bits(expected));
  }
  CHECK(methods == std::map<std::uint32_t, int>{{0, 2}, {1, 7}, {2, 7}, {3, 8}, {8, 2}, {9, 7}});
}

TEST_CASE("row frames of format 1 are read") {
  const auto file = ReadGolden();
  CheckFrame(file.items.at("frame/1"), false);
  CheckFrame(file.items.at("frame/2"), true);
  CheckFrame(file.items.at("frame/3"), true, true);
}

TEST_CASE("records of format 1 are read") {
  const auto file = ReadGolden();
  for (const int version : {1, 2, 3}) {
    const bool downsampled = version >= 2;
    const Run expected = golden::MakeRun(downsampled, version == 3);
    const auto run = DecodeRun(file.items.at("run/key"), file.items.at("run/" + std::to_string(version)));
    REQUIRE((run).has_value());
    CHECK(run->day == expected.day);
    CHECK(run->tier == expected.tier);
    CHECK(run->id == expected.id);
    CHECK(run->bytes == expected.bytes);
    CHECK(run->samples == expected.samples);
    CHECK(run->min_t == expected.min_t);
    CHECK(run->max_t == expected.max_t);
    REQUIRE(run->targets.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(run->targets[i].target == expected.targets[i].target);
      CHECK(run->targets[i].sealed_seq == expected.targets[i].sealed_seq);
      CHECK(run->targets[i].next_anew == expected.targets[i].next_anew);
      CHECK(run->targets[i].min_t == expected.targets[i].min_t);
      CHECK(run->targets[i].max_t == expected.targets[i].max_t);
      CHECK(run->targets[i].chunk_starts == expected.targets[i].chunk_starts);
      CHECK(run->targets[i].columns.ranges() == expected.targets[i].columns.ranges());
    }
    CHECK(run->targets[0].ResolutionOf(1) == (downsampled ? 300'000 : 0));
    CHECK(run->targets[0].ResolutionOf(0) == 0);
  }
  GroupPlace place;
  REQUIRE(ParseGroupKey(file.items.at("row group/key"), &place));
  CHECK(place.day == 19'675);
  CHECK(place.tier == 2);
  CHECK(place.run == 17);
  CHECK(place.target == 7);
  CHECK(place.page == 1);
  CHECK(place.chunk == 2);
  const auto tombstone = DecodeTombstone(file.items.at("tombstone/key"), file.items.at("tombstone/1"));
  REQUIRE((tombstone).has_value());
  CHECK(tombstone->id == 5);
  CHECK(tombstone->next_run == 18);
  CHECK(tombstone->created_ms == 1'699'963'200'000);
  CHECK(tombstone->interval == TimeInterval{-1, 1'699'963'230'000});
  REQUIRE(tombstone->Find(7) != nullptr);
  CHECK(tombstone->Find(7)->seq == 99);
  CHECK(tombstone->Find(300)->columns.Contains(5));
  const auto exemplar = DecodeExemplar(file.items.at("exemplar/1"));
  REQUIRE((exemplar).has_value());
  CHECK(exemplar->number == 300);
  CHECK(static_cast<std::uint64_t>(exemplar->series) == (std::uint64_t{7} << 32 | 3));
  CHECK(exemplar->series_hash == 0x0123456789abcdef);
  CHECK(exemplar->exemplar.labels == Labels{{"trace_id", "4bf92f35"}});
  CHECK(exemplar->exemplar.v == 0.25);
  CHECK(exemplar->exemplar.t == 1'699'963'200'123);
  CHECK(exemplar->exemplar.has_own_time);
}

TEST_CASE("versions beyond the known ones are told from damage") {
  Values values;
  const auto codes = [&](std::string bytes, int version) {
    const std::string kind = bytes.substr(0, bytes.find('/'));
    bytes = ReadGolden().items.at(bytes);
    bytes[0] = static_cast<char>(version);
    Status status;
    if (kind == "tile") {
      if (const auto tile = TileView::Open(bytes); !tile) status = tile.error();
    } else if (kind == "frame") {
      if (const auto frame = DecodeFrame(bytes, values); !frame) status = frame.error();
    } else if (kind == "run") {
      if (const auto run = DecodeRun(golden::EncodeAll().at("run/key"), bytes); !run) status = run.error();
    } else if (kind == "tombstone") {
      const auto tombstone = DecodeTombstone(TombstoneKey(5), bytes);
      if (!tombstone) status = tombstone.error();
    } else if (const auto exemplar = DecodeExemplar(bytes); !exemplar) {
      status = exemplar.error();
    }
    REQUIRE_FALSE(status.has_value());
    return status.error().code;
  };
  const std::string name = GENERATE("tile/1", "frame/1", "run/1", "tombstone/1", "exemplar/1");
  INFO(name);
  CHECK(codes(name, 4) == Errc::kInvalid);
  CHECK(codes(name, 63) == Errc::kInvalid);
  CHECK(codes(name, 64) == Errc::kCorruption);
  CHECK(codes(name, 0) == Errc::kCorruption);
}

namespace {

constexpr TimestampMs kNoon = 1'699'963'200'000;  // 2023-11-14T12:00:00Z
constexpr int kRows = 200;

double ValueOf(const std::string& name, int i) {
  if (name == "counter") return 3.0 * i;
  if (name == "gauge") return (i * 7 % 50) / 10.0;
  if (name == "slow") return i / 37;
  return 1.0 / (i + 3);  // ratio
}

// A folder with all kinds of records: 200 rows of two targets, the last 40 in the log only; a delete, exemplars, start
// timestamps, histograms, late samples.
void FillFolder(Fixture& f) {
  f.options.seal_on_close = false;
  f.options.max_exemplars = 8;
  f.options.out_of_order_window_ms = 3'600'000;
  f.now_ms = kNoon + kRows * 15'000;
  f.Open();
  for (int i = 0; i < kRows; ++i) {
    if (i == kRows - 40) REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
    for (const char* instance : {"a", "b"}) {
      const Labels shared{{"instance", instance}, {"job", "golden"}};
      auto appender = f.db->NewAppender(shared);
      for (const char* name : {"counter", "gauge", "slow", "ratio"}) {
        const auto ref = appender->Resolve(Labels{{"__name__", name}, {"instance", instance}, {"job", "golden"}});
        REQUIRE((ref).has_value());
        const TimestampMs t = kNoon + i * 15'000;
        REQUIRE(appender->Append(*ref, t, ValueOf(name, i)) == AppendOutcome::kAdded);
        if (std::string(name) == "counter") appender->SetStart(*ref, t, kNoon - 1000);
        if (std::string(name) == "gauge" && i % 50 == 0) {
          Exemplar exemplar{Labels{{"trace_id", std::to_string(i)}}, 0.5 * i, t, true};
          REQUIRE(appender->AppendExemplar(*ref, exemplar) == AppendOutcome::kAdded);
        }
      }
      if (*instance == 'b' && i % 20 == 0) {
        const auto ref = appender->Resolve(Labels{{"__name__", "latency"}, {"instance", "b"}, {"job", "golden"}});
        auto h = std::make_shared<FloatHistogram>(golden::Histograms().at("histogram/integer"));
        h->sum = i;
        REQUIRE(appender->AppendHistogram(*ref, kNoon + i * 15'000, h) == AppendOutcome::kAdded);
      }
      REQUIRE((appender->Commit()).has_value());
    }
  }
  f.AppendOne(Labels{{"__name__", "gauge"}, {"instance", "a"}, {"job", "golden"}}, kNoon + 7, 42,
              Labels{{"instance", "a"}, {"job", "golden"}});
  const std::vector<Matcher> slow_b{Matcher::Equal("__name__", "slow"), Matcher::Equal("instance", "b")};
  REQUIRE((f.db->DeleteSeries(slow_b, kNoon, kNoon + 99 * 15'000)).has_value());
  REQUIRE((f.db->Close()).has_value());
  f.db.reset();
}

const std::map<std::string, Family> kFamilyNames{{"cat", Family::kCatalog},
                                                 {"data", Family::kData},
                                                 {"wal0", Family::kWal0},
                                                 {"wal1", Family::kWal1},
                                                 {"exm", Family::kExemplars}};

}  // namespace

TEST_CASE("a folder of format 1 is read") {
  Fixture f;
  std::filesystem::create_directories(f.folder.path());
  std::ofstream(f.folder.path() + "/VERSION") << "vigia storage format 1\n";
  std::map<char, int> kinds;
  {
    Registry registry;
    StoreOptions options;
    options.path = f.folder.path() + "/db";
    const auto store = Store::Open(options, registry);
    REQUIRE((store).has_value());
    Batch batch;
    std::vector<KeyValue> groups;
    for (const auto& record : ReadGolden().folder) {
      const Family family = kFamilyNames.at(record.family);
      ++kinds[family == Family::kCatalog ? record.key[0] : record.family[0]];
      if (family == Family::kData) {
        groups.push_back({record.key, record.value});
      } else {
        batch.Put(family, record.key, record.value);
      }
    }
    REQUIRE(((*store)->AddBulk(groups, true)).has_value());
    REQUIRE(((*store)->Write(batch, WriteMode::kDisk)).has_value());
  }
  // Targets, lines, columns, runs, a tombstone; row groups (d counts the tombstone too), frames, exemplars.
  for (const char kind : {'t', 'l', 'c', 'r', 'd', 'w', 'e'}) CHECK(kinds[kind] > 0);

  const auto opened = OpenedFolder::Open(f.folder.path());
  REQUIRE((opened).has_value());
  std::string findings;
  REQUIRE((Verify(**opened, [&](const Finding& finding) {
            findings += finding.place + ": " + finding.what + "\n";
          })).has_value());
  CHECK(findings == "");

  f.now_ms = kNoon + kRows * 15'000;
  f.options.max_exemplars = 8;
  f.Open();
  for (const char* instance : {"a", "b"}) {
    for (const char* name : {"counter", "gauge", "slow", "ratio"}) {
      INFO(name << " of " << instance);
      std::vector<Point> expected;
      for (int i = 0; i < kRows; ++i) {
        if (std::string(name) == "slow" && *instance == 'b' && i < 100) continue;
        expected.push_back(At(kNoon + i * 15'000, ValueOf(name, i)));
        if (std::string(name) == "gauge" && *instance == 'a' && i == 0) expected.push_back(At(kNoon + 7, 42));
      }
      const auto found = f.Query({Matcher::Equal("__name__", name), Matcher::Equal("instance", instance)});
      REQUIRE(found.size() == 1);
      CHECK(found.begin()->second == expected);
    }
  }
  CHECK(f.Query({Matcher::Equal("job", "golden")}).size() == 9);
  const auto starts = f.Starts({Matcher::Equal("__name__", "counter"), Matcher::Equal("instance", "a")});
  REQUIRE(starts.size() == 1);
  CHECK(starts.begin()->second.size() == kRows);
  CHECK(starts.begin()->second.begin()->second == kNoon - 1000);
  const std::vector<Matcher> latency{Matcher::Equal("__name__", "latency")};
  const auto selection = f.db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, latency);
  REQUIRE((selection).has_value());
  REQUIRE((*selection)->size() == 1);
  ReadBuffer buffer;
  const auto samples = (*selection)->Read(0, buffer);
  REQUIRE((samples).has_value());
  REQUIRE(samples->h.size() == kRows / 20);
  for (int i = 0; i < kRows / 20; ++i) {
    auto expected = golden::Histograms().at("histogram/integer");
    expected.sum = 20 * i;
    expected.hint = samples->h[static_cast<std::size_t>(i)]->hint;  // Readers tell of resets in their own way.
    CheckHistogram(*samples->h[static_cast<std::size_t>(i)], expected);
  }
  const std::vector<std::vector<Matcher>> gauges{{Matcher::Equal("__name__", "gauge")}};
  const auto exemplars = f.db->SelectExemplars(kMinTimestampMs, kMaxTimestampMs, gauges);
  REQUIRE((exemplars).has_value());
  REQUIRE(exemplars->size() == 2);
  for (const auto& series : *exemplars) {
    REQUIRE(series.exemplars.size() == 4);
    for (int i = 0; i < 4; ++i) {
      const Exemplar& exemplar = series.exemplars[static_cast<std::size_t>(i)];
      CHECK(exemplar.t == kNoon + 50 * i * 15'000);
      CHECK(exemplar.v == 25.0 * i);
      CHECK(exemplar.labels == Labels{{"trace_id", std::to_string(50 * i)}});
    }
  }
}

// Run by name when a new format begins: "write the golden file".
TEST_CASE("write the golden file", "[.]") {
  std::ofstream out(kPath);
  out << "# Storage format 1 byte by byte (storage/FORMAT.md): encodings by name, then all records of a data folder.\n"
         "# What they are, and must be for ever: tests/unit/storage/inspect/golden_test.cc.\n";
  for (const auto& [name, bytes] : golden::EncodeAll()) out << name << " = " << HexText(bytes) << "\n";
  Fixture f;
  FillFolder(f);
  const auto folder = OpenedFolder::Open(f.folder.path());
  REQUIRE((folder).has_value());
  for (const auto& [name, family] : kFamilyNames) {
    REQUIRE(((*folder)->store().Scan(family, {}, {}, [&, label = name](std::string_view key, std::string_view value) {
              out << label << " " << HexText(key) << " " << HexText(value) << "\n";
              return Status();
            })).has_value());
  }
}
