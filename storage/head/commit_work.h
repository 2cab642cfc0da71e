// What Committer works with: the state of columns, and what a batch does to its targets. Private to the room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "storage/head/committer.h"

namespace vigia::storage {

inline NewestSample NewestOf(const Column& column) {
  return {column.last_t.load(std::memory_order_acquire), column.last_bits.load(std::memory_order_acquire),
          column.Is(Column::kHistogram)};
}

inline void SetNewest(Column& column, const NewestSample& newest) {
  column.last_t.store(newest.t, std::memory_order_release);
  column.last_bits.store(newest.bits, std::memory_order_release);
  // Flags rarely change, and changing one is a locked instruction.
  if (newest.histogram != column.Is(Column::kHistogram)) {
    newest.histogram ? column.Set(Column::kHistogram) : column.Reset(Column::kHistogram);
  }
  if (column.Is(Column::kBound)) column.Reset(Column::kBound);
}

inline void LowerFirst(Column& column, TimestampMs t) {
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
void SortByTime(const std::vector<PendingFloat>& floats, std::vector<std::uint32_t>& order, SortSpace& space);

template <class T>
std::size_t Capacity(const std::vector<T>& v) {
  return v.capacity() * sizeof(T);
}

// What a batch does to one target. Clear() leaves it as new, but keeps the memory of its vectors.
struct Committer::Group {
  struct Undo {
    Column* column;
    TimestampMs last_t;
    std::uint64_t last_bits;
    TimestampMs first_t;
    std::uint32_t epoch;
    bool histogram;
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
    undo.push_back({&column, column.last_t.load(std::memory_order_relaxed),
                    column.last_bits.load(std::memory_order_relaxed), column.first_t.load(std::memory_order_relaxed),
                    column.epoch, column.Is(Column::kHistogram), column.Is(Column::kBound)});
  }
  void Restore() {
    for (auto it = undo.rbegin(); it != undo.rend(); ++it) {
      SetNewest(*it->column, {it->last_t, it->last_bits, it->histogram});
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
  static constexpr std::size_t kKeptGroups = 256;
  std::vector<Group> memory;  // More than the groups of the batch: what was in use once.
  std::size_t used = 0;       // Groups that were made for the batch, with or without samples that are taken.
  std::span<Group> groups;    // The first of them.
  std::vector<std::pair<TargetId, std::size_t>> known;  // Groups by target, while they are made. Sorted.
  std::vector<FrameSection> sections;
  std::string frame;
  Batch changes;
  SortSpace sort;

  Group& Add(Target& target) {
    if (used == memory.size()) memory.emplace_back();
    groups = std::span(memory).first(++used);
    groups.back().target = &target;
    return groups.back();
  }
  // Also unlocks all targets.
  void Clear() {
    for (std::size_t i = 0; i < used; ++i) memory[i].Clear();
    if (memory.size() > kKeptGroups) memory.erase(memory.begin() + kKeptGroups, memory.end());
    used = 0;
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

}  // namespace vigia::storage
