#include "promql/exec/profiled_range_source.h"

namespace vigia::promql {
namespace {

constexpr std::uint64_t kBytesPerSample = 16;  // A time and a value.

}  // namespace

storage::Result<std::vector<SeriesInfo>> ProfiledRangeSource::Series() {
  const ProfiledCall call(&profile_, context_);
  auto series = source_->Series();
  if (series) profile_.series = series->size();
  return series;
}

storage::Result<bool> ProfiledRangeSource::Next(RangeSeries& out) {
  const ProfiledCall call(&profile_, context_);
  auto more = source_->Next(out);
  if (more && *more) {
    profile_.samples += out.values.size();
    profile_.bytes += out.values.size() * kBytesPerSample;
  }
  return more;
}

}  // namespace vigia::promql
