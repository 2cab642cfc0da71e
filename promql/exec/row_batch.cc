#include "promql/exec/row_batch.h"

#include <cassert>
#include <cstring>
#include <iterator>
#include <numeric>
#include <utility>

#include "promql/exec/histogram_size.h"

namespace vigia::promql {

void RowBatch::Clear() {
  for (std::vector<HistogramPtr>& row : histograms_) row.clear();
  ids_.clear();
}

Row RowBatch::Append(SeriesId id) {
  assert(!full());
  if (values_.empty()) {
    values_.resize(capacity_ * steps_);
    valid_.resize(capacity_ * steps_);
  }
  ids_.push_back(id);
  const Row added = row(ids_.size() - 1);
  std::ranges::fill(added.valid, std::uint8_t{0});  // Values are what they were: of invalid steps nobody asks.
  return added;
}

void RowBatch::DropLast() {
  ids_.pop_back();
  DropHistograms(ids_.size());
}

Row RowBatch::WithHistograms(std::size_t i) {
  if (histograms_.empty()) histograms_.resize(capacity_);
  histograms_[i].resize(steps_);
  return row(i);
}

void RowBatch::Swap(RowBatch& other) {
  assert(steps_ == other.steps_);
  std::swap(capacity_, other.capacity_);
  std::swap(ids_, other.ids_);
  std::swap(values_, other.values_);
  std::swap(valid_, other.valid_);
  std::swap(histograms_, other.histograms_);
}

void RowBatch::MoveRow(std::size_t from, std::size_t to) {
  if (from == to) return;
  const Row source = row(from);
  const Row target = row(to);
  std::ranges::copy(source.values, target.values.begin());
  std::ranges::copy(source.valid, target.valid.begin());
  if (!histograms_.empty()) std::swap(histograms_[to], histograms_[from]);
}

std::size_t CountValid(std::span<const std::uint8_t> valid) {
  // Eight flags at once: a product adds up the bytes of a word in its highest one.
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  std::size_t count = 0;
  std::size_t i = 0;
  for (; i + 8 <= valid.size(); i += 8) {
    std::uint64_t flags = 0;
    std::memcpy(&flags, valid.data() + i, 8);
    count += flags * kOnes >> 56;
  }
  return std::accumulate(valid.begin() + static_cast<std::ptrdiff_t>(i), valid.end(), count);
}

std::uint64_t CountSamples(const Row& row) {
  std::uint64_t samples = CountValid(row.valid);
  for (std::size_t step = 0; step < row.histograms.size(); ++step) {
    if (row.valid[step] != 0 && row.histograms[step]) samples += SamplesOf(*row.histograms[step]) - 1;
  }
  return samples;
}

bool DiscardHistograms(const Row& row) {
  bool any = false;
  for (std::size_t step = 0; step < row.histograms.size(); ++step) {
    if (row.valid[step] == 0 || !row.histograms[step]) continue;
    row.valid[step] = 0;
    any = true;
  }
  return any;
}

}  // namespace vigia::promql
