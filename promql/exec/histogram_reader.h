// Native histograms of storage as queries see them: with the hints that their neighbours tell (counter_reset.h), and
// without their buckets where nobody will look at these.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "promql/exec/query_context.h"
#include "promql/plan/plan.h"
#include "promql/value/value.h"
#include "storage/api/querier.h"

namespace vigia::promql {

// Has the series any? A view may have room for some and hold none.
bool HasHistograms(const storage::SamplesView& view);

// REQUIRES: view.h[i] is set. The neighbour is the sample before it in the view; of the first, `before_view` (null:
// there is none, or it is no histogram).
HistogramPtr ReadHistogram(const storage::SamplesView& view, std::size_t i, const HistogramPtr& before_view,
                           HistogramDetail detail);

// Reads the histograms of a selection, series by series. The first sample of a series has its neighbour in front of the
// selected time, where another selection looks for it, up to the lookback; made when such a sample is read.
class HistogramReader {
 public:
  // What was selected; all of it must outlive the reader.
  HistogramReader(QueryContext& context, const storage::SelectHints& hints,
                  const std::vector<storage::Matcher>& matchers, HistogramDetail detail)
      : context_(context), hints_(hints), matchers_(matchers), detail_(detail) {}

  // The series to read from here on. `view` and `selection` are used until the next call.
  void Start(const storage::SamplesView& view, const storage::Selection& selection, std::size_t series);
  // REQUIRES: sample i is a histogram.
  storage::Result<HistogramPtr> Read(std::size_t i);

 private:
  storage::Status FindBefore();
  storage::Status OpenBefore();

  QueryContext& context_;
  const storage::SelectHints& hints_;
  const std::vector<storage::Matcher>& matchers_;
  const HistogramDetail detail_;
  storage::SamplesView view_;
  const storage::Selection* selection_ = nullptr;
  std::size_t series_ = 0;
  HistogramPtr before_view_;  // Once it was looked for.
  bool looked_before_ = false;
  std::unique_ptr<storage::Selection> before_;
  std::unordered_map<std::string, std::size_t> before_by_labels_;
  storage::ReadBuffer buffer_;
};

}  // namespace vigia::promql
