// Range vectors out of storage.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "promql/exec/float_range_reader.h"
#include "promql/exec/histogram_reader.h"
#include "promql/exec/query_context.h"
#include "promql/exec/range_source.h"
#include "promql/plan/plan.h"

namespace vigia::promql {

class StoredRangeSource : public RangeSource {
 public:
  // Matchers and hints are those of a plan that outlives the source.
  StoredRangeSource(QueryContext& context, const std::vector<storage::Matcher>& matchers,
                    const storage::SelectHints& hints, const RangeGrid& grid, HistogramDetail detail);
  storage::Result<std::vector<SeriesInfo>> Series() override;
  storage::Result<bool> Next(RangeSeries& out) override;
  void Release() override {}
  bool is_counted() const override { return false; }
  StoredRangeSource* stored() override { return this; }

  // Next() gives series first to end - 1. REQUIRES: after Series().
  void Seek(std::size_t first, std::size_t end);
  // A reader beside this one, for another thread. REQUIRES: as above.
  FloatRangeReader NewReader() const;

 private:
  // Into histograms_, which is empty when the series has none.
  storage::Status ReadHistograms(const storage::SamplesView& view, std::size_t series);

  QueryContext& context_;
  const std::vector<storage::Matcher>& matchers_;
  const storage::SelectHints& hints_;
  const RangeGrid grid_;
  const bool use_starts_;
  std::unique_ptr<storage::Selection> selection_;
  std::optional<FloatRangeReader> floats_;  // Of the selection.
  HistogramReader reader_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  std::vector<HistogramPtr> histograms_;
};

}  // namespace vigia::promql
