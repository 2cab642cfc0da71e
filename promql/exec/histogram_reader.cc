#include "promql/exec/histogram_reader.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "promql/exec/select_operator.h"
#include "promql/histogram/counter_reset.h"

namespace vigia::promql {

using storage::FloatHistogram;

bool HasHistograms(const storage::SamplesView& view) {
  return std::ranges::any_of(view.h, [](const HistogramPtr& h) { return h != nullptr; });
}

HistogramPtr ReadHistogram(const storage::SamplesView& view, std::size_t i, const HistogramPtr& before_view,
                           HistogramDetail detail) {
  const HistogramPtr& stored = view.h[i];
  // A float and a staleness marker have no histogram in their place.
  const FloatHistogram* const previous = i == 0 ? before_view.get() : view.h[i - 1].get();
  FloatHistogram read;
  switch (detail) {
    case HistogramDetail::kAll: {
      const storage::CounterResetHint hint = HintWhenRead(previous, *stored);
      if (hint == stored->hint) return stored;
      read = *stored;
      read.hint = hint;
      break;
    }
    case HistogramDetail::kStatistics: {
      // Without the histograms in front of the selection a reset cannot be told from an unknown start.
      const FloatHistogram* const seen = i == 0 ? nullptr : previous;
      FloatHistogram hinted = *stored;
      hinted.hint = HintWhenRead(previous, *stored);
      read.hint = HintForStatistics(seen, hinted);
      read.schema = stored->schema;
      read.count = stored->count;
      read.sum = stored->sum;
      break;
    }
  }
  return std::make_shared<const FloatHistogram>(std::move(read));
}

void HistogramReader::Start(const storage::SamplesView& view, const storage::Selection& selection, std::size_t series) {
  view_ = view;
  selection_ = &selection;
  series_ = series;
  before_view_ = nullptr;
  looked_before_ = false;
}

storage::Result<HistogramPtr> HistogramReader::Read(std::size_t i) {
  if (i == 0 && !looked_before_) {
    if (const storage::Status status = FindBefore(); !status) return status.error();
    looked_before_ = true;
  }
  return ReadHistogram(view_, i, before_view_, detail_);
}

storage::Status HistogramReader::FindBefore() {
  const storage::CounterResetHint hint = view_.h.front()->hint;
  // What these become does not depend on it.
  if (hint == storage::CounterResetHint::kGauge || hint == storage::CounterResetHint::kReset) return {};
  if (storage::Status status = OpenBefore(); !status) return status;
  const auto found = before_by_labels_.find(std::string(selection_->labels(series_).bytes()));
  if (found == before_by_labels_.end()) return {};
  const auto before = before_->Read(found->second, buffer_);
  if (!before) return before.error();
  if (!before->h.empty()) before_view_ = before->h.back();
  return {};
}

storage::Status HistogramReader::OpenBefore() {
  if (before_) return {};
  storage::SelectHints hints = hints_;
  hints.start_ms = hints_.start_ms - context_.lookback_delta_ms();
  hints.end_ms = hints_.start_ms - 1;
  auto selection = OpenSelection(context_, hints, matchers_);
  if (!selection) return selection.error();
  before_ = std::move(*selection);
  for (std::size_t i = 0; i < before_->size(); ++i) {
    if (storage::Status status = context_.InterruptedAt(i); !status) return status;
    before_by_labels_.emplace(before_->labels(i).bytes(), i);
  }
  return {};
}

}  // namespace vigia::promql
