// Whether all that a data folder holds can be read, and fits together.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "storage/inspect/opened_folder.h"

namespace vigia::storage {

enum class FindingKind {
  kDamage,    // Cannot be read, or contradicts something else.
  kNewer,     // Written by a newer version of this program.
  kSetAside,  // The server found it damaged and put it into the quarantine.
  kLeftOver,  // Of an interrupted rewrite: the next start of the server removes it.
};

struct Finding {
  FindingKind kind = FindingKind::kDamage;
  std::string file;   // Path of the file, or of the database when its log or several files may hold it.
  std::string place;  // In the file: "run 17 (2026-11-22, tier 1)".
  std::string what;
};
using FindingSink = std::function<void(const Finding&)>;

struct VerifySummary {
  std::uint64_t files = 0;  // Table files whose checksums were compared.
  std::uint64_t records = 0;
  std::uint64_t row_groups = 0;
  std::uint64_t frames = 0;
  std::uint64_t exemplars = 0;
  std::uint64_t samples = 0;  // Decoded, of row groups and frames.
  std::uint64_t series = 0;   // That the index finds.
  std::uint64_t findings = 0;
};

// Looks at everything; tells of each finding as it comes. Fails only when nothing more can be looked at.
//   table files:  all checksums
//   catalog:      records decode; no label set twice, neither for targets nor for lines nor, joined, for series;
//   columns
//                 name known targets and lines that have no label in common
//   runs:         days, times and chunks agree; targets and columns are known; each row group decodes, with ascending
//                 times within its chunk, and holds columns that the run names; samples and bytes add up
//   row log:      numbers ascend; frames decode and name known columns; times of a target ascend within a frame
//   tombstones and exemplars: decode, and name known targets
//   the engine:   opens the folder, its index finds exactly the series that have samples, under their labels, and
//                 their samples come in ascending order
Result<VerifySummary> Verify(const OpenedFolder& folder, const FindingSink& sink);

}  // namespace vigia::storage
