#include "storage/wal/frame.h"

#include <bit>
#include <map>
#include <random>

#include "storage/model/sample.h"
#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

class MapState final : public FrameState {
 public:
  bool SetBases(std::uint32_t epoch, std::uint32_t target, std::span<FrameCell> cells) override {
    if (target > 10) return false;
    for (FrameCell& cell : cells) {
      const auto known = last_.find({target, cell.column});
      cell.base = known != last_.end() && known->second.first == epoch ? known->second.second : 0;
    }
    return true;
  }
  void Update(std::uint32_t epoch, std::uint32_t target, std::span<const FrameCell> cells) override {
    for (const FrameCell& cell : cells) last_[{target, cell.column}] = {epoch, cell.bits};
  }
  bool Has(std::uint32_t target, std::uint32_t) override { return target <= 10; }
  void EndHistory(std::uint32_t target, std::uint32_t column) override { last_.erase({target, column}); }
  void Forget(std::uint32_t target) override {
    last_.erase(last_.lower_bound({target, 0}), last_.upper_bound({target, UINT32_MAX}));
  }

 private:
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::uint32_t, std::uint64_t>> last_;
};

double Value(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0: return std::bit_cast<double>(random());
    case 1: return static_cast<double>(random() % 100);
    case 2: return static_cast<double>(random() % 100'000);
    case 3: return kStaleNan;
    case 4: return -0.0;
    default: return static_cast<double>(random() % 1000) / 10;
  }
}

TEST_CASE("frames carry rows bit for bit over epochs, late rows and histograms") {
  std::mt19937_64 random(9);
  MapState writer;
  MapState reader;
  for (int round = 0; round < 500; ++round) {
    const auto epoch = static_cast<std::uint32_t>(1 + round / 100);
    std::vector<FrameSection> sections(1 + random() % 2);
    for (std::size_t s = 0; s < sections.size(); ++s) {
      sections[s].target = static_cast<std::uint32_t>(s + 1);
      sections[s].anew = random() % 8 == 0;
      if (sections[s].anew) writer.Forget(sections[s].target);
      for (std::size_t r = 0; r < 1 + random() % 3; ++r) {
        FrameRow& row = sections[s].rows.emplace_back();
        row.t = static_cast<TimestampMs>(random() % 1'000'000) - 1000;
        row.detached = random() % 5 == 0;
        std::uint32_t column = 0;
        for (std::size_t c = 0; c < random() % 40; ++c) {
          column += 1 + (random() % 4 == 0 ? static_cast<std::uint32_t>(random() % 50) : 0);
          FrameCell cell{column, std::bit_cast<std::uint64_t>(Value(random)), 0};
          if (!row.detached) {
            REQUIRE(writer.SetBases(epoch, sections[s].target, {&cell, 1}));
            if (random() % 2 == 0) cell.bits = cell.base;
            writer.Update(epoch, sections[s].target, {&cell, 1});
          }
          row.cells.push_back(cell);
        }
        if (random() % 3 == 0) {
          auto h = std::make_shared<FloatHistogram>();
          h->sum = Value(random);
          row.histograms.push_back({column + 7, h});
          if (!row.detached) writer.EndHistory(sections[s].target, column + 7);
        }
        for (const FrameCell& cell : row.cells) {
          if (round % 2 == 0 || random() % 2 == 0) continue;
          row.starts.push_back(
              {cell.column, static_cast<TimestampMs>(random() % (std::uint64_t{1} << 54)) - (1 << 30)});
        }
      }
    }
    const auto frame = DecodeFrame(EncodeFrame(epoch, sections), reader);
    REQUIRE(frame.has_value());
    REQUIRE(frame->epoch == epoch);
    REQUIRE(frame->sections.size() == sections.size());
    for (std::size_t s = 0; s < sections.size(); ++s) {
      REQUIRE(frame->sections[s].anew == sections[s].anew);
      REQUIRE(frame->sections[s].rows.size() == sections[s].rows.size());
      for (std::size_t r = 0; r < sections[s].rows.size(); ++r) {
        const FrameRow& a = sections[s].rows[r];
        const FrameRow& b = frame->sections[s].rows[r];
        REQUIRE(a.t == b.t);
        REQUIRE(a.detached == b.detached);
        REQUIRE(a.cells.size() == b.cells.size());
        for (std::size_t c = 0; c < a.cells.size(); ++c) {
          REQUIRE(a.cells[c].column == b.cells[c].column);
          REQUIRE(a.cells[c].bits == b.cells[c].bits);
        }
        REQUIRE(a.starts.size() == b.starts.size());
        for (std::size_t c = 0; c < a.starts.size(); ++c) {
          REQUIRE(a.starts[c].column == b.starts[c].column);
          REQUIRE(a.starts[c].start == b.starts[c].start);
        }
        REQUIRE(a.histograms.size() == b.histograms.size());
        for (std::size_t h = 0; h < a.histograms.size(); ++h) {
          REQUIRE(a.histograms[h].column == b.histograms[h].column);
          REQUIRE(std::bit_cast<std::uint64_t>(a.histograms[h].value->sum) ==
                  std::bit_cast<std::uint64_t>(b.histograms[h].value->sum));
        }
      }
    }
  }
}

TEST_CASE("an unchanged row takes a bit per value, a small step a byte") {
  FrameSection section{1, {}};
  FrameRow row{15'000, false, {}, {}};
  for (std::uint32_t column = 0; column < 800; ++column) row.cells.push_back({column, 0, 0});
  section.rows = {row};
  CHECK(EncodeFrame(1, {section}).size() <= 120);
  for (FrameCell& cell : section.rows[0].cells) {
    cell.base = std::bit_cast<std::uint64_t>(1e6);
    cell.bits = std::bit_cast<std::uint64_t>(1e6 + 15);
  }
  CHECK(EncodeFrame(1, {section}).size() <= 920);
}

TEST_CASE("a frame of one target says so in its head") {
  const FrameRow row{15'000, false, {{1, 2, 0}}, {}};
  for (const bool anew : {false, true}) {
    const auto head = HeadOfOneTarget(EncodeFrame(700, {{5, {row}, anew}}));
    REQUIRE(head.has_value());
    CHECK(head->epoch == 700);
    CHECK(head->target == 5);
    CHECK_FALSE(HeadOfOneTarget(EncodeFrame(700, {{5, {row}, anew}, {6, {row}}})).has_value());
  }
  CHECK_FALSE(HeadOfOneTarget("").has_value());
}

TEST_CASE("a section that begins anew is read without the frames before it") {
  const auto cell = [](std::uint32_t column, double v, double base) {
    return FrameCell{column, std::bit_cast<std::uint64_t>(v), std::bit_cast<std::uint64_t>(base)};
  };
  const std::string before = EncodeFrame(1, {{5, {{1000, false, {cell(1, 40, 0), cell(2, 7, 0)}, {}}}}});
  const std::string anew = EncodeFrame(1, {{5, {{2000, false, {cell(1, 41, 0)}, {}}}, true}});
  const std::string after = EncodeFrame(1, {{5, {{3000, false, {cell(1, 42, 41), cell(2, 8, 0)}, {}}}}});
  MapState all;
  MapState late;
  REQUIRE(DecodeFrame(before, all).has_value());
  for (const std::string& bytes : {anew, after}) {
    const auto a = DecodeFrame(bytes, all);
    const auto b = DecodeFrame(bytes, late);
    REQUIRE(a.has_value());
    REQUIRE(b.has_value());
    REQUIRE(a->sections[0].rows[0].cells.size() == b->sections[0].rows[0].cells.size());
    for (std::size_t i = 0; i < a->sections[0].rows[0].cells.size(); ++i) {
      CHECK(a->sections[0].rows[0].cells[i].bits == b->sections[0].rows[0].cells[i].bits);
    }
    CHECK(std::bit_cast<double>(b->sections[0].rows[0].cells.back().bits) == (bytes == anew ? 41 : 8));
  }
}

TEST_CASE("damaged frames are errors") {
  std::mt19937_64 random(4);
  FrameSection section{1, {{5, false, {{1, 2, 0}, {2, 3, 0}, {9, 4, 1}}, {}}}};
  if (GENERATE(false, true)) section.rows[0].starts = {{1, -70}, {9, 1'600'000'000'000}};
  const std::string good = EncodeFrame(1, {section});
  MapState state;
  CHECK_FALSE(DecodeFrame("", state).has_value());
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(DecodeFrame(std::string_view(good).substr(0, size), state).has_value());
  }
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    static_cast<void>(DecodeFrame(bytes, state).has_value());
  }
}

}  // namespace
}  // namespace vigia::storage
