// SeriesMap::Select: matchers over a product of targets and lines.
//
// A series has each label on one side only. So a matcher holds for (T, L) when T has the label and its value matches,
// or when T has it not and L's value (the empty one if L has it not either) matches. Targets therefore fall into groups
// by the set of matchers that they leave open, and each group needs one set of lines.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "storage/head/series_map.h"
#include "storage/model/label_order.h"

namespace vigia::storage {
namespace {

constexpr std::size_t kMaxMatchers = 64;

bool MayHaveSamples(const Target& target, std::size_t i, const Column& column, TimestampMs from, TimestampMs to) {
  const TimestampMs first = column.first_t.load(std::memory_order_acquire);
  const TimestampMs last = column.last_t.load(std::memory_order_acquire);
  if (first == kNoTime || first > to || last < from) return false;
  if (target.holes.empty()) return true;
  from = std::max(from, first);
  to = std::min(to, last);
  const auto covers = [&](const Hole& hole) {
    return hole.from <= from && from <= hole.to &&
           std::binary_search(hole.columns.begin(), hole.columns.end(), static_cast<std::uint32_t>(i));
  };
  while (from <= to) {
    const auto hole = std::find_if(target.holes.begin(), target.holes.end(), covers);
    if (hole == target.holes.end()) return true;
    from = hole->to + 1;
  }
  return false;
}

std::vector<bool> Marks(const IdSet& ids, std::size_t size) {
  std::vector<bool> marks(size);
  for (const std::uint32_t id : ids) marks[id] = true;
  return marks;
}

Error TooManyMatchers() {
  return {Errc::kLimit, "more than " + std::to_string(kMaxMatchers) + " matchers in one selector"};
}

}  // namespace

// Lives for one call, with the map's lock held.
class SeriesMap::Selector {
 public:
  Selector(const SeriesMap& map, std::span<const Matcher> matchers, TimestampMs from, TimestampMs to,
           std::uint64_t limit, const Visit& visit, std::vector<TargetId>* asleep)
      : map_(map), matchers_(matchers), from_(from), to_(to), limit_(limit), visit_(visit), asleep_(asleep) {}

  std::vector<TargetHits> Run() {
    for (const auto& [open, ids] : GroupTargets()) SelectGroup(open, ids);
    std::sort(hits_.begin(), hits_.end(),
              [](const TargetHits& a, const TargetHits& b) { return a.target->id() < b.target->id(); });
    return std::move(hits_);
  }
  // Targets that sleep and pass the matchers on their side; what they have of the others only their columns tell.
  void FindSleepers() {
    for (const auto& [open, ids] : GroupTargets()) {
      for (const TargetId id : ids) PassSleeper(id);
    }
  }
  LabelSources RunForLabels() {
    sources_.targets.resize(map_.target_sets_.end());
    sources_.lines.resize(map_.line_sets_.end());
    for (const auto& [open, ids] : GroupTargets()) ScanGroup(open, ids);
    return std::move(sources_);
  }

 private:
  std::map<std::uint64_t, IdSet> GroupTargets() const;
  IdSet LinesFor(std::uint64_t open) const;
  void SelectGroup(std::uint64_t open, const IdSet& ids);
  void ScanGroup(std::uint64_t open, const IdSet& ids);
  bool ScanTarget(const Target& target, const std::vector<bool>* wanted);
  void AddByLine(TargetId id, const IdSet& lines, TargetHits& hit);
  void Consider(std::uint32_t column, TargetHits& hit);
  bool PassSleeper(TargetId id);
  bool full() const { return limit_ != 0 && count_ >= limit_; }

  const SeriesMap& map_;
  const std::span<const Matcher> matchers_;
  const TimestampMs from_;
  const TimestampMs to_;
  const std::uint64_t limit_;
  const Visit& visit_;
  std::vector<TargetId>* const asleep_;
  std::vector<TargetHits> hits_;
  std::uint64_t count_ = 0;
  LabelSources sources_;
};

// Targets that no matcher excludes, by the bit set of matchers that they leave open.
std::map<std::uint64_t, IdSet> SeriesMap::Selector::GroupTargets() const {
  const std::uint64_t all_open =
      matchers_.size() == kMaxMatchers ? ~std::uint64_t{0} : (std::uint64_t{1} << matchers_.size()) - 1;
  std::vector<std::uint64_t> open(map_.targets_.size(), all_open);
  std::vector<bool> excluded(map_.targets_.size());
  for (std::size_t m = 0; m < matchers_.size(); ++m) {
    const LabelIndex::Split split = map_.target_index_.Evaluate(matchers_[m], true, true);
    for (const std::uint32_t id : split.matching) open[id] &= ~(std::uint64_t{1} << m);
    for (const std::uint32_t id : split.other) excluded[id] = true;
  }
  std::map<std::uint64_t, IdSet> groups;
  for (const std::uint32_t id : map_.target_index_.all()) {
    if (!excluded[id]) groups[open[id]].push_back(id);
  }
  return groups;
}

IdSet SeriesMap::Selector::LinesFor(std::uint64_t open) const {
  const LabelIndex& index = map_.line_index_;
  IdSet lines;
  bool started = false;
  for (std::size_t m = 0; m < matchers_.size(); ++m) {  // Positive ones first: they make the set small.
    if ((open >> m & 1) == 0 || matchers_[m].MatchesEmpty()) continue;
    IdSet matching = index.Evaluate(matchers_[m], true, false).matching;
    lines = started ? Intersect(lines, matching) : std::move(matching);
    started = true;
    if (lines.empty()) return lines;
  }
  if (!started) lines = index.all();
  for (std::size_t m = 0; m < matchers_.size(); ++m) {
    if ((open >> m & 1) == 0 || !matchers_[m].MatchesEmpty()) continue;
    lines = Subtract(lines, index.Evaluate(matchers_[m], false, true).other);
  }
  return lines;
}

void SeriesMap::Selector::SelectGroup(std::uint64_t open, const IdSet& ids) {
  const bool all_lines = open == 0;
  const IdSet lines = all_lines ? IdSet() : LinesFor(open);
  if (!all_lines && lines.empty()) {  // As far as lines are in memory.
    for (const TargetId id : ids) PassSleeper(id);
    return;
  }
  std::vector<bool> marks;  // Made when the first target needs it.
  for (const TargetId id : ids) {
    if (full()) return;
    if (PassSleeper(id)) continue;
    Target& target = map_.target(id);
    if (visit_) visit_(target);
    TargetHits hit{&target, {}, {}};
    const std::size_t columns = target.columns().size();
    if (!all_lines && lines.size() * 8 < columns) {
      AddByLine(id, lines, hit);
    } else {
      if (!all_lines && marks.empty()) marks = Marks(lines, map_.line_sets_.end());
      target.columns().ForEach([&](std::size_t column, const Column& state) {
        if (all_lines || marks[state.line]) Consider(static_cast<std::uint32_t>(column), hit);
      });
    }
    if (hit.columns.empty()) continue;
    for (const std::uint32_t column : hit.columns) hit.lines.push_back(target.columns()[column].line);
    if (visit_) target.Use(map_.now_ms_.load(std::memory_order_relaxed));  // Maintenance itself uses nothing.
    hits_.push_back(std::move(hit));
  }
}

// Whether the target sleeps; notes it then, if it may have samples.
bool SeriesMap::Selector::PassSleeper(TargetId id) {
  if (!map_.target(id).asleep()) return false;
  if (asleep_ != nullptr && map_.MayBeAsleep(id, from_, to_)) asleep_->push_back(id);
  return true;
}

// Notes the lines of the target's series, of `wanted` ones if given. Whether it has any.
bool SeriesMap::Selector::ScanTarget(const Target& target, const std::vector<bool>* wanted) {
  bool found = false;
  target.columns().ForEach([&](std::size_t i, const Column& column) {
    if (wanted != nullptr && !(*wanted)[column.line]) return;
    if (found && sources_.lines[column.line]) return;
    if (column.Is(Column::kRemoved) || !MayHaveSamples(target, i, column, from_, to_)) return;
    found = true;
    sources_.lines[column.line] = true;
  });
  return found;
}

void SeriesMap::Selector::ScanGroup(std::uint64_t open, const IdSet& ids) {
  const bool all_lines = open == 0;
  const IdSet lines = all_lines ? IdSet() : LinesFor(open);
  if (!all_lines && lines.empty()) return;
  std::vector<bool> marks;  // Made when the first target needs it.
  for (const TargetId id : ids) {
    Target& target = map_.target(id);
    bool found = false;
    if (!all_lines && lines.size() * 8 < target.columns().size()) {
      TargetHits hit{&target, {}, {}};
      AddByLine(id, lines, hit);
      for (const std::uint32_t column : hit.columns) sources_.lines[target.columns()[column].line] = true;
      found = !hit.columns.empty();
    } else {
      if (!all_lines && marks.empty()) marks = Marks(lines, map_.line_sets_.end());
      found = ScanTarget(target, all_lines ? nullptr : &marks);
    }
    if (found) sources_.targets[id] = true;
  }
}

void SeriesMap::Selector::AddByLine(TargetId id, const IdSet& lines, TargetHits& hit) {
  const auto& columns = hit.target->columns();
  for (const LineId line : lines) {
    const Fingerprint fingerprint = map_.target_sets_[id].fingerprint + map_.line_sets_[line].fingerprint;
    const std::uint64_t ref = map_.table_.Find(fingerprint, [&](std::uint64_t value) {
      const auto candidate = static_cast<SeriesRef>(value);
      return TargetOf(candidate) == id && columns[ColumnOf(candidate)].line == line;
    });
    if (ref != 0) Consider(ColumnOf(static_cast<SeriesRef>(ref)), hit);
  }
  std::sort(hit.columns.begin(), hit.columns.end());
}

void SeriesMap::Selector::Consider(std::uint32_t column, TargetHits& hit) {
  const Column& state = hit.target->columns()[column];
  if (full() || state.Is(Column::kRemoved) || !MayHaveSamples(*hit.target, column, state, from_, to_)) return;
  hit.columns.push_back(column);
  ++count_;
}

Result<std::vector<TargetHits>> SeriesMap::Select(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to,
                                                  std::uint64_t limit, const Visit& visit,
                                                  std::vector<TargetId>* asleep) const {
  if (matchers.size() > kMaxMatchers) return TooManyMatchers();
  const std::shared_lock lock(mu_);
  return Selector(*this, matchers, from, to, limit, visit, asleep).Run();
}

// Of a target that sleeps: whether it may have samples there.
bool SeriesMap::MayBeAsleep(TargetId id, TimestampMs from, TimestampMs to) const {
  const Target::Asleep& sleep = target(id).sleep();
  return sleep.first_t != kNoTime && sleep.first_t <= to && sleep.last_t >= from;
}

Status SeriesMap::WakeAll(const std::vector<TargetId>& asleep) const {
  for (const TargetId id : asleep) {
    if (Status status = Wake(id); !status) return status;
  }
  return {};
}

// Takes the map's lock, shared, at a moment when none of the targets sleeps that may have such series.
Status SeriesMap::LockAwake(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to,
                            std::shared_lock<std::shared_mutex>& lock) const {
  if (matchers.size() > kMaxMatchers) return TooManyMatchers();
  for (;;) {
    std::vector<TargetId> asleep;
    lock = std::shared_lock(mu_);
    if (sleeping() > 0) Selector(*this, matchers, from, to, 0, {}, &asleep).FindSleepers();
    if (asleep.empty()) return {};
    lock.unlock();
    if (Status status = WakeAll(asleep); !status) return status;
  }
}

Result<std::vector<TargetHits>> SeriesMap::SelectAwake(std::span<const Matcher> matchers, TimestampMs from,
                                                       TimestampMs to) const {
  std::shared_lock<std::shared_mutex> lock;
  if (Status awake = LockAwake(matchers, from, to, lock); !awake) return awake.error();
  return Selector(*this, matchers, from, to, 0, {}, nullptr).Run();
}

Result<SeriesMap::LabelSources> SeriesMap::SelectLabels(std::span<const Matcher> matchers, TimestampMs from,
                                                        TimestampMs to) const {
  if (matchers.size() > kMaxMatchers) return TooManyMatchers();
  return Selector(*this, matchers, from, to, 0, {}, nullptr).RunForLabels();
}

// Finds out which targets and lines have series without looking at every series: most have, and the first look shows
// it. Where many have none that would take longer than looking at all: then it gives up. Needs the map's lock.
class SeriesMap::Prober {
 public:
  Prober(const SeriesMap& map, TimestampMs from, TimestampMs to)
      : map_(map), from_(from), to_(to), looks_left_(map.series() / kShare + kFewLooks) {}

  bool HasTarget(TargetId id) {
    const Target& target = map_.target(id);
    const std::size_t columns = target.columns().size();
    for (std::size_t i = 0; i < columns && Look(); ++i) {
      if (IsLive(target, i)) return true;
    }
    return false;
  }
  bool HasLine(LineId line) {
    const IdSet& targets = map_.target_index_.all();
    for (std::size_t k = 0; k < targets.size() && Look(); ++k) {
      const std::size_t at = (last_target_ + k) % targets.size();  // Neighbouring lines often have the same one.
      if (!HasSeries(targets[at], line)) continue;
      last_target_ = at;
      return true;
    }
    return false;
  }
  // It gave up: some answers may be wrong.
  bool gave_up() const { return looks_left_ == 0; }

 private:
  static constexpr std::size_t kShare = 16;
  static constexpr std::size_t kFewLooks = 64;

  bool Look() { return looks_left_ > 0 && --looks_left_ > 0; }
  bool IsLive(const Target& target, std::size_t i) const {
    const Column& column = target.columns()[i];
    return !column.Is(Column::kRemoved) && MayHaveSamples(target, i, column, from_, to_);
  }
  bool HasSeries(TargetId id, LineId line) const {
    const auto& columns = map_.target(id).columns();
    const Fingerprint fingerprint = map_.target_sets_[id].fingerprint + map_.line_sets_[line].fingerprint;
    const std::uint64_t ref = map_.table_.Find(fingerprint, [&](std::uint64_t value) {
      const auto candidate = static_cast<SeriesRef>(value);
      return TargetOf(candidate) == id && columns[ColumnOf(candidate)].line == line;
    });
    return ref != 0 && IsLive(map_.target(id), ColumnOf(static_cast<SeriesRef>(ref)));
  }

  const SeriesMap& map_;
  const TimestampMs from_;
  const TimestampMs to_;
  std::size_t looks_left_;
  std::size_t last_target_ = 0;
};

// Calls take(index, has) for targets and for lines, where has(id) tells whether any of the wanted series has that label
// set; once more, after `restart`, when the fast way turns out not to be one.
template <class Take, class Restart>
Status SeriesMap::ForLabelSources(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to, Take&& take,
                                  Restart&& restart) const {
  if (matchers.empty()) {
    Prober prober(*this, from, to);
    take(target_index_, [&](std::uint32_t id) { return prober.HasTarget(id); });
    take(line_index_, [&](std::uint32_t id) { return prober.HasLine(id); });
    if (!prober.gave_up()) return {};
    restart();
  }
  const auto sources = SelectLabels(matchers, from, to);
  if (!sources) return sources.error();
  take(target_index_, [&](std::uint32_t id) { return sources->targets[id]; });
  take(line_index_, [&](std::uint32_t id) { return sources->lines[id]; });
  return {};
}

Result<std::vector<std::string>> SeriesMap::LabelNames(std::span<const Matcher> matchers, TimestampMs from,
                                                       TimestampMs to) const {
  std::shared_lock<std::shared_mutex> lock;
  if (Status awake = LockAwake(matchers, from, to, lock); !awake) return awake.error();
  std::set<std::string> names;
  const auto take = [&](const LabelIndex& index, auto&& has) {
    for (const auto& [name, values] : index.names()) {
      const bool any =
          std::ranges::any_of(values, [&](const auto& value) { return std::ranges::any_of(value.second, has); });
      if (any) names.emplace(symbols_.Text(name));
    }
  };
  const Status status = ForLabelSources(matchers, from, to, take, [&] { names.clear(); });
  if (!status) return status.error();
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::vector<std::string>> SeriesMap::LabelValues(const std::string& name, std::span<const Matcher> matchers,
                                                        TimestampMs from, TimestampMs to) const {
  std::shared_lock<std::shared_mutex> lock;
  if (Status awake = LockAwake(matchers, from, to, lock); !awake) return awake.error();
  Symbol symbol = 0;
  if (!symbols_.Find(name, &symbol)) return std::vector<std::string>();
  std::vector<std::string_view> values;  // Into the symbols, which stay.
  const auto take = [&](const LabelIndex& index, auto&& has) {
    const auto known = index.names().find(symbol);
    if (known == index.names().end()) return;
    for (const auto& [value, ids] : known->second) {
      if (std::ranges::any_of(ids, has)) values.push_back(symbols_.Text(value));
    }
  };
  const Status status = ForLabelSources(matchers, from, to, take, [&] { values.clear(); });
  if (!status) return status.error();
  SortTexts(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return std::vector<std::string>(values.begin(), values.end());
}

}  // namespace vigia::storage
