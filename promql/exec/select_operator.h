// The newest sample within the lookback at each step, for every series that matches.
#pragma once

#include <memory>
#include <vector>

#include "promql/exec/histogram_reader.h"
#include "promql/exec/operator.h"
#include "promql/exec/sample_picker.h"
#include "promql/exec/series_parts.h"
#include "promql/plan/plan.h"

namespace vigia::promql {

// Runs the selection. Errors of storage are prefixed as Prometheus does.
storage::Result<std::unique_ptr<storage::Selection>> OpenSelection(QueryContext& context,
                                                                   const storage::SelectHints& hints,
                                                                   const std::vector<storage::Matcher>& matchers);
storage::Result<std::vector<SeriesInfo>> SeriesOf(QueryContext& context, const storage::Selection& selection);
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
  // Sets parts_ if it is worth while.
  storage::Status StartParts();
  // Series next_ to end_, as far as there is room.
  storage::Status FillFromSelection(RowBatch& out);
  // The picked histograms into the last row, whose floats have been taken.
  storage::Status TakeHistograms(const storage::SamplesView& view, RowBatch& out);

  const SelectNode& node_;
  SampleCounter* const samples_;
  std::unique_ptr<storage::Selection> selection_;
  storage::ReadBuffer buffer_;
  SamplePicker picker_;
  HistogramReader histograms_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  struct Worker {
    storage::ReadBuffer buffer;
    SamplePicker picker;
  };
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<SeriesParts> parts_;  // Ends before what its workers use.
};

}  // namespace vigia::promql
