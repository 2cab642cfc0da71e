#include "storage/head/committer.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <span>

#include <xxhash.h>

#include "storage/catalog/records.h"
#include "storage/codec/histograms.h"

namespace vigia::storage {
namespace {

NewestSample NewestOf(const Column& column) {
  return {column.last_t.load(std::memory_order_acquire), column.last_bits.load(std::memory_order_acquire),
          column.Is(Column::kHistogram)};
}

void SetNewest(Column& column, const NewestSample& newest) {
  column.last_t.store(newest.t, std::memory_order_release);
  column.last_bits.store(newest.bits, std::memory_order_release);
  // Flags rarely change, and changing one is a locked instruction.
  if (newest.histogram != column.Is(Column::kHistogram)) {
    newest.histogram ? column.Set(Column::kHistogram) : column.Reset(Column::kHistogram);
  }
  if (column.Is(Column::kBound)) column.Reset(Column::kBound);
}

void LowerFirst(Column& column, TimestampMs t) {
  const TimestampMs first = column.first_t.load(std::memory_order_relaxed);
  if (first == kNoTime || t < first) column.first_t.store(t, std::memory_order_release);
}

// Memory of SortByTime().
struct SortSpace {
  std::vector<TimestampMs> times;
  std::vector<std::uint32_t> slots;
  std::vector<std::uint32_t> starts;
  std::vector<std::uint32_t> sorted;
};

// Sorts indices by time, stable. Requests bring series after series, most of them with the same times: these need no
// comparing, the samples are dealt to the times of the first series.
void SortByTime(const std::vector<PendingFloat>& floats, std::vector<std::uint32_t>& order, SortSpace& space) {
  const auto earlier = [&](std::uint32_t a, std::uint32_t b) { return floats[a].t < floats[b].t; };
  const auto end = std::is_sorted_until(order.begin(), order.end(), earlier);
  if (end == order.end()) return;
  auto& [times, slots, starts, sorted] = space;
  times.clear();
  for (auto it = order.begin(); it != end; ++it) {
    if (times.empty() || times.back() != floats[*it].t) times.push_back(floats[*it].t);
  }
  slots.resize(order.size());
  starts.assign(times.size() + 1, 0);
  std::size_t slot = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const TimestampMs t = floats[order[i]].t;
    if (slot + 1 < times.size() && times[slot + 1] == t) ++slot;
    if (times[slot] != t) {
      slot = static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), t) - times.begin());
      if (slot == times.size() || times[slot] != t) return std::stable_sort(order.begin(), order.end(), earlier);
    }
    slots[i] = static_cast<std::uint32_t>(slot);
    ++starts[slot + 1];
  }
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  sorted.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) sorted[starts[slots[i]]++] = order[i];
  order.swap(sorted);
}

template <class T>
std::size_t Capacity(const std::vector<T>& v) {
  return v.capacity() * sizeof(T);
}

TimestampMs StartOf(const std::vector<PendingStart>& starts, std::uint32_t sample) {
  const auto at =
      std::lower_bound(starts.begin(), starts.end(), sample,
                       [](const PendingStart& entry, std::uint32_t wanted) { return entry.sample < wanted; });
  return at == starts.end() || at->sample != sample ? 0 : at->start;
}

}  // namespace

std::uint64_t HistogramBits(const FloatHistogram& h) {
  std::string bytes;
  EncodeHistogram(h, bytes);
  return XXH3_64bits(bytes.data(), bytes.size());
}

// What a batch does to one target. Clear() leaves it as new, but keeps the memory of its vectors.
struct Committer::Group {
  struct Undo {
    Column* column;
    NewestSample newest;
    TimestampMs first_t;
    std::uint32_t epoch;
    bool bound;
  };
  Target* target = nullptr;
  std::uint32_t batch = 0;
  std::unique_lock<std::mutex> lock;
  std::vector<std::uint32_t> floats;  // Indices into the batch.
  std::vector<std::uint32_t> histograms;
  FrameSection section;
  std::vector<FrameRow> spare_rows;  // Empty ones.
  Target::Prepared prepared;
  std::vector<Undo> undo;
  std::vector<std::uint32_t> new_columns;  // Not in the catalog on disk yet.
  TimestampMs max_t = kNoTime;
  std::size_t late = 0;
  std::size_t likely_cells = 0;  // Of the first row.

  void Save(Column& column) {
    if (column.batch == batch) return;
    column.batch = batch;
    undo.push_back({&column, NewestOf(column), column.first_t.load(), column.epoch, column.Is(Column::kBound)});
  }
  void Restore() {
    for (auto it = undo.rbegin(); it != undo.rend(); ++it) {
      SetNewest(*it->column, it->newest);
      if (it->bound) it->column->Set(Column::kBound);
      it->column->first_t.store(it->first_t);
      it->column->epoch = it->epoch;
    }
  }
  FrameRow& RowAt(TimestampMs t, bool detached) {
    if (section.rows.empty() || section.rows.back().t != t || section.rows.back().detached != detached) {
      const std::size_t likely = section.rows.empty() ? likely_cells : section.rows.back().cells.size();
      if (spare_rows.empty()) spare_rows.emplace_back();
      section.rows.push_back(std::move(spare_rows.back()));
      spare_rows.pop_back();
      section.rows.back().t = t;
      section.rows.back().detached = detached;
      section.rows.back().cells.reserve(likely);
    }
    return section.rows.back();
  }
  void Clear() {
    target = nullptr;
    lock = {};
    floats.clear();
    histograms.clear();
    for (FrameRow& row : section.rows) {
      row.cells.clear();
      row.histograms.clear();
      row.starts.clear();
      spare_rows.push_back(std::move(row));
    }
    section.rows.clear();
    prepared.Clear();
    undo.clear();
    new_columns.clear();
    max_t = kNoTime;
    late = 0;
    likely_cells = 0;
  }
  std::size_t bytes() const {
    std::size_t sum = sizeof(Group) + Capacity(floats) + Capacity(histograms) + Capacity(section.rows) +
                      Capacity(spare_rows) + Capacity(prepared.rows) + Capacity(undo) + Capacity(new_columns);
    for (const FrameRow& row : spare_rows) {
      sum += Capacity(row.cells) + Capacity(row.histograms) + Capacity(row.starts);
    }
    return sum;
  }
};

// What a commit works with; kept from one to the next.
struct Committer::Work {
  std::vector<Group> memory;                            // More than the groups of the batch: what was in use once.
  std::span<Group> groups;                              // The first of them.
  std::vector<std::pair<TargetId, std::size_t>> known;  // Groups by target, while they are made. Sorted.
  std::vector<FrameSection> sections;
  std::string frame;
  Batch changes;
  SortSpace sort;

  Group& Add(Target& target) {
    if (groups.size() == memory.size()) memory.emplace_back();
    groups = std::span(memory).first(groups.size() + 1);
    groups.back().target = &target;
    return groups.back();
  }
  // Also unlocks all targets.
  void Clear() {
    for (Group& group : memory) group.Clear();
    groups = {};
    known.clear();
    sections.clear();
    changes.Clear();
  }
  std::size_t bytes() const {
    std::size_t sum = Capacity(known) + Capacity(sections) + frame.capacity() + changes.bytes() + Capacity(sort.times) +
                      Capacity(sort.slots) + Capacity(sort.starts) + Capacity(sort.sorted);
    for (const Group& group : memory) sum += group.bytes();
    return sum;
  }
};

Committer::Committer(CommitterDeps deps) : deps_(std::move(deps)), work_(kKeptWorks, kKeptWorkBytes) {}

Committer::~Committer() = default;

AppendOutcome Committer::JudgeAgainst(const NewestSample& newest, const NewestSample& sample,
                                      const AppendLimits& limits) const {
  if (sample.t > newest.t) return AppendOutcome::kAdded;
  if (sample.t == newest.t) {
    const bool same = sample.bits == newest.bits && sample.histogram == newest.histogram;
    return same ? AppendOutcome::kSame : AppendOutcome::kDuplicate;
  }
  if (limits.out_of_order_window_ms == 0) return AppendOutcome::kOutOfOrder;
  const TimestampMs newest_of_all = std::max(max_t(), newest.t);
  return sample.t >= newest_of_all - limits.out_of_order_window_ms ? AppendOutcome::kAdded : AppendOutcome::kTooOld;
}

AppendOutcome Committer::Judge(SeriesRef ref, const NewestSample& sample, const NewestSample* pending,
                               const AppendLimits& limits) {
  AppendOutcome outcome = AppendOutcome::kAdded;
  if (sample.t > kMaxSampleTime) {
    outcome = AppendOutcome::kOutOfBounds;
  } else if (sample.t < limits.oldest_ms || sample.t < -kMaxSampleTime) {
    outcome = AppendOutcome::kTooOld;
  } else if (pending != nullptr) {
    outcome = JudgeAgainst(*pending, sample, limits);
  } else {
    Target& target = deps_.series.target(TargetOf(ref));
    const Column& column = target.columns()[ColumnOf(ref)];
    if (column.Is(Column::kBound) && sample.t <= column.last_t.load(std::memory_order_acquire)) {
      const std::lock_guard lock(target.write_mutex());
      ResolveBound(target, ColumnOf(ref));
    }
    outcome = JudgeAgainst(NewestOf(column), sample, limits);
  }
  if (outcome != AppendOutcome::kAdded) Count(outcome, sample.histogram);
  return outcome;
}

bool Committer::IsNewer(SeriesRef ref, TimestampMs t) {
  Target& target = deps_.series.target(TargetOf(ref));
  const Column& column = target.columns()[ColumnOf(ref)];
  if (column.Is(Column::kBound) && t <= column.last_t.load(std::memory_order_acquire)) {
    const std::lock_guard lock(target.write_mutex());
    ResolveBound(target, ColumnOf(ref));
  }
  return t > column.last_t.load(std::memory_order_acquire);
}

void Committer::Count(AppendOutcome outcome, bool histogram) {
  HeadMetrics& m = deps_.metrics;
  switch (outcome) {
    case AppendOutcome::kAdded:
    case AppendOutcome::kSame: return;
    case AppendOutcome::kDuplicate: return m.duplicates.Add();
    case AppendOutcome::kOutOfOrder: return (histogram ? m.out_of_order_histograms : m.out_of_order_floats).Add();
    case AppendOutcome::kTooOld: return (histogram ? m.too_old_histograms : m.too_old_floats).Add();
    case AppendOutcome::kOutOfBounds: return (histogram ? m.out_of_bound_histograms : m.out_of_bound_floats).Add();
  }
}

// After a restart only an upper bound of the newest time is known; a sample that is not clearly newer asks the disk.
// When the disk cannot answer, the bound stays and the sample is refused.
void Committer::ResolveBound(Target& target, std::uint32_t column) {
  Column& state = target.columns()[column];
  if (!state.Is(Column::kBound)) return;
  const auto newest = deps_.newest_at_rest(target.id(), column);
  if (newest) SetNewest(state, newest->value_or(NewestSample()));
}

void Committer::MakeGroups(const SampleBatch& batch, Work& work) const {
  auto& known = work.known;  // Searched only when there are several.
  const auto group_of = [&](SeriesRef ref) -> Group& {
    const TargetId id = TargetOf(ref);
    if (!work.groups.empty() && work.groups.back().target->id() == id) return work.groups.back();
    const auto at = std::lower_bound(known.begin(), known.end(), std::pair(id, std::size_t{0}));
    if (at != known.end() && at->first == id) return work.groups[at->second];
    known.insert(at, {id, work.groups.size()});
    Group& fresh = work.Add(deps_.series.target(id));
    // Mostly a batch is one target's: its vectors then grow once.
    if (work.groups.size() == 1) fresh.floats.reserve(batch.floats.size());
    return fresh;
  };
  for (std::uint32_t i = 0; i < batch.floats.size(); ++i) group_of(batch.floats[i].ref).floats.push_back(i);
  for (std::uint32_t i = 0; i < batch.histograms.size(); ++i) group_of(batch.histograms[i].ref).histograms.push_back(i);
  std::sort(work.groups.begin(), work.groups.end(),
            [](const Group& a, const Group& b) { return a.target->id() < b.target->id(); });
  for (Group& group : work.groups) {
    group.lock = std::unique_lock(group.target->write_mutex());
    group.batch = group.target->StartBatch();
    const auto histogram_time = [&](std::uint32_t a, std::uint32_t b) {
      return batch.histograms[a].t < batch.histograms[b].t;
    };
    SortByTime(batch.floats, group.floats, work.sort);
    if (group.histograms.size() > 1) {
      std::stable_sort(group.histograms.begin(), group.histograms.end(), histogram_time);
    }
  }
}

void Committer::FillGroup(const SampleBatch& batch, const AppendLimits& limits, std::uint32_t epoch, Group& group) {
  auto h = group.histograms.begin();
  auto f = group.floats.begin();
  const std::size_t columns = group.target->columns().size();
  group.likely_cells = std::min(group.floats.size(), columns);
  group.undo.reserve(std::min(group.floats.size() + group.histograms.size(), columns));
  while (f != group.floats.end() || h != group.histograms.end()) {
    const bool histogram =
        f == group.floats.end() || (h != group.histograms.end() && batch.histograms[*h].t < batch.floats[*f].t);
    const SeriesRef ref = histogram ? batch.histograms[*h].ref : batch.floats[*f].ref;
    const NewestSample sample =
        histogram ? NewestSample{batch.histograms[*h].t, HistogramBits(*batch.histograms[*h].h), true}
                  : NewestSample{batch.floats[*f].t, std::bit_cast<std::uint64_t>(batch.floats[*f].v), false};
    const HistogramPtr* value = histogram ? &batch.histograms[*h].h : nullptr;
    const auto& starts = histogram ? batch.histogram_starts : batch.float_starts;
    const TimestampMs start = starts.empty() ? 0 : StartOf(starts, histogram ? *h : *f);
    histogram ? ++h : ++f;
    Column& column = group.target->columns()[ColumnOf(ref)];
    if (column.Is(Column::kBound) && sample.t <= column.last_t.load()) ResolveBound(*group.target, ColumnOf(ref));
    const NewestSample newest = NewestOf(column);
    const AppendOutcome outcome = JudgeAgainst(newest, sample, limits);
    if (outcome != AppendOutcome::kAdded) {
      Count(outcome, histogram);
      continue;
    }
    group.Save(column);
    const bool late = sample.t < newest.t;
    FrameRow& row = group.RowAt(sample.t, late);
    const bool has_base = !late && column.epoch == epoch && !newest.histogram;
    if (histogram) {
      row.histograms.push_back({ColumnOf(ref), *value});
    } else {
      const bool repeats = !late && !newest.histogram && newest.bits == sample.bits;
      row.cells.push_back({ColumnOf(ref), sample.bits, has_base ? newest.bits : 0, repeats});
    }
    if (start != 0) row.starts.push_back({ColumnOf(ref), start});
    if (column.Is(Column::kRemoved)) {
      deps_.series.Revive(group.target->id(), ColumnOf(ref));
      deps_.metrics.series_created.Add();
    }
    if (!column.Is(Column::kPersisted)) group.new_columns.push_back(ColumnOf(ref));
    LowerFirst(column, sample.t);
    if (late) {
      ++group.late;
      continue;
    }
    SetNewest(column, sample);
    column.epoch = histogram ? 0 : epoch;
    group.max_t = std::max(group.max_t, sample.t);
  }
  group.section.target = group.target->id();
  group.section.anew = group.target->begins_anew();
}

void Committer::AddRecords(std::uint64_t seq, std::span<Group> groups, Batch& out) {
  SeriesMap& series = deps_.series;
  for (Group& group : groups) {
    if (group.new_columns.empty()) continue;
    const TargetId target = group.target->id();
    if (!series.target_set(target).persisted.load()) PutTargetRecord(out, target, series.TargetLabels(target));
    auto& columns = group.new_columns;
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    ColumnRecord record;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const LineId line = group.target->columns()[columns[i]].line;
      if (!series.line_set(line).persisted.load()) PutLineRecord(out, line, series.LineLabels(line));
      if (i == 0 || columns[i] != columns[i - 1] + 1) {
        if (i > 0) PutColumnRecord(out, target, seq, record);
        record = {columns[i], {}};
      }
      record.lines.push_back(line);
    }
    PutColumnRecord(out, target, seq, record);
  }
}

void Committer::MarkPersisted(std::span<Group> groups) {
  for (Group& group : groups) {
    for (const std::uint32_t column : group.new_columns) {
      Column& state = group.target->columns()[column];
      state.Set(Column::kPersisted);
      deps_.series.line_set(state.line).persisted.store(true);
    }
    if (!group.new_columns.empty()) deps_.series.target_set(group.target->id()).persisted.store(true);
  }
}

void Committer::Show(std::span<Group> groups, std::uint64_t seq) {
  const TimestampMs now_ms = deps_.now();
  const std::uint32_t generation = deps_.log.generation();
  std::size_t floats = 0;
  std::size_t histograms = 0;
  std::size_t late = 0;
  for (Group& group : groups) {
    group.target->Prepare(group.section.rows, group.prepared);
    for (const FrameRow& row : group.section.rows) {
      floats += row.cells.size();
      histograms += row.histograms.size();
    }
    late += group.late;
    RaiseMaxT(group.max_t);
  }
  {
    // A batch of one target becomes visible under that target's lock alone.
    std::unique_lock<std::shared_mutex> visible(deps_.visibility, std::defer_lock);
    if (groups.size() > 1) visible.lock();
    for (Group& group : groups) group.target->Publish(group.prepared, seq, generation, now_ms);
  }
  deps_.metrics.floats_appended.Add(static_cast<double>(floats));
  if (histograms > 0) deps_.metrics.histograms_appended.Add(static_cast<double>(histograms));
  if (late > 0) deps_.metrics.late_floats.Add(static_cast<double>(late));
}

Status Committer::Commit(const SampleBatch& batch, const AppendLimits& limits, WriteMode mode) {
  if (batch.empty()) return {};
  const auto work = work_.Take();
  struct Clearer {
    Work& work;
    ~Clearer() { work.Clear(); }
  } const clearer{*work};
  return CommitWith(*work, batch, limits, mode);
}

Status Committer::CommitWith(Work& work, const SampleBatch& batch, const AppendLimits& limits, WriteMode mode) {
  const Log::Entry entry(deps_.log);
  const std::uint32_t epoch = deps_.log.epoch();
  MakeGroups(batch, work);
  for (Group& group : work.groups) FillGroup(batch, limits, epoch, group);
  const auto end = std::partition(work.groups.begin(), work.groups.end(),
                                  [](const Group& group) { return !group.section.rows.empty(); });
  work.groups = work.groups.first(static_cast<std::size_t>(end - work.groups.begin()));
  if (work.groups.empty()) return {};
  for (Group& group : work.groups) work.sections.push_back(std::move(group.section));
  work.frame = EncodeFrame(epoch, work.sections);
  for (std::size_t i = 0; i < work.groups.size(); ++i) work.groups[i].section = std::move(work.sections[i]);
  const std::uint64_t seq = deps_.log.NextSeq();
  AddRecords(seq, work.groups, work.changes);
  Status status = deps_.log.Append(work.changes, seq, work.frame, mode);
  if (!status) {
    for (Group& group : work.groups) group.Restore();
    return status;
  }
  MarkPersisted(work.groups);
  Show(work.groups, seq);
  return {};
}

void Committer::RaiseMaxT(TimestampMs t) {
  TimestampMs seen = max_t_.load(std::memory_order_relaxed);
  while (t > seen && !max_t_.compare_exchange_weak(seen, t, std::memory_order_acq_rel)) {
  }
}

// Calls visit(column, cell) for each; mostly their columns lie one behind the other. False when one has no column.
template <class Cell, class Visit>
bool ForEachColumn(const StableVector<Column>& columns, std::span<Cell> cells, Visit&& visit) {
  std::span<Column> run;
  std::uint32_t first = 0;  // Of the run.
  for (Cell& cell : cells) {
    if (cell.column - first >= run.size()) {  // One below `first` is far beyond the run.
      if (cell.column >= columns.size()) return false;
      first = cell.column;
      run = columns.From(first);
    }
    visit(run[cell.column - first], cell);
  }
  return true;
}

// The columns themselves are what the log's differences build upon. No other thread looks at those of this frame's
// targets yet, so nothing here is ordered; and it is what the time of a start goes into.
class Committer::ReplayState final : public FrameState {
 public:
  ReplayState(SeriesMap& series, std::uint64_t seq, const AtRestOf& at_rest)
      : series_(series), seq_(seq), at_rest_(at_rest) {}
  bool SetBases(std::uint32_t epoch, std::uint32_t target, std::span<FrameCell> cells) override {
    if (!Seek(target)) return false;
    return ForEachColumn(*columns_, cells, [&](const Column& column, FrameCell& cell) {
      const bool known = column.epoch == epoch && !skipped_;
      cell.base = known ? column.last_bits.load(std::memory_order_relaxed) : 0;
    });
  }
  void Update(std::uint32_t epoch, std::uint32_t, std::span<const FrameCell> cells) override {
    if (skipped_) return;
    ForEachColumn(*columns_, cells, [&](Column& column, const FrameCell& cell) {
      column.epoch = epoch;
      column.last_bits.store(cell.bits, std::memory_order_relaxed);
    });
  }
  bool Has(std::uint32_t target, std::uint32_t column) override { return Seek(target) && column < columns_->size(); }
  void EndHistory(std::uint32_t, std::uint32_t column) override {
    if (!skipped_) (*columns_)[column].epoch = 0;
  }
  void Forget(std::uint32_t target) override {
    if (!Seek(target) || skipped_) return;
    columns_->ForEach([](std::size_t, Column& column) { column.epoch = 0; });
  }

 private:
  bool Seek(std::uint32_t target) {
    if (columns_ != nullptr && target == target_) return true;
    if (target == 0 || target >= series_.target_end()) return false;
    const AtRest at_rest = at_rest_(target);
    skipped_ = at_rest.next_anew && seq_ <= at_rest.seq;
    target_ = target;
    columns_ = &series_.target(target).columns();
    return true;
  }
  SeriesMap& series_;
  const std::uint64_t seq_;
  const AtRestOf& at_rest_;
  bool skipped_ = false;  // The section is at rest, and what its values build upon was skipped, too.
  std::uint32_t target_ = 0;
  StableVector<Column>* columns_ = nullptr;  // Of the target.
};

void Committer::RaiseNewestEpoch(std::uint32_t epoch) {
  std::uint32_t seen = newest_epoch_.load();
  while (epoch > seen && !newest_epoch_.compare_exchange_weak(seen, epoch)) {
  }
}

bool Committer::SkipAtRest(std::uint64_t seq, std::string_view frame, const AtRestOf& at_rest_of) {
  const std::optional<FrameHead> head = HeadOfOneTarget(frame);
  if (!head || head->target == 0 || head->target >= deps_.series.target_end()) return false;
  const AtRest at_rest = at_rest_of(head->target);
  if (!at_rest.next_anew || seq > at_rest.seq) return false;
  RaiseNewestEpoch(head->epoch);
  deps_.series.target(head->target).NoteLogged(seq);
  return true;
}

Status Committer::Replay(std::uint64_t seq, std::uint32_t generation, std::string_view bytes, const AtRestOf& at_rest,
                         const IsDeleted& is_deleted) {
  ReplayState state(deps_.series, seq, at_rest);
  Result<Frame> frame = DecodeFrame(bytes, state);
  if (!frame) return frame.error();
  RaiseNewestEpoch(frame->epoch);
  for (FrameSection& section : frame->sections) {
    Target& target = deps_.series.target(section.target);
    if (seq <= at_rest(section.target).seq) {  // The runs tell the bounds of its series.
      for (const FrameRow& row : section.rows) {
        if (!row.detached) RaiseMaxT(row.t);
      }
      target.NoteLogged(seq);
      continue;
    }
    for (FrameRow& row : section.rows) {
      const auto deleted = [&](std::uint32_t column) {
        return is_deleted && is_deleted(section.target, column, row.t, seq);
      };
      const auto touch = [&](Column& column, std::uint32_t index, const NewestSample& sample) {
        if (!deleted(index)) LowerFirst(column, sample.t);
        if (!row.detached) SetNewest(column, sample);
      };
      ForEachColumn(target.columns(), std::span(row.cells), [&](Column& column, const FrameCell& cell) {
        touch(column, cell.column, {row.t, cell.bits, false});
      });
      ForEachColumn(target.columns(), std::span(row.histograms), [&](Column& column, const FrameHistogram& h) {
        touch(column, h.column, {row.t, HistogramBits(*h.value), true});
      });
      if (!row.detached) RaiseMaxT(row.t);
      if (!is_deleted) continue;
      for (FrameCell& cell : row.cells) cell.repeats = false;  // What it repeats may be gone.
      std::erase_if(row.cells, [&](const FrameCell& cell) { return deleted(cell.column); });
      std::erase_if(row.histograms, [&](const FrameHistogram& h) { return deleted(h.column); });
      std::erase_if(row.starts, [&](const auto& start) { return deleted(start.column); });
    }
    std::erase_if(section.rows, [](const FrameRow& row) { return row.cells.empty() && row.histograms.empty(); });
    target.NoteLogged(seq);
    if (section.rows.empty()) continue;
    replayed_rows_.fetch_add(section.rows.size(), std::memory_order_relaxed);
    const std::lock_guard lock(target.write_mutex());
    Target::Prepared prepared;
    target.Prepare(section.rows, prepared);
    target.Publish(prepared, seq, generation, deps_.now());
  }
  return {};
}

}  // namespace vigia::storage
