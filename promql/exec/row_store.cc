#include "promql/exec/row_store.h"

#include <algorithm>

#include "promql/exec/histogram_size.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

Status RowStore::Add(SeriesId id, const Row& row) {
  const auto begin = std::ranges::find(row.valid, std::uint8_t{1});
  if (begin == row.valid.end()) return {};
  const auto first = static_cast<std::size_t>(begin - row.valid.begin());
  std::size_t end = row.valid.size();
  while (row.valid[end - 1] == 0) --end;
  const std::size_t count = end - first;
  if (Status status = reserved_.Add(count); !status) return status;
  const auto values = row.values.subspan(first, count);
  const auto valid = row.valid.subspan(first, count);
  entries_.push_back({id, first, values_.size(), count, kFloatsOnly});
  values_.insert(values_.end(), values.begin(), values.end());
  valid_.insert(valid_.end(), valid.begin(), valid.end());
  if (row.histograms.empty()) return {};
  return AddHistograms(row.histograms.subspan(first, count), valid);
}

Status RowStore::AddHistograms(std::span<const HistogramPtr> histograms, std::span<const std::uint8_t> valid) {
  constexpr std::uint64_t kSlotsPerPointer = sizeof(HistogramPtr) / sizeof(double);
  constexpr std::uint64_t kSlotsPerSample = 2;
  std::uint64_t samples = 0;
  for (std::size_t i = 0; i < histograms.size(); ++i) {
    if (valid[i] != 0 && histograms[i]) samples += SamplesOf(*histograms[i]);
  }
  if (samples == 0) return {};
  const std::uint64_t slots = histograms.size() * kSlotsPerPointer + samples * kSlotsPerSample;
  if (Status status = reserved_.Add(slots); !status) return status;
  entries_.back().histograms = histograms_.size();
  histograms_.emplace_back(histograms.begin(), histograms.end());
  return {};
}

Status RowStore::AddAll(Operator& input) {
  RowBatch batch(input.steps().count);
  while (true) {
    const Result<std::size_t> rows = input.Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) return {};
    for (std::size_t i = 0; i < *rows; ++i) {
      if (Status status = Add(batch.id(i), batch.row(i)); !status) return status;
    }
  }
}

StoredRow RowStore::row(std::size_t i) {
  const Entry& entry = entries_[i];
  StoredRow row{entry.id,
                entry.first,
                std::span(values_).subspan(entry.offset, entry.count),
                std::span(valid_).subspan(entry.offset, entry.count),
                {}};
  if (entry.histograms != kFloatsOnly) row.histograms = histograms_[entry.histograms];
  return row;
}

Row RowStore::AppendTo(std::size_t i, RowBatch& out) {
  const StoredRow stored = row(i);
  Row added = out.Append(stored.id);
  const auto first = static_cast<std::ptrdiff_t>(stored.first);
  std::ranges::copy(stored.values, added.values.begin() + first);
  std::ranges::copy(stored.valid, added.valid.begin() + first);
  if (stored.histograms.empty()) return added;
  added = out.WithHistograms(out.size() - 1);
  std::ranges::copy(stored.histograms, added.histograms.begin() + first);
  return added;
}

}  // namespace vigia::promql
