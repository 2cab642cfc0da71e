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

// Reads the histograms of a selection, series by series. The first of a series has its neighbour in front of the
// selected time, where another selection looks for it, up to the lookback; made when there is a histogram to read.
class HistogramReader {
 public:
  // What was selected; all of it must outlive the reader.
  HistogramReader(QueryContext& context, const storage::SelectHints& hints,
                  const std::vector<storage::Matcher>& matchers, HistogramDetail detail)
      : context_(context), hints_(hints), matchers_(matchers), detail_(detail) {}

  // The series to read from here on; `view` is used until the next call.
  storage::Status Start(const storage::SamplesView& view, const storage::Selection& selection, std::size_t series);
  HistogramPtr Read(std::size_t i) const { return ReadHistogram(view_, i, before_view_, detail_); }

 private:
  storage::Status OpenBefore();

  QueryContext& context_;
  const storage::SelectHints& hints_;
  const std::vector<storage::Matcher>& matchers_;
  const HistogramDetail detail_;
  storage::SamplesView view_;
  HistogramPtr before_view_;
  std::unique_ptr<storage::Selection> before_;
  std::unordered_map<std::string, std::size_t> before_by_labels_;
  storage::ReadBuffer buffer_;
};

}  // namespace vigia::promql
