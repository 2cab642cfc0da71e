// A window's samples in ascending order while it slides over a column: the column is sorted once, and of each rank is
// noted whether its sample is in the window. A sample comes and goes in constant time, and the i-th smallest is found
// by counting, however long the window is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "promql/functions/window_set.h"

namespace vigia::promql {

// Memory that is reused from column to column: some 20 bytes for each sample.
struct RankScratch {
  std::vector<std::uint32_t> rank_of;    // By sample.
  std::vector<std::uint32_t> sample_of;  // By rank.
  std::vector<std::uint64_t> present;    // A bit for each rank.
  std::vector<std::uint8_t> in_word;     // How many of the 64 bits are set.
  std::vector<std::uint32_t> in_group;   // How many of 64 words.
};

class RankWindow {
 public:
  // Samples of equal keys rank as they follow each other. `keys` and `scratch` must outlive it.
  RankWindow(std::span<const std::int64_t> keys, RankScratch& scratch);

  // REQUIRES: neither bound is before that of the last window.
  void MoveTo(Window window);

  std::size_t size() const { return current_.size(); }
  // The i-th smallest, from 0. REQUIRES: i < size().
  std::int64_t KeyAt(std::size_t i) const;

 private:
  void Put(std::uint32_t sample, bool present);

  const std::span<const std::int64_t> keys_;
  RankScratch& scratch_;
  Window current_;
};

}  // namespace vigia::promql
