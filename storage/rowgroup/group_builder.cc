#include "storage/rowgroup/group_builder.h"

#include <algorithm>
#include <cassert>
#include <iterator>

#include "storage/codec/sample_order.h"
#include "storage/rowgroup/column_content.h"

namespace vigia::storage {
namespace {

// One column's samples within a chunk; times as indices into all times of the target.
template <class Value>
struct Part {
  std::uint32_t column;
  std::vector<std::uint32_t> times;
  std::vector<Value> values;
};

// Samples of one column whose start timestamp is known, floats and histograms.
struct Started {
  std::vector<TimestampMs> t;
  std::vector<TimestampMs> starts;

  void Clear() {
    t.clear();
    starts.clear();
  }
  void Add(const std::vector<TimestampMs>& times, const std::vector<TimestampMs>& of_times) {
    for (std::size_t i = 0; i < of_times.size(); ++i) {
      if (of_times[i] == 0) continue;
      t.push_back(times[i]);
      starts.push_back(of_times[i]);
    }
  }
  void Sort() {
    std::vector<TimestampMs> none;
    SortByTime(t, starts, none);
  }
};

// Of a chunk. No tile may get more than kMaxSpreadRows: either the chunk has no more, or no page has.
std::size_t RowsOf(const Spread& spread, std::size_t max_rows) {
  constexpr std::size_t kMaxSpreadRows = kMaxTileRows / 2;
  constexpr std::size_t kManyRows = std::size_t{1} << 24;
  const std::size_t most = std::max(max_rows, spread.page_rows <= kMaxSpreadRows ? kManyRows : kMaxSpreadRows);
  return spread.times < most / max_rows ? max_rows * std::max<std::size_t>(spread.times, 1) : most;
}

// Puts `more` into the ascending `all`; mostly that has it already.
void Merge(const std::vector<std::uint32_t>& more, std::vector<std::uint32_t>& all) {
  if (all == more || std::includes(all.begin(), all.end(), more.begin(), more.end())) return;
  std::vector<std::uint32_t> merged;
  merged.reserve(all.size() + more.size());
  std::set_union(all.begin(), all.end(), more.begin(), more.end(), std::back_inserter(merged));
  all = std::move(merged);
}

// The first of times[from..] that is `t`, which is there: mostly the very next one, else searched in growing steps.
std::size_t Seek(const std::vector<TimestampMs>& times, std::size_t from, TimestampMs t) {
  if (times[from] >= t) return from;
  std::size_t step = 1;
  while (from + step < times.size() && times[from + step] < t) {
    from += step;
    step *= 2;
  }
  const auto end = times.begin() + static_cast<std::ptrdiff_t>(std::min(from + step, times.size()));
  return static_cast<std::size_t>(std::lower_bound(times.begin() + static_cast<std::ptrdiff_t>(from), end, t) -
                                  times.begin());
}

}  // namespace

struct GroupBuilder::ChunkColumns {
  std::vector<Part<double>> floats;
  std::vector<Part<HistogramPtr>> histograms;
  std::vector<Part<TimestampMs>> starts;
  std::vector<Part<DroppedSamples>> dropped;
};

RunDraft& GroupBuilder::DraftOf(std::int32_t day) {
  const auto [at, fresh] = drafts_.try_emplace(day);
  Run& run = at->second.run;
  if (fresh) {
    run.day = day;
    run.tier = tier_;
    run.id = (*next_id_)++;
  }
  return at->second;
}

RunTarget& GroupBuilder::EntryOf(std::int32_t day) {
  Run& run = DraftOf(day).run;
  if (run.targets.empty() || run.targets.back().target != target_) {
    assert(run.targets.empty() || run.targets.back().target < target_);
    RunTarget& entry = run.targets.emplace_back();
    entry.target = target_;
    entry.sealed_seq = sealed_seq_;
    entry.next_anew = next_anew_;
  }
  return run.targets.back();
}

void GroupBuilder::StartTarget(std::uint32_t target, std::uint64_t sealed_seq, bool next_anew,
                               std::vector<TimestampMs> times, Spread spread) {
  assert(!times.empty());
  const std::size_t max_rows = RowsOf(spread, max_rows_);
  target_ = target;
  sealed_seq_ = sealed_seq;
  next_anew_ = next_anew;
  times_ = std::move(times);
  chunks_.clear();
  for (std::size_t begin = 0; begin < times_.size();) {
    const std::int32_t day = DayOf(times_[begin]);
    const auto day_end = static_cast<std::size_t>(
        std::lower_bound(times_.begin() + static_cast<std::ptrdiff_t>(begin), times_.end(), DayStart(day + 1)) -
        times_.begin());
    const std::size_t count = (day_end - begin + max_rows - 1) / max_rows;
    const std::size_t rows = (day_end - begin + count - 1) / count;  // Chunks of about equal length.
    RunTarget& entry = EntryOf(day);
    entry.min_t = times_[begin];
    entry.max_t = times_[day_end - 1];
    for (std::uint32_t number = 0; begin < day_end; ++number) {
      std::size_t end = std::min(begin + rows, day_end);
      if (times_[end - 1] - times_[begin] >= spread.within_ms) {
        const auto first = times_.begin() + static_cast<std::ptrdiff_t>(begin);
        end =
            static_cast<std::size_t>(std::lower_bound(first, times_.end(), *first + spread.within_ms) - times_.begin());
      }
      entry.chunk_starts.push_back(times_[begin]);
      chunks_.push_back({day, number, begin, end});
      begin = end;
    }
  }
}

void GroupBuilder::MarkDownsampled(const std::vector<DownsampledColumns>& columns) {
  for (const Chunk& chunk : chunks_) EntryOf(chunk.day).downsampled = columns;
}

Status GroupBuilder::AddPage(std::uint32_t page, std::span<const std::uint32_t> columns,
                             std::span<const TileSource> sources) {
  std::vector<ChunkColumns> parts(chunks_.size());
  const auto cut = [&]<class Value>(std::uint32_t column, const std::vector<TimestampMs>& t,
                                    const std::vector<Value>& v, std::vector<Part<Value>> ChunkColumns::*list) {
    std::size_t at = 0;
    std::size_t chunk = 0;
    for (std::size_t i = 0; i < t.size(); ++i) {
      at = Seek(times_, at, t[i]);
      assert(times_[at] == t[i]);
      while (at >= chunks_[chunk].end) ++chunk;
      auto& into = parts[chunk].*list;
      if (into.empty() || into.back().column != column) {
        into.push_back({column, {}, {}});
        const std::size_t most = std::min(t.size() - i, chunks_[chunk].end - at);
        into.back().times.reserve(most);
        into.back().values.reserve(most);
        EntryOf(chunks_[chunk].day).columns.Add(column);
      }
      into.back().times.push_back(static_cast<std::uint32_t>(at));
      into.back().values.push_back(v[i]);
    }
  };
  Started started;
  std::vector<TimestampMs> record_t;
  ColumnContent content;
  std::vector<TileView::Cursor> cursors(sources.size());
  for (const std::uint32_t column : columns) {
    content.StartColumn(column);
    const std::uint64_t bit = std::uint64_t{1} << (column % kPageColumns);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const TileSource& source = sources[i];
      if ((source.columns & bit) == 0) continue;
      Status status = AppendColumn(*source.tile, source.times, content, source.recent, &cursors[i]);
      if (!status) return status;
    }
    SortColumn(content);
    started.Clear();
    started.Add(content.float_t, content.float_starts);
    started.Add(content.histogram_t, content.histogram_starts);
    started.Sort();
    record_t.clear();
    for (const DroppedSamples& record : content.dropped) record_t.push_back(record.t);
    cut(column, content.float_t, content.floats, &ChunkColumns::floats);
    cut(column, content.histogram_t, content.histograms, &ChunkColumns::histograms);
    cut(column, started.t, started.starts, &ChunkColumns::starts);
    cut(column, record_t, content.dropped, &ChunkColumns::dropped);
  }
  for (std::size_t i = 0; i < chunks_.size(); ++i) Emit(chunks_[i], page, parts[i]);
  return {};
}

void GroupBuilder::Emit(const Chunk& chunk, std::uint32_t page, const ChunkColumns& columns) {
  if (columns.floats.empty() && columns.histograms.empty()) return;
  // The page keeps the times of the whole target unless it uses few of them.
  std::vector<std::uint32_t> used;  // Indices of times, in order.
  std::size_t samples = 0;
  const auto mark = [&](const auto& parts) {
    for (const auto& part : parts) {
      samples += part.times.size();
      Merge(part.times, used);
    }
  };
  mark(columns.floats);
  mark(columns.histograms);
  const std::size_t all = chunk.end - chunk.begin;
  const bool subset = used.size() * 2 < all;
  std::vector<TimestampMs> times;
  times.reserve(subset ? used.size() : all);
  if (subset) {
    for (const std::uint32_t at : used) times.push_back(times_[at]);
  } else {
    times.assign(times_.begin() + static_cast<std::ptrdiff_t>(chunk.begin),
                 times_.begin() + static_cast<std::ptrdiff_t>(chunk.end));
  }
  TileBuilder builder(times);
  builder.Reserve(columns.floats.size() + columns.histograms.size());
  std::vector<std::uint32_t> rows;
  const auto rows_of = [&](const std::vector<std::uint32_t>& at) {
    rows.clear();
    auto place = used.begin();
    for (const std::uint32_t i : at) {
      if (subset) place = std::lower_bound(place, used.end(), i);
      rows.push_back(subset ? static_cast<std::uint32_t>(place - used.begin())
                            : static_cast<std::uint32_t>(i - chunk.begin));
    }
    return std::span<const std::uint32_t>(rows);
  };
  auto f = columns.floats.begin();
  auto h = columns.histograms.begin();
  auto s = columns.starts.begin();
  auto d = columns.dropped.begin();
  while (f != columns.floats.end() || h != columns.histograms.end()) {
    const std::uint32_t column = std::min(f == columns.floats.end() ? UINT32_MAX : f->column,
                                          h == columns.histograms.end() ? UINT32_MAX : h->column);
    if (f != columns.floats.end() && f->column == column) {
      builder.AddFloats(column, rows_of(f->times), f->values);
      ++f;
    }
    if (h != columns.histograms.end() && h->column == column) {
      builder.AddHistograms(column, rows_of(h->times), h->values);
      ++h;
    }
    if (s != columns.starts.end() && s->column == column) {
      builder.AddStarts(column, rows_of(s->times), s->values);
      ++s;
    }
    if (d != columns.dropped.end() && d->column == column) {
      builder.AddDropped(column, rows_of(d->times), d->values);
      ++d;
    }
  }
  RunDraft& draft = DraftOf(chunk.day);
  draft.items.push_back({GroupKey(draft.run, target_, page, chunk.number), builder.Finish(subset)});
  draft.run.samples += samples;
  bytes_ += draft.items.back().value.size();
}

std::vector<RunDraft> GroupBuilder::Finish() {
  std::vector<RunDraft> out;
  for (auto& [day, draft] : drafts_) {
    Run& run = draft.run;
    run.min_t = run.targets.front().min_t;
    run.max_t = run.targets.front().max_t;
    for (const RunTarget& entry : run.targets) {
      run.min_t = std::min(run.min_t, entry.min_t);
      run.max_t = std::max(run.max_t, entry.max_t);
    }
    for (const KeyValue& item : draft.items) run.bytes += item.key.size() + item.value.size();
    // Chunks of a page were appended page by page and target by target, which is the order of the keys.
    assert(std::is_sorted(draft.items.begin(), draft.items.end(),
                          [](const KeyValue& a, const KeyValue& b) { return a.key < b.key; }));
    out.push_back(std::move(draft));
  }
  drafts_.clear();
  bytes_ = 0;
  return out;
}

}  // namespace vigia::storage
