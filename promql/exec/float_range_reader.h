// Reads series of a selection as functions of range vectors want them, histograms left out.
#pragma once

#include <cstddef>
#include <vector>

#include "promql/exec/range_source.h"
#include "storage/api/querier.h"

namespace vigia::promql {

// Thread-compatible. The selection must outlive it.
class FloatRangeReader {
 public:
  FloatRangeReader(const storage::Selection& selection, const RangeGrid& grid, bool use_starts)
      : selection_(selection), use_starts_(use_starts), windows_(grid) {}

  // Series i: values of histograms are 0. Valid until the next call.
  storage::Status Read(std::size_t i, RangeSeries& out);
  // What storage gave for that series.
  const storage::SamplesView& view() const { return view_; }

 private:
  const storage::Selection& selection_;
  const bool use_starts_;
  ColumnWindows windows_;
  storage::ReadBuffer buffer_;
  storage::SamplesView view_;
  std::vector<TimestampMs> times_;  // Without stale markers, when there were any.
  std::vector<double> values_;
  std::vector<TimestampMs> starts_;
};

}  // namespace vigia::promql
