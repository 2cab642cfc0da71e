#include "storage/head/committer.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <span>

#include <xxhash.h>

#include "storage/catalog/records.h"
#include "storage/codec/histograms.h"
#include "storage/head/commit_work.h"

namespace vigia::storage {
namespace {

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
    const Column* const column = Seek(ref, sample.t);
    outcome = column == nullptr ? AppendOutcome::kUnknownSeries : JudgeAgainst(NewestOf(*column), sample, limits);
  }
  if (outcome != AppendOutcome::kAdded) Count(outcome, sample.histogram);
  return outcome;
}

bool Committer::IsNewer(SeriesRef ref, TimestampMs t) {
  const Column* const column = Seek(ref, t);
  return column != nullptr && t > column->last_t.load(std::memory_order_acquire);
}

// The column, with what a sample at `t` is judged by; null when the ref names no series any more. Maintenance must not
// forget the column until the batch is committed: one in the catalog will be found there again, of others it is told.
const Column* Committer::Seek(SeriesRef ref, TimestampMs t) {
  Target* const target = deps_.series.FindTarget(TargetOf(ref));
  if (target == nullptr) return nullptr;
  const auto is_settled = [](std::uint8_t flags) {
    return (flags & (Column::kPersisted | Column::kRemoved)) == Column::kPersisted;
  };
  const auto& columns = target->columns();
  if (ColumnOf(ref) < columns.size()) {
    const Column& column = columns[ColumnOf(ref)];
    const std::uint8_t flags = column.flags.load(std::memory_order_acquire);
    const bool is_known = (flags & Column::kBound) == 0 || t > column.last_t.load(std::memory_order_acquire);
    if (is_settled(flags) && is_known) return &column;
  }
  const std::lock_guard lock(target->write_mutex());
  // What cannot be read now is not judged: the commit will say why.
  if (target->asleep() && deps_.series.FindTarget(target->id()) != nullptr && !deps_.wake(*target)) return &unread_;
  Column* const column = deps_.series.Find(target->id(), ColumnOf(ref));
  if (column == nullptr || column->line == 0) return nullptr;
  if (!is_settled(column->flags.load())) column->Set(Column::kWanted);
  if (t <= column->last_t.load()) ResolveBound(*target, ColumnOf(ref));
  return column;
}

void Committer::Count(AppendOutcome outcome, bool histogram) {
  HeadMetrics& m = deps_.metrics;
  switch (outcome) {
    case AppendOutcome::kAdded:
    case AppendOutcome::kSame:
    case AppendOutcome::kUnknownSeries: return;
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
  // Mostly a target's samples stand together.
  const auto deal = [&](const auto& samples, std::vector<std::uint32_t> Group::*indices) {
    const auto count = static_cast<std::uint32_t>(samples.size());
    for (std::uint32_t i = 0; i < count;) {
      const TargetId id = TargetOf(samples[i].ref);
      std::vector<std::uint32_t>& own = group_of(samples[i].ref).*indices;
      for (; i < count && TargetOf(samples[i].ref) == id; ++i) own.push_back(i);
    }
  };
  deal(batch.floats, &Group::floats);
  deal(batch.histograms, &Group::histograms);
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
  const std::size_t columns = group.target->columns().size();
  group.likely_cells = std::min(group.floats.size(), columns);
  group.undo.reserve(std::min(group.floats.size() + group.histograms.size(), columns));
  const bool plain = batch.histograms.empty() && batch.float_starts.empty() && group.target->holes.empty();
  auto h = group.histograms.begin();
  for (std::size_t i = 0; i < group.floats.size(); ++i) {
    const std::uint32_t f = group.floats[i];
    for (; h != group.histograms.end() && batch.histograms[*h].t < batch.floats[f].t; ++h) {
      FillHistogram(batch, limits, *h, group);
    }
    if (plain) i += FillNewest(batch, i, epoch, group);
    if (i < group.floats.size()) FillFloat(batch, limits, epoch, group.floats[i], group);
  }
  for (; h != group.histograms.end(); ++h) FillHistogram(batch, limits, *h, group);
  group.section.target = group.target->id();
  group.section.anew = group.target->begins_anew();
}

// The common case: floats that are newer than the newest sample of their series, which is a float, too. Takes those in
// front of the first one for which that does not hold; how many.
[[gnu::flatten]] std::size_t Committer::FillNewest(const SampleBatch& batch, std::size_t first, std::uint32_t epoch,
                                                   Group& group) {  // All of it in one loop, at -O2, too.
  constexpr unsigned kUnusual = Column::kRemoved | Column::kBound | Column::kHistogram;
  const StableVector<Column>& columns = group.target->columns();
  FrameRow* row = nullptr;
  for (std::size_t i = first; i < group.floats.size(); ++i) {
    const PendingFloat& sample = batch.floats[group.floats[i]];
    Column& column = columns[ColumnOf(sample.ref)];
    const unsigned flags = column.flags.load(std::memory_order_relaxed);
    if (sample.t <= column.last_t.load(std::memory_order_relaxed) ||
        (flags & (kUnusual | Column::kPersisted)) != Column::kPersisted) {
      return i - first;
    }
    group.Save(column);
    const std::uint64_t last_bits = column.last_bits.load(std::memory_order_relaxed);
    const auto bits = std::bit_cast<std::uint64_t>(sample.v);
    if (row == nullptr || row->t != sample.t) row = &group.RowAt(sample.t, false);
    row->cells.push_back({ColumnOf(sample.ref), bits, column.epoch == epoch ? last_bits : 0, bits == last_bits});
    LowerFirst(column, sample.t);
    column.last_t.store(sample.t, std::memory_order_release);
    column.last_bits.store(bits, std::memory_order_release);
    column.epoch = epoch;
    group.max_t = std::max(group.max_t, sample.t);
  }
  return group.floats.size() - first;
}

void Committer::FillFloat(const SampleBatch& batch, const AppendLimits& limits, std::uint32_t epoch,
                          std::uint32_t index, Group& group) {
  const PendingFloat& pending = batch.floats[index];
  const NewestSample sample{pending.t, std::bit_cast<std::uint64_t>(pending.v), false};
  const auto newest = JudgeInGroup(ColumnOf(pending.ref), sample, limits, group);
  if (!newest) return;
  Column& column = group.target->columns()[ColumnOf(pending.ref)];
  const bool late = sample.t < newest->t;
  FrameRow& row = group.RowAt(sample.t, late);
  const bool has_base = !late && column.epoch == epoch && !newest->histogram;
  const bool repeats = !late && !newest->histogram && newest->bits == sample.bits;
  row.cells.push_back({ColumnOf(pending.ref), sample.bits, has_base ? newest->bits : 0, repeats});
  const TimestampMs start = StartOf(batch.float_starts, index);
  if (start != 0) row.starts.push_back({ColumnOf(pending.ref), start});
  Took(sample, late, epoch, column, group);
}

void Committer::FillHistogram(const SampleBatch& batch, const AppendLimits& limits, std::uint32_t index, Group& group) {
  const PendingHistogram& pending = batch.histograms[index];
  const NewestSample sample{pending.t, HistogramBits(*pending.h), true};
  const auto newest = JudgeInGroup(ColumnOf(pending.ref), sample, limits, group);
  if (!newest) return;
  const bool late = sample.t < newest->t;
  FrameRow& row = group.RowAt(sample.t, late);
  row.histograms.push_back({ColumnOf(pending.ref), pending.h});
  const TimestampMs start = StartOf(batch.histogram_starts, index);
  if (start != 0) row.starts.push_back({ColumnOf(pending.ref), start});
  Took(sample, late, 0, group.target->columns()[ColumnOf(pending.ref)], group);
}

// The newest sample before this one, which may follow; nullopt and counted when it may not. The column's state is
// saved.
std::optional<NewestSample> Committer::JudgeInGroup(std::uint32_t index, const NewestSample& sample,
                                                    const AppendLimits& limits, Group& group) {
  Column& column = group.target->columns()[index];
  if (column.Is(Column::kBound) && sample.t <= column.last_t.load()) ResolveBound(*group.target, index);
  const NewestSample newest = NewestOf(column);
  const AppendOutcome outcome = JudgeAgainst(newest, sample, limits);
  if (outcome != AppendOutcome::kAdded) {
    Count(outcome, sample.histogram);
    return std::nullopt;
  }
  group.Save(column);
  if (!group.target->holes.empty()) deps_.series.CloseHoles(*group.target, index, sample.t);
  if (column.Is(Column::kRemoved)) {
    deps_.series.Revive(group.target->id(), index);
    deps_.metrics.series_created.Add();
  }
  if (!column.Is(Column::kPersisted)) group.new_columns.push_back(index);
  return newest;
}

// The column's state with a sample that has gone into the frame. `epoch` is 0 for a histogram.
void Committer::Took(const NewestSample& sample, bool late, std::uint32_t epoch, Column& column, Group& group) {
  LowerFirst(column, sample.t);
  if (late) {
    ++group.late;
    return;
  }
  SetNewest(column, sample);
  column.epoch = epoch;
  group.max_t = std::max(group.max_t, sample.t);
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
      deps_.series.SetPersisted(state);
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
  for (Group& group : work.groups) {
    if (!group.target->asleep()) continue;
    if (Status status = deps_.wake(*group.target); !status) return status;
  }
  for (Group& group : work.groups) FillGroup(batch, limits, epoch, group);
  const auto end = std::partition(work.groups.begin(), work.groups.end(),
                                  [](const Group& group) { return !group.section.rows.empty(); });
  work.groups = work.groups.first(static_cast<std::size_t>(end - work.groups.begin()));
  if (work.groups.empty()) return {};
  for (Group& group : work.groups) work.sections.push_back(std::move(group.section));
  EncodeFrame(epoch, work.sections, work.frame);
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
    Target* const owner = series_.FindTarget(target);
    if (owner == nullptr) return false;
    const AtRest at_rest = at_rest_(target);
    skipped_ = at_rest.next_anew && seq_ <= at_rest.seq;
    target_ = target;
    columns_ = &owner->columns();
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
  Target* const target = head ? deps_.series.FindTarget(head->target) : nullptr;
  if (target == nullptr) return false;
  const AtRest at_rest = at_rest_of(head->target);
  if (!at_rest.next_anew || seq > at_rest.seq) return false;
  RaiseNewestEpoch(head->epoch);
  target->NoteLogged(seq);
  return true;
}

Status Committer::Replay(std::uint64_t seq, std::uint32_t generation, std::string_view bytes, const AtRestOf& at_rest,
                         const IsDeleted& is_deleted) {
  ReplayState state(deps_.series, seq, at_rest);
  Result<Frame> frame = DecodeFrame(bytes, state);
  if (!frame) return frame.error();
  RaiseNewestEpoch(frame->epoch);
  for (FrameSection& section : frame->sections) {
    Target* const found = deps_.series.FindTarget(section.target);
    if (found == nullptr) return Error{Errc::kCorruption, "row frame of an unknown target"};
    Target& target = *found;
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
