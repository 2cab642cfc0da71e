#include "promql/exec/float_range_reader.h"

#include "promql/functions/rate_kernels.h"
#include "storage/model/sample.h"

namespace vigia::promql {

storage::Status FloatRangeReader::Read(std::size_t i, RangeSeries& out) {
  auto view = selection_.Read(i, buffer_);
  if (!view) return view.error();
  view_ = *view;
  out = {};
  out.id = static_cast<SeriesId>(i);
  const std::span<const TimestampMs> starts = use_starts_ ? view_.starts : std::span<const TimestampMs>();
  if (!BestRateKernels().has_stale(view_.v.data(), view_.v.size())) {
    out.values = view_.v;
    out.windows = &windows_.For(view_.t, view_.column);
    out.starts = starts;
    return {};
  }
  times_.clear();
  values_.clear();
  starts_.clear();
  for (std::size_t k = 0; k < view_.t.size(); ++k) {
    if (storage::IsStaleNan(view_.v[k])) continue;
    if (!starts.empty()) starts_.push_back(starts[k]);
    times_.push_back(view_.t[k]);
    values_.push_back(view_.v[k]);
  }
  out.values = values_;
  out.starts = starts_;
  out.windows = &windows_.For(times_, 0);
  return {};
}

}  // namespace vigia::promql
