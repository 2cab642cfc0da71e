#include "promql/exec/row_store.h"

#include <algorithm>

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
  entries_.push_back({id, first, values_.size(), count});
  const auto values = row.values.subspan(first, count);
  const auto valid = row.valid.subspan(first, count);
  values_.insert(values_.end(), values.begin(), values.end());
  valid_.insert(valid_.end(), valid.begin(), valid.end());
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
  return {entry.id, entry.first, std::span(values_).subspan(entry.offset, entry.count),
          std::span(valid_).subspan(entry.offset, entry.count)};
}

void RowStore::CopyTo(std::size_t i, const Row& out) {
  const StoredRow stored = row(i);
  std::ranges::copy(stored.values, out.values.begin() + static_cast<std::ptrdiff_t>(stored.first));
  std::ranges::copy(stored.valid, out.valid.begin() + static_cast<std::ptrdiff_t>(stored.first));
}

}  // namespace vigia::promql
