// The newest sample within the lookback at each step, for every series that matches.
#pragma once

#include <memory>
#include <vector>

#include "promql/exec/histogram_reader.h"
#include "promql/exec/operator.h"
#include "promql/plan/plan.h"

namespace vigia::promql {

// Runs the selection. Errors of storage are prefixed as Prometheus does.
storage::Result<std::unique_ptr<storage::Selection>> OpenSelection(QueryContext& context,
                                                                   const storage::SelectHints& hints,
                                                                   const std::vector<storage::Matcher>& matchers);
storage::Result<std::vector<SeriesInfo>> SeriesOf(const QueryContext& context, const storage::Selection& selection);
// Series i, its samples counted as read. Histograms are as storage has them: see ReadHistogram().
storage::Result<storage::SamplesView> ReadSamples(QueryContext& context, const storage::Selection& selection,
                                                  std::size_t i, storage::ReadBuffer& buffer);

class SelectOperator : public Operator {
 public:
  // `node` must outlive the operator; `samples` counts the samples seen at all steps.
  SelectOperator(QueryContext& context, const Steps& steps, const SelectNode& node, SampleCounter* samples);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  void PickSamples(const storage::SamplesView& view);
  // What is wanted of the picked samples, floats first, into the last row; how many there are.
  std::uint64_t TakeFloats(const storage::SamplesView& view, const Row& row) const;
  std::uint64_t TakeStarts(const storage::SamplesView& view, const Row& row);
  // The picked histograms into the last row, whose floats have been taken.
  storage::Status TakeHistograms(const storage::SamplesView& view, RowBatch& out);

  const SelectNode& node_;
  SampleCounter* const samples_;
  std::unique_ptr<storage::Selection> selection_;
  storage::ReadBuffer buffer_;
  HistogramReader histograms_;
  std::size_t next_ = 0;
  // For each step which sample of the column is the newest in reach, or kNone. Shared by series with one column.
  static constexpr std::uint32_t kNone = 0xffffffff;
  std::vector<std::uint32_t> picks_;
  std::uint64_t picked_column_ = 0;
};

}  // namespace vigia::promql
