#include "promql/exec/stored_range_source.h"

#include <utility>

#include "promql/exec/select_operator.h"
#include "storage/model/sample.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

StoredRangeSource::StoredRangeSource(QueryContext& context, const std::vector<storage::Matcher>& matchers,
                                     const storage::SelectHints& hints, const RangeGrid& grid, HistogramDetail detail)
    : context_(context),
      matchers_(matchers),
      hints_(hints),
      grid_(grid),
      use_starts_(context.use_start_timestamps() && grid.kind == WindowKind::kPlain),
      reader_(context, hints, matchers, detail) {}

Result<std::vector<SeriesInfo>> StoredRangeSource::Series() {
  auto selection = OpenSelection(context_, hints_, matchers_);
  if (!selection) return selection.error();
  selection_ = std::move(*selection);
  floats_.emplace(NewReader());
  Seek(0, selection_->size());
  return SeriesOf(context_, *selection_);
}

void StoredRangeSource::Seek(std::size_t first, std::size_t end) {
  next_ = first;
  end_ = end;
}

FloatRangeReader StoredRangeSource::NewReader() const { return {*selection_, grid_, use_starts_}; }

Result<bool> StoredRangeSource::Next(RangeSeries& out) {
  if (next_ >= end_) return false;
  const std::size_t i = next_++;
  if (Status status = floats_->Read(i, out); !status) return status.error();
  const storage::SamplesView& view = floats_->view();
  context_.CountRead(view.t.size());
  if (Status status = ReadHistograms(view, i); !status) return status.error();
  out.histograms = histograms_;
  return true;
}

Status StoredRangeSource::ReadHistograms(const storage::SamplesView& view, std::size_t series) {
  histograms_.clear();
  if (!HasHistograms(view)) return {};
  reader_.Start(view, *selection_, series);
  for (std::size_t k = 0; k < view.t.size(); ++k) {
    if (storage::IsStaleNan(view.v[k])) continue;
    HistogramPtr& histogram = histograms_.emplace_back();
    if (!view.h[k]) continue;
    Result<HistogramPtr> read = reader_.Read(k);
    if (!read) return read.error();
    histogram = std::move(*read);
  }
  return {};
}

}  // namespace vigia::promql
