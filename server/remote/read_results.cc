#include "server/remote/read_results.h"

#include <algorithm>

namespace vigia::server {

storage::Result<ReadResults> ReadResults::Select(const storage::Queryable& storage, ReadQuery query,
                                                 const storage::Labels& external_labels) {
  for (storage::Matcher& matcher : query.matchers) {
    if (matcher.type() != storage::MatchType::kEqual || !external_labels.Has(matcher.name())) continue;
    if (matcher.value() == external_labels.Get(matcher.name())) matcher = storage::Matcher::Equal(matcher.name(), "");
  }
  storage::SelectHints hints;
  hints.start_ms = query.start_ms;
  hints.end_ms = query.end_ms;
  const auto querier = storage.NewQuerier(query.start_ms, query.end_ms);
  auto selection = querier->Select(hints, query.matchers);
  if (!selection) return selection.error();
  ReadResults results;
  results.selection_ = std::move(*selection);
  results.series_.resize(results.selection_->size());
  for (std::size_t i = 0; i < results.series_.size(); ++i) {
    storage::Labels labels = results.selection_->labels(i);
    if (!external_labels.empty()) {
      storage::LabelsBuilder builder(labels);
      for (const storage::LabelView label : external_labels) {
        if (!labels.Has(label.name)) builder.Set(label.name, label.value);
      }
      labels = builder.Build();
    }
    results.series_[i] = {std::move(labels), i};
  }
  std::sort(results.series_.begin(), results.series_.end(),
            [](const Series& a, const Series& b) { return a.labels < b.labels; });
  return results;
}

}  // namespace vigia::server
