#include "storage/head/rows.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace vigia::storage {
namespace {

struct Cell {
  std::uint32_t column;
  std::uint32_t row;
  double v;
};

struct HistogramCell {
  std::uint32_t column;
  std::uint32_t row;
  const HistogramPtr* h;
};

struct StartCell {
  std::uint32_t column;
  std::uint32_t row;
  TimestampMs start;
};

bool IsAbsent(double v) { return std::bit_cast<std::uint64_t>(v) == Row::kAbsentBits; }

// Stable by column: by counting where columns are dense, by sorting where they are few among many.
std::vector<Cell> SortByColumn(std::vector<Cell> cells) {
  if (cells.empty()) return cells;
  std::uint32_t max = 0;
  for (const Cell& cell : cells) max = std::max(max, cell.column);
  if (std::size_t{max} > cells.size() * 4) {
    std::stable_sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) { return a.column < b.column; });
    return cells;
  }
  std::vector<std::uint32_t> starts(std::size_t{max} + 2);
  for (const Cell& cell : cells) ++starts[cell.column + 1];
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  std::vector<Cell> sorted(cells.size());
  for (const Cell& cell : cells) sorted[starts[cell.column]++] = cell;
  return sorted;
}

std::vector<Cell> Floats(std::span<const Row> rows, const std::vector<std::size_t>& order,
                         const std::vector<std::uint32_t>& time_of, const Layout& layout) {
  std::vector<Cell> cells;
  std::size_t count = 0;
  for (const Row& row : rows) count += row.dense.size() + row.sparse.size();
  cells.reserve(count);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Row& row = rows[order[i]];
    for (std::uint32_t slot = 0; slot < row.dense.size(); ++slot) {
      if (!IsAbsent(row.dense[slot])) cells.push_back({layout.ColumnOf(slot), time_of[i], row.dense[slot]});
    }
    for (const auto& [column, v] : row.sparse) cells.push_back({column, time_of[i], v});
  }
  return SortByColumn(std::move(cells));
}

std::vector<HistogramCell> Histograms(std::span<const Row> rows, const std::vector<std::size_t>& order,
                                      const std::vector<std::uint32_t>& time_of) {
  std::vector<HistogramCell> cells;
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const auto& [column, h] : rows[order[i]].histograms) cells.push_back({column, time_of[i], &h});
  }
  std::stable_sort(cells.begin(), cells.end(),
                   [](const HistogramCell& a, const HistogramCell& b) { return a.column < b.column; });
  return cells;
}

std::vector<StartCell> Starts(std::span<const Row> rows, const std::vector<std::size_t>& order,
                              const std::vector<std::uint32_t>& time_of) {
  std::vector<StartCell> cells;
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const auto& [column, start] : rows[order[i]].starts) cells.push_back({column, time_of[i], start});
  }
  std::stable_sort(cells.begin(), cells.end(),
                   [](const StartCell& a, const StartCell& b) { return a.column < b.column; });
  return cells;
}

// Takes the cells of the next column off the front. Of equal rows the first is kept.
template <class CellType, class Value>
std::size_t TakeColumn(std::span<const CellType> cells, std::vector<std::uint32_t>& rows, std::vector<Value>& values,
                       Value (*value_of)(const CellType&)) {
  rows.clear();
  values.clear();
  std::size_t i = 0;
  for (; i < cells.size() && cells[i].column == cells[0].column; ++i) {
    if (!rows.empty() && rows.back() == cells[i].row) continue;
    rows.push_back(cells[i].row);
    values.push_back(value_of(cells[i]));
  }
  return i;
}

}  // namespace

Layout::Layout(const std::vector<std::uint32_t>& columns) {
  if (columns.empty()) return;
  const std::size_t end = std::size_t{columns.back()} + 1;
  if (columns.size() * 4 >= end * 3) {
    width_ = end;
    return;
  }
  width_ = columns.size();
  columns_ = columns;
  slots_.assign(end, kNoSlot);
  for (std::uint32_t slot = 0; slot < columns.size(); ++slot) slots_[columns[slot]] = slot;
}

Row Row::FromFrame(const FrameRow& frame, const Layout& layout) {
  Row row;
  row.t = frame.t;
  if (frame.cells.size() * 2 >= layout.width() && layout.width() > 0) {
    row.dense.assign(layout.width(), std::bit_cast<double>(kAbsentBits));
  }
  for (const FrameCell& cell : frame.cells) {
    const double v = std::bit_cast<double>(cell.bits);
    const std::uint32_t slot = row.dense.empty() ? Layout::kNoSlot : layout.SlotOf(cell.column);
    if (slot == Layout::kNoSlot || cell.bits == kAbsentBits) {
      row.sparse.emplace_back(cell.column, v);
    } else if (IsAbsent(row.dense[slot])) {
      row.dense[slot] = v;
    }
  }
  const auto by_column = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::is_sorted(row.sparse.begin(), row.sparse.end(), by_column)) {
    std::stable_sort(row.sparse.begin(), row.sparse.end(), by_column);
  }
  for (const FrameHistogram& h : frame.histograms) row.histograms.emplace_back(h.column, h.value);
  std::stable_sort(row.histograms.begin(), row.histograms.end(), by_column);
  for (const FrameStart& start : frame.starts) row.starts.emplace_back(start.column, start.start);
  std::stable_sort(row.starts.begin(), row.starts.end(), by_column);
  return row;
}

std::optional<double> Row::Float(const Layout& layout, std::uint32_t column) const {
  if (!dense.empty()) {
    const std::uint32_t slot = layout.SlotOf(column);
    if (slot != Layout::kNoSlot && !IsAbsent(dense[slot])) return dense[slot];
  }
  const auto at = std::lower_bound(sparse.begin(), sparse.end(), column,
                                   [](const auto& cell, std::uint32_t wanted) { return cell.first < wanted; });
  if (at == sparse.end() || at->first != column) return std::nullopt;
  return at->second;
}

const HistogramPtr* Row::Histogram(std::uint32_t column) const {
  const auto at = std::lower_bound(histograms.begin(), histograms.end(), column,
                                   [](const auto& cell, std::uint32_t wanted) { return cell.first < wanted; });
  return at == histograms.end() || at->first != column ? nullptr : &at->second;
}

TimestampMs Row::Start(std::uint32_t column) const {
  const auto at = std::lower_bound(starts.begin(), starts.end(), column,
                                   [](const auto& cell, std::uint32_t wanted) { return cell.first < wanted; });
  return at == starts.end() || at->first != column ? 0 : at->second;
}

std::shared_ptr<HeadTile> HeadTile::Pack(std::span<const Row> rows, const Layout& layout) {
  assert(!rows.empty());
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rows[a].t < rows[b].t; });
  auto tile = std::make_shared<HeadTile>();
  std::vector<std::uint32_t> time_of;  // By position in `order`.
  for (const std::size_t i : order) {
    if (tile->times.empty() || tile->times.back() != rows[i].t) tile->times.push_back(rows[i].t);
    time_of.push_back(static_cast<std::uint32_t>(tile->times.size() - 1));
  }
  const std::vector<Cell> floats = Floats(rows, order, time_of, layout);
  const std::vector<HistogramCell> histograms = Histograms(rows, order, time_of);
  const std::vector<StartCell> start_cells = Starts(rows, order, time_of);
  TileBuilder builder(tile->times);
  std::vector<std::uint32_t> at;
  std::vector<double> v;
  std::vector<HistogramPtr> h;
  std::span<const Cell> f(floats);
  std::vector<TimestampMs> starts;
  std::span<const HistogramCell> g(histograms);
  std::span<const StartCell> s(start_cells);
  while (!f.empty() || !g.empty()) {
    const std::uint32_t column = std::min(f.empty() ? UINT32_MAX : f[0].column, g.empty() ? UINT32_MAX : g[0].column);
    tile->columns.push_back(column);
    if (!f.empty() && f[0].column == column) {
      f = f.subspan(TakeColumn<Cell, double>(f, at, v, [](const Cell& cell) { return cell.v; }));
      builder.AddFloats(column, at, v);
    }
    if (!g.empty() && g[0].column == column) {
      g = g.subspan(
          TakeColumn<HistogramCell, HistogramPtr>(g, at, h, [](const HistogramCell& cell) { return *cell.h; }));
      builder.AddHistograms(column, at, h);
    }
    if (!s.empty() && s[0].column == column) {
      s = s.subspan(
          TakeColumn<StartCell, TimestampMs>(s, at, starts, [](const StartCell& cell) { return cell.start; }));
      builder.AddStarts(column, at, starts);
    }
  }
  tile->bytes = builder.Finish();
  tile->view = *TileView::Open(tile->bytes);
  return tile;
}

}  // namespace vigia::storage
