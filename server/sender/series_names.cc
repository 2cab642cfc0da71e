#include "server/sender/series_names.h"

namespace vigia::server {

RemoteSeriesPtr SeriesNames::Find(storage::SeriesRef ref) {
  if (const auto known = known_.find(ref); known != known_.end()) return known->second;
  constexpr std::size_t kEntryBytes = 128;  // Of the table and the counted object.
  RemoteSeriesPtr made = Make(labels_of_(ref));
  const std::size_t size = kEntryBytes + (made ? made->labels.bytes().size() : 0);
  if (bytes_ + size > kMaxBytes) {
    known_.clear();
    bytes_ = 0;
    flushes_.Add();
  }
  bytes_ += size;
  known_.emplace(ref, made);
  return made;
}

RemoteSeriesPtr SeriesNames::Make(const storage::Labels& labels) const {
  if (labels.empty()) return nullptr;  // The series is gone.
  storage::LabelsBuilder builder(labels);
  for (const storage::LabelView label : external_labels_) {
    if (builder.Get(label.name).empty()) builder.Set(label.name, label.value);
  }
  if (!config::Apply(rules_, builder)) return nullptr;
  auto series = std::make_shared<RemoteSeries>();
  series->labels = builder.Build();
  if (series->labels.empty()) return nullptr;
  series->hash = series->labels.Hash();
  return series;
}

}  // namespace vigia::server
