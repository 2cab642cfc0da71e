// The parts of a verification and what they tell one another. Private to the room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "storage/inspect/opened_folder.h"
#include "storage/inspect/stored_catalog.h"
#include "storage/inspect/verify.h"

namespace vigia::storage {

struct Examination {
  const OpenedFolder& folder;
  const FindingSink& sink;
  VerifySummary summary = {};
  StoredCatalog catalog = {};
  // Samples that readers should see, by target << 32 | column: an upper bound, samples of one time count once for each
  // place where they lie.
  std::unordered_map<std::uint64_t, std::uint64_t> visible = {};

  void Tell(FindingKind kind, std::string file, std::string place, std::string what);
  // kNewer for what a newer version wrote, else kDamage.
  void TellError(std::string file, std::string place, const Error& error);
  void CountVisible(std::uint32_t target, std::uint32_t column, std::uint64_t samples);
};

void ExamineFiles(Examination& all);      // Checksums, quarantined files.
Status ExamineCatalog(Examination& all);  // First of those that follow: reads `catalog`.
Status ExamineRuns(Examination& all);
Status ExamineLog(Examination& all);
Status ExamineExemplars(Examination& all);
void ExamineIndex(Examination& all);  // Last: compares with what the others counted.

}  // namespace vigia::storage
