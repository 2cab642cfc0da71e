// The frames of the row log.
#include <algorithm>

#include <fmt/format.h>

#include "storage/inspect/examination.h"
#include "storage/inspect/log_reader.h"
#include "storage/inspect/place.h"

namespace vigia::storage {
namespace {

std::string FrameText(Family family, std::uint64_t seq) {
  return fmt::format("frame {} of {}", seq, FamilyText(family));
}

class LogExaminer {
 public:
  explicit LogExaminer(Examination& all) : all_(all) {
    for (const Run& run : all.catalog.runs) {
      for (const RunTarget& entry : run.targets) {
        std::uint64_t& seq = sealed_[entry.target];
        seq = std::max(seq, entry.sealed_seq);
      }
    }
  }

  Status See(const LoggedFrame& logged) {
    ++all_.summary.frames;
    if (logged.seq <= last_seq_) Tell(logged, "numbers do not ascend");
    last_seq_ = logged.seq;
    for (const FrameSection& section : logged.frame.sections) {
      const FrameRow* last = nullptr;
      for (const FrameRow& row : section.rows) {
        if (last != nullptr && row.t <= last->t) {
          Tell(logged, fmt::format("rows of target {} do not ascend", section.target));
        }
        last = &row;
        Count(logged.seq, section.target, row);
      }
    }
    return {};
  }

 private:
  void Tell(const LoggedFrame& logged, const std::string& what) {
    all_.Tell(FindingKind::kDamage, all_.folder.database_path(), FrameText(logged.family, logged.seq), what);
  }

  void Count(std::uint64_t seq, std::uint32_t target, const FrameRow& row) {
    all_.summary.samples += row.cells.size() + row.histograms.size();
    const auto at = sealed_.find(target);
    if (at != sealed_.end() && seq <= at->second) return;
    const auto count = [&](std::uint32_t column) {
      const bool deleted =
          std::any_of(all_.catalog.tombstones.begin(), all_.catalog.tombstones.end(), [&](const Tombstone& tombstone) {
            const TombstoneTarget* const entry = tombstone.interval.Contains(row.t) ? tombstone.Find(target) : nullptr;
            return entry != nullptr && seq <= entry->seq && entry->columns.Contains(column);
          });
      if (!deleted) all_.CountVisible(target, column, 1);
    };
    for (const FrameCell& cell : row.cells) count(cell.column);
    for (const FrameHistogram& h : row.histograms) count(h.column);
  }

  Examination& all_;
  std::unordered_map<std::uint32_t, std::uint64_t> sealed_;
  std::uint64_t last_seq_ = 0;
};

}  // namespace

Status ExamineLog(Examination& all) {
  LogReader reader([&all](std::uint32_t target, std::uint32_t column) {
    const auto at = all.catalog.columns.find(target);
    return at != all.catalog.columns.end() && column < at->second.size();
  });
  LogExaminer examiner(all);
  return reader.Read(
      all.folder.store(), [&](const LoggedFrame& logged) { return examiner.See(logged); },
      [&](Family family, std::uint64_t seq, const Error& error) {
        ++all.summary.frames;
        all.TellError(all.folder.database_path(), FrameText(family, seq), error);
        return Status();
      });
}

}  // namespace vigia::storage
