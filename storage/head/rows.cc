#include "storage/head/rows.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace vigia::storage {
namespace {

// A NaN that nobody sends; a sample with these very bits has no place in the layout.
constexpr std::uint64_t kAbsentBits = 0x7ff4'5ca1'ab1e'0ff5;

constexpr std::size_t kStripWords = 4;  // Columns that are turned from rows into columns at a time, by 64.

std::size_t WordsFor(std::size_t width) { return (width + 63) / 64; }

constexpr auto kByColumn = [](const auto& a, const auto& b) { return a.first < b.first; };

template <class Cells>
auto Lookup(const Cells& cells, std::uint32_t column) {
  const auto at = std::lower_bound(cells.begin(), cells.end(), column,
                                   [](const auto& cell, std::uint32_t wanted) { return cell.first < wanted; });
  return at == cells.end() || at->first != column ? nullptr : &at->second;
}

struct Cell {
  std::uint32_t column;
  std::uint32_t row;  // Position in the order of times, as in the next ones.
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

std::vector<Cell> LooseFloats(std::span<const Row> rows, const std::vector<std::size_t>& order) {
  std::vector<Cell> cells;
  std::size_t count = 0;
  for (const Row& row : rows) count += row.rest().floats.size();
  cells.reserve(count);
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    for (const auto& [column, v] : rows[order[i]].rest().floats) cells.push_back({column, i, v});
  }
  return SortByColumn(std::move(cells));
}

std::vector<HistogramCell> Histograms(std::span<const Row> rows, const std::vector<std::size_t>& order) {
  std::vector<HistogramCell> cells;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    for (const auto& [column, h] : rows[order[i]].rest().histograms) cells.push_back({column, i, &h});
  }
  std::stable_sort(cells.begin(), cells.end(),
                   [](const HistogramCell& a, const HistogramCell& b) { return a.column < b.column; });
  return cells;
}

std::vector<StartCell> Starts(std::span<const Row> rows, const std::vector<std::size_t>& order) {
  std::vector<StartCell> cells;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    for (const auto& [column, start] : rows[order[i]].rest().starts) cells.push_back({column, i, start});
  }
  std::stable_sort(cells.begin(), cells.end(),
                   [](const StartCell& a, const StartCell& b) { return a.column < b.column; });
  return cells;
}

// Makes one tile of rows.
class Packer {
 public:
  Packer(std::span<const Row> rows, const Layout& layout) : rows_(rows), layout_(layout) {}
  std::shared_ptr<HeadTile> Pack();

 private:
  void SortRows();
  // Takes kStripWords words of places, from `first_word` on.
  void AddStrip(std::size_t first_word);
  void ReadStrip(std::size_t first_word);
  // All loose cells of columns before `end`.
  void AddLooseBefore(std::uint32_t end);
  // One column: `dense` has its bits by position in the order of times, or is null. Takes its loose cells off the
  // front.
  void AddColumn(std::uint32_t column, const std::uint64_t* dense);
  // What v_ holds, with times by `at`, and what else the column has.
  void AddSamples(std::uint32_t column, std::span<const std::uint32_t> at);
  template <class CellType, class Value>
  void Take(std::span<const CellType>& cells, std::vector<Value>& values, Value (*value_of)(const CellType&));
  template <class Value>
  void Put(std::uint32_t position, const Value& value, std::vector<Value>& values);

  const std::span<const Row> rows_;
  const Layout& layout_;
  std::vector<std::size_t> order_;       // Rows by time.
  std::vector<std::uint32_t> position_;  // Of each row in it.
  std::vector<std::uint32_t> time_of_;   // By position: which time.
  bool distinct_times_ = false;          // No two rows have the same.
  std::shared_ptr<HeadTile> tile_ = std::make_shared<HeadTile>();
  std::optional<TileBuilder> builder_;

  std::vector<std::uint32_t> taken_;  // By row: how many of its told values were read.
  std::vector<std::uint64_t> strip_;  // By place and position.
  std::vector<std::uint64_t> carried_;

  std::span<const Cell> floats_;
  std::span<const HistogramCell> histograms_;
  std::span<const StartCell> starts_;
  std::vector<std::uint32_t> at_;  // Rows of the tile at which the column has samples, and the samples.
  std::vector<double> v_;
  std::vector<HistogramPtr> h_;
  std::vector<TimestampMs> s_;
};

void Packer::SortRows() {
  order_.resize(rows_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return rows_[a].t < rows_[b].t; });
  position_.resize(rows_.size());
  std::vector<TimestampMs>& times = tile_->times;
  times.reserve(rows_.size());
  for (const std::size_t i : order_) {
    if (times.empty() || times.back() != rows_[i].t) times.push_back(rows_[i].t);
    position_[i] = static_cast<std::uint32_t>(time_of_.size());
    time_of_.push_back(static_cast<std::uint32_t>(times.size() - 1));
  }
  distinct_times_ = times.size() == rows_.size();
}

// Of samples at the same time the first counts.
template <class Value>
void Packer::Put(std::uint32_t position, const Value& value, std::vector<Value>& values) {
  const std::uint32_t row = time_of_[position];
  if (!at_.empty() && at_.back() == row) return;
  at_.push_back(row);
  values.push_back(value);
}

template <class CellType, class Value>
void Packer::Take(std::span<const CellType>& cells, std::vector<Value>& values, Value (*value_of)(const CellType&)) {
  at_.clear();
  values.clear();
  std::size_t i = 0;
  for (; i < cells.size() && cells[i].column == cells[0].column; ++i) Put(cells[i].row, value_of(cells[i]), values);
  cells = cells.subspan(i);
}

void Packer::AddColumn(std::uint32_t column, const std::uint64_t* dense) {
  const bool loose = !floats_.empty() && floats_[0].column == column;
  const auto count = static_cast<std::uint32_t>(rows_.size());
  // Mostly a series has a sample in every row.
  if (dense != nullptr && !loose && distinct_times_ && std::find(dense, dense + count, kAbsentBits) == dense + count) {
    v_.resize(count);
    std::memcpy(v_.data(), dense, count * sizeof(v_[0]));
    AddSamples(column, time_of_);
    return;
  }
  at_.clear();
  v_.clear();
  for (std::uint32_t i = 0; dense != nullptr && i < count; ++i) {
    // Those without a place come in between.
    for (; loose && !floats_.empty() && floats_[0].column == column && floats_[0].row < i;
         floats_ = floats_.subspan(1)) {
      Put(floats_[0].row, floats_[0].v, v_);
    }
    if (dense[i] != kAbsentBits) Put(i, std::bit_cast<double>(dense[i]), v_);
  }
  for (; loose && !floats_.empty() && floats_[0].column == column; floats_ = floats_.subspan(1)) {
    Put(floats_[0].row, floats_[0].v, v_);
  }
  AddSamples(column, at_);
}

void Packer::AddSamples(std::uint32_t column, std::span<const std::uint32_t> at) {
  const bool has_histograms = !histograms_.empty() && histograms_[0].column == column;
  if (v_.empty() && !has_histograms) return;
  tile_->columns.push_back(column);
  tile_->pages[column / 64 / 64 % 4] |= std::uint64_t{1} << (column / 64 % 64);
  tile_->samples += v_.size();
  if (!v_.empty()) builder_->AddFloats(column, at, v_);
  if (has_histograms) {
    Take<HistogramCell, HistogramPtr>(histograms_, h_, [](const HistogramCell& cell) { return *cell.h; });
    tile_->samples += h_.size();
    builder_->AddHistograms(column, at_, h_);
  }
  if (!starts_.empty() && starts_[0].column == column) {
    Take<StartCell, TimestampMs>(starts_, s_, [](const StartCell& cell) { return cell.start; });
    builder_->AddStarts(column, at_, s_);
  }
}

void Packer::AddLooseBefore(std::uint32_t end) {
  for (;;) {
    const std::uint32_t column = std::min(floats_.empty() ? UINT32_MAX : floats_[0].column,
                                          histograms_.empty() ? UINT32_MAX : histograms_[0].column);
    if (column >= end) return;
    AddColumn(column, nullptr);
  }
}

void Packer::ReadStrip(std::size_t first_word) {
  const std::size_t words = WordsFor(layout_.width());
  const std::size_t end_word = std::min(words, first_word + kStripWords);
  const std::size_t rows = rows_.size();
  strip_.assign((end_word - first_word) * 64 * rows, kAbsentBits);
  carried_.assign((end_word - first_word) * 64, kAbsentBits);
  for (std::size_t r = 0; r < rows; ++r) {
    if (rows_[r].words == nullptr) continue;
    const Row::Dense dense = rows_[r].DenseOf(layout_.width());
    const std::uint64_t* value = dense.values + taken_[r];
    std::uint64_t* const carried = carried_.data();
    std::uint64_t* out = strip_.data() + position_[r];
    for (std::size_t word = first_word; word < end_word; ++word) {
      const std::uint64_t told = dense.told[word];
      const std::uint64_t present = dense.present == nullptr ? ~std::uint64_t{0} : dense.present[word];
      const std::size_t base = (word - first_word) * 64;
      const std::size_t bits = std::min<std::size_t>(64, layout_.width() - word * 64);
      for (std::size_t bit = 0; bit < bits; ++bit, out += rows) {
        if ((present >> bit & 1) == 0) continue;
        if ((told >> bit & 1) == 0) {
          *out = carried[base + bit];
          continue;
        }
        *out = *value++;
        if (!rows_[r].detached) carried[base + bit] = *out;
      }
    }
    taken_[r] = static_cast<std::uint32_t>(value - dense.values);
  }
}

void Packer::AddStrip(std::size_t first_word) {
  ReadStrip(first_word);
  const std::size_t end = std::min(layout_.width(), (first_word + kStripWords) * 64);
  for (std::size_t slot = first_word * 64; slot < end; ++slot) {
    const std::uint32_t column = layout_.ColumnOf(static_cast<std::uint32_t>(slot));
    AddLooseBefore(column);
    AddColumn(column, strip_.data() + (slot - first_word * 64) * rows_.size());
  }
}

std::shared_ptr<HeadTile> Packer::Pack() {
  assert(!rows_.empty());
  SortRows();
  builder_.emplace(tile_->times);
  builder_->Reserve(layout_.width());
  tile_->columns.reserve(layout_.width());
  const std::vector<Cell> floats = LooseFloats(rows_, order_);
  const std::vector<HistogramCell> histograms = Histograms(rows_, order_);
  const std::vector<StartCell> starts = Starts(rows_, order_);
  floats_ = floats;
  histograms_ = histograms;
  starts_ = starts;
  taken_.assign(rows_.size(), 0);
  for (std::size_t word = 0; word < WordsFor(layout_.width()); word += kStripWords) AddStrip(word);
  AddLooseBefore(UINT32_MAX);
  tile_->bytes = builder_->Finish();
  tile_->view = *TileView::Open(tile_->bytes);
  return std::move(tile_);
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

std::size_t Row::Dense::Rank(std::uint32_t slot) const {
  const std::uint64_t before = told[slot / 64] & ((std::uint64_t{1} << (slot % 64)) - 1);
  return ranks[slot / 64] + static_cast<std::uint32_t>(std::popcount(before));
}

// The words: told bits, present bits unless all are, ranks two to a word, values.
Row::Dense Row::DenseOf(std::size_t width) const {
  const std::size_t count = WordsFor(width);
  Dense dense;
  dense.told = words.get();
  const std::uint64_t* at = words.get() + count;
  if (!all_present) {
    dense.present = at;
    at += count;
  }
  dense.ranks = reinterpret_cast<const std::uint32_t*>(at);
  dense.values = at + (count + 1) / 2;
  return dense;
}

const Row::Rest& Row::rest() const {
  static const Rest kNothing;
  return more == nullptr ? kNothing : *more;
}

std::size_t Row::bytes(std::size_t width) const {
  std::size_t sum = sizeof(Row);
  if (words != nullptr) {
    const std::size_t count = WordsFor(width);
    sum += (count * (all_present ? 1 : 2) + (count + 1) / 2 + told) * sizeof(words[0]);
  }
  if (more != nullptr) {
    sum += sizeof(Rest) + more->floats.capacity() * sizeof(more->floats[0]) +
           more->histograms.capacity() * sizeof(more->histograms[0]) +
           more->starts.capacity() * sizeof(more->starts[0]);
  }
  return sum;
}

const HistogramPtr* Row::Histogram(std::uint32_t column) const { return Lookup(rest().histograms, column); }

TimestampMs Row::Start(std::uint32_t column) const {
  const TimestampMs* const start = Lookup(rest().starts, column);
  return start == nullptr ? 0 : *start;
}

Row Row::Loose(const FrameRow& frame) {
  Row row;
  row.t = frame.t;
  row.detached = frame.detached;
  row.more = std::make_unique<Rest>();
  row.more->floats.reserve(frame.cells.size());
  for (const FrameCell& cell : frame.cells)
    row.more->floats.emplace_back(cell.column, std::bit_cast<double>(cell.bits));
  row.TakeRest(frame);
  return row;
}

void Row::TakeRest(const FrameRow& frame) {
  if (more == nullptr && frame.histograms.empty() && frame.starts.empty()) return;
  if (more == nullptr) more = std::make_unique<Rest>();
  if (!std::is_sorted(more->floats.begin(), more->floats.end(), kByColumn)) {
    std::stable_sort(more->floats.begin(), more->floats.end(), kByColumn);
  }
  more->histograms.reserve(frame.histograms.size());
  for (const FrameHistogram& h : frame.histograms) more->histograms.emplace_back(h.column, h.value);
  std::stable_sort(more->histograms.begin(), more->histograms.end(), kByColumn);
  more->starts.reserve(frame.starts.size());
  for (const FrameStart& start : frame.starts) more->starts.emplace_back(start.column, start.start);
  std::stable_sort(more->starts.begin(), more->starts.end(), kByColumn);
}

std::optional<double> StagedColumn::At(std::size_t row) {
  std::optional<double> found;
  for (; next_ <= row; ++next_) {
    found.reset();
    if (slot_ == Layout::kNoSlot || rows_[next_].words == nullptr) continue;
    const Row::Dense dense = rows_[next_].DenseOf(width_);
    if (!dense.Has(slot_)) continue;
    std::uint64_t bits = carried_;
    if (dense.Tells(slot_)) {
      bits = dense.Value(slot_);
      if (!rows_[next_].detached) carried_ = bits;
    }
    found = std::bit_cast<double>(bits);
  }
  if (found) return found;
  const double* const loose = Lookup(rows_[row].rest().floats, column_);
  return loose == nullptr ? std::nullopt : std::optional(*loose);
}

Row Staging::Make(const FrameRow& frame) {
  constexpr std::size_t kFewest = 32;  // A place in the layout costs a thirtieth of a loose sample.
  if (frame.cells.empty() || frame.cells.size() * kFewest < layout_->width() || layout_->width() == 0) {
    for (const FrameCell& cell : frame.cells) Forget(cell.column);
    return Row::Loose(frame);
  }
  Row row;
  row.t = frame.t;
  row.detached = frame.detached;
  MakeDense(frame, row);
  row.TakeRest(frame);
  return row;
}

// The next row has to tell the column's value again.
void Staging::Forget(std::uint32_t column) {
  const std::uint32_t slot = layout_->SlotOf(column);
  if (slot != Layout::kNoSlot && !known_.empty()) known_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
}

void Staging::MakeDense(const FrameRow& frame, Row& row) {
  thread_local std::vector<std::uint64_t> bits;  // Told, present.
  thread_local std::vector<std::uint64_t> values;
  const std::size_t words = WordsFor(layout_->width());
  known_.resize(words);
  bits.assign(words * 2, 0);
  std::uint64_t* const told = bits.data();
  std::uint64_t* const present = told + words;
  std::uint32_t last = 0;
  std::size_t count = 0;
  bool ascending = true;
  values.resize(frame.cells.size());
  std::uint64_t* next_value = values.data();
  std::uint64_t* const known = known_.data();
  for (const FrameCell& cell : frame.cells) {
    const std::uint32_t slot = layout_->SlotOf(cell.column);
    if (slot == Layout::kNoSlot || cell.bits == kAbsentBits) {
      Forget(cell.column);
      if (row.more == nullptr) row.more = std::make_unique<Row::Rest>();
      row.more->floats.emplace_back(cell.column, std::bit_cast<double>(cell.bits));
      continue;
    }
    ascending = ascending && slot >= last;
    last = slot;
    const std::size_t word = slot / 64;
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    if ((present[word] & bit) != 0) continue;  // Of two the first counts.
    present[word] |= bit;
    ++count;
    // Without a branch: whether a value is what it was cannot be foreseen.
    const std::uint64_t carried = cell.repeats && !frame.detached ? known[word] & bit : 0;
    told[word] |= bit ^ carried;
    if (!frame.detached) known[word] |= bit;
    *next_value = cell.bits;
    next_value += carried == 0 ? 1 : 0;
  }
  values.resize(static_cast<std::size_t>(next_value - values.data()));
  row.told = static_cast<std::uint32_t>(values.size());
  row.all_present = count == layout_->width();
  const std::size_t head = row.all_present ? words : words * 2;
  // NOLINTNEXTLINE(modernize-make-unique): that would fill it with zeros first.
  row.words.reset(new std::uint64_t[head + (words + 1) / 2 + values.size()]);
  std::copy_n(bits.begin(), head, row.words.get());
  auto* const ranks = reinterpret_cast<std::uint32_t*>(row.words.get() + head);
  ranks[words - 1 + words % 2] = 0;
  std::uint32_t rank = 0;
  for (std::size_t word = 0; word < words; ++word) {
    ranks[word] = rank;
    rank += static_cast<std::uint32_t>(std::popcount(told[word]));
  }
  std::uint64_t* const out = row.words.get() + head + (words + 1) / 2;
  if (ascending) {
    std::copy(values.begin(), values.end(), out);
    return;
  }
  const Row::Dense dense = row.DenseOf(layout_->width());
  for (auto cell = frame.cells.rbegin(); cell != frame.cells.rend(); ++cell) {
    const std::uint32_t slot = layout_->SlotOf(cell->column);
    if (slot == Layout::kNoSlot || cell->bits == kAbsentBits || !dense.Tells(slot)) continue;
    out[dense.Rank(slot)] = cell->bits;
  }
}

std::shared_ptr<HeadTile> HeadTile::Pack(std::span<const Row> rows, const Layout& layout) {
  return Packer(rows, layout).Pack();
}

}  // namespace vigia::storage
