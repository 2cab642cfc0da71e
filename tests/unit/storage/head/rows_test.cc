#include "storage/head/rows.h"

#include <algorithm>
#include <bit>
#include <map>
#include <random>
#include <set>

#include "storage/head/target.h"
#include "tests/support/catch.h"

using namespace vigia::storage;

namespace {

// What a target was given, and what readers must get back.
class Model {
 public:
  // A row of random columns out of `width`, of values that are mostly the last ones. A detached row is older.
  FrameRow Next(std::uint32_t width, double share) {
    FrameRow row;
    row.detached = !samples_.empty() && Chance(0.1);
    row.t = row.detached ? now_ - 5 : (now_ += 10);
    std::vector<std::uint32_t> columns;
    for (std::uint32_t column = 0; column < width; ++column) {
      if (Chance(share)) columns.push_back(column);
    }
    if (Chance(0.3)) std::shuffle(columns.begin(), columns.end(), random_);
    for (const std::uint32_t column : columns) {
      if (row.detached && !times_[column].insert(row.t).second) continue;
      const std::uint64_t newest = newest_[column];
      const std::uint64_t bits = Chance(0.7) ? newest : Value();
      const bool repeats = !row.detached && bits == newest && !samples_[column].empty() && Chance(0.95);
      row.cells.push_back({column, bits, 0, repeats});
      samples_[column].emplace_back(row.t, bits);
      if (!row.detached) newest_[column] = bits;
    }
    return row;
  }
  void Check(const TargetSnapshot& snapshot, std::uint32_t width) const {
    for (std::uint32_t column = 0; column < width; ++column) {
      ColumnSamples read;
      REQUIRE(ReadColumn(snapshot, column, kMinTimestampMs, kMaxTimestampMs, read).has_value());
      std::multimap<TimestampMs, std::uint64_t> got;
      for (std::size_t i = 0; i < read.t.size(); ++i) got.emplace(read.t[i], std::bit_cast<std::uint64_t>(read.v[i]));
      std::multimap<TimestampMs, std::uint64_t> wanted;
      if (const auto at = samples_.find(column); at != samples_.end())
        wanted.insert(at->second.begin(), at->second.end());
      REQUIRE(got == wanted);
    }
  }
  bool Chance(double share) { return std::uniform_real_distribution<double>()(random_) < share; }

 private:
  std::uint64_t Value() {
    if (Chance(0.1)) return 0x7ff4'5ca1'ab1e'0ff5;  // Rows mark absent samples with it.
    return Chance(0.5) ? std::bit_cast<std::uint64_t>(static_cast<double>(random_() % 4)) : random_();
  }

  std::mt19937_64 random_{7};
  TimestampMs now_ = 1000;
  std::map<std::uint32_t, std::vector<std::pair<TimestampMs, std::uint64_t>>> samples_;
  std::map<std::uint32_t, std::uint64_t> newest_;
  std::map<std::uint32_t, std::set<TimestampMs>> times_;
};

void Show(Target& target, const std::vector<FrameRow>& rows, std::uint64_t seq) {
  Target::Prepared prepared;
  target.Prepare(rows, prepared);
  target.Publish(prepared, seq, 1, 0);
}

}  // namespace

TEST_CASE("rows come back from staging and from tiles as they were written") {
  for (const double share : {1.0, 0.97, 0.4, 0.02}) {
    std::atomic<std::size_t> bytes{0};
    Target target(1, bytes);
    Model model;
    std::uint32_t width = 130;
    for (std::uint64_t seq = 1; seq <= 100; ++seq) {
      if (seq == 50) width = 300;  // More series than the layout of the staged rows has places for.
      const std::lock_guard lock(target.write_mutex());
      const std::vector<FrameRow> rows{model.Next(width, share)};
      if (rows[0].cells.empty()) continue;
      Show(target, rows, seq);
      if (seq % 7 == 0) model.Check(target.Snapshot(), width);
    }
    model.Check(target.Snapshot(), width);
    static_cast<void>(target.Freeze());
    model.Check(target.Snapshot(), width);
  }
}

TEST_CASE("a staged value that is what it was costs next to nothing") {
  std::atomic<std::size_t> bytes{0};
  Target target(1, bytes);
  for (std::uint64_t seq = 1; seq <= Staging::kRows; ++seq) {
    FrameRow row{static_cast<TimestampMs>(seq), false, {}, {}, {}};
    for (std::uint32_t column = 0; column < 6400; ++column) row.cells.push_back({column, column, column, seq > 1});
    const std::lock_guard lock(target.write_mutex());
    Show(target, {row}, seq);
  }
  // The first row's values, and two bits per series in each row: which are told, and how many before.
  CHECK(bytes <= 6400 * 8 + Staging::kRows * 6400 / 4);
}
