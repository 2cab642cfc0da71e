// The series of one selection, with everything that is needed to read them.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "storage/rowgroup/reader.h"
#include "storage/rowgroup/restore.h"
#include "storage/rowgroup/tile_cache.h"
#include "storage/tsdb/querier.h"

namespace vigia::storage {

struct SelectedRun {
  const Run* run = nullptr;
  const RunTarget* entry = nullptr;
  HiddenSamples hidden;
};

struct SelectedTarget {
  Target* target = nullptr;
  std::vector<std::uint32_t> columns;
  std::vector<LineId> lines;  // Theirs.
  TargetSnapshot snapshot;
  HiddenSamples expired = {};          // In the head; filled by the selection, as is the next one.
  std::vector<SelectedRun> runs = {};  // That overlap the range; filled by the selection.
};

class TsdbSelection final : public Selection {
 public:
  // `pin` was taken before the targets were looked for.
  TsdbSelection(const ReadDeps& deps, Pins::Pin pin, std::shared_ptr<const RunSet> runs,
                std::shared_ptr<const TombstoneSet> tombstones, std::vector<SelectedTarget> targets, TimestampMs from,
                TimestampMs to, Restoration restoration);
  // Of which labels wanted_labels() is made up; before the call of all. REQUIRES: called before anything else.
  void Want(std::vector<Symbol> labels) { wanted_ = std::move(labels); }

  std::size_t size() const override { return series_.size(); }
  Labels labels(std::size_t i) const override;
  Labels wanted_labels(std::size_t i) const override;
  Result<SamplesView> Read(std::size_t i, ReadBuffer& buffer) const override;

 private:
  // Reads the row groups of a run one by one, without those in the quarantine. One that is found damaged goes there and
  // makes the read fail: whoever asked learns of it, once.
  Status ReadUndamaged(const SelectedRun& part, std::uint32_t column, TimeInterval range, TileCache& tiles,
                       RunSamples& into) const;
  Status ReadStored(const SelectedRun& part, std::uint32_t column, TimeInterval range, TileCache& tiles,
                    RunSamples& into) const;
  Status ReadHead(const SelectedTarget& target, std::uint32_t column, ColumnSamples& samples) const;
  Status ReadRun(const SelectedRun& part, std::uint32_t column, TileCache& tiles, ColumnSamples& samples) const;
  Status ReadDownsampled(const SelectedRun& part, std::uint32_t column, DurationMs resolution_ms, TileCache& tiles,
                         ColumnSamples& samples) const;

  const ReadDeps deps_;
  const Pins::Pin pin_;                       // Keeps targets and labels.
  const std::shared_ptr<const RunSet> runs_;  // Keeps the files of its runs.
  const std::shared_ptr<const TombstoneSet> tombstones_;
  const std::shared_ptr<const PolicyColumns> kept_;
  std::vector<SelectedTarget> targets_;
  struct Series {
    std::uint32_t target;  // Index in targets_.
    std::uint32_t column;
    LineId line;
  };
  std::vector<Series> series_;
  const TimestampMs from_;
  const TimestampMs to_;
  const Restoration restoration_;
  std::optional<std::vector<Symbol>> wanted_;
};

}  // namespace vigia::storage
