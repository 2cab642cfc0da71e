// Records of the catalog, one by one and against each other.
#include <string>
#include <unordered_map>

#include <fmt/format.h>

#include "storage/catalog/label_sets.h"
#include "storage/inspect/examination.h"
#include "storage/inspect/place.h"

namespace vigia::storage {
namespace {

// Lines may be equal: see storage/FORMAT.md, "Identity".
void FindEqualTargets(Examination& all) {
  std::unordered_map<Labels, std::uint32_t> seen;
  for (const auto& [id, labels] : all.catalog.targets) {
    const auto [at, fresh] = seen.try_emplace(labels, id);
    if (fresh) continue;
    all.Tell(FindingKind::kDamage, all.folder.database_path(), fmt::format("target {}", id),
             fmt::format("has the labels of target {}: {}", at->second, labels.ToString()));
  }
}

struct FingerprintHash {
  std::size_t operator()(const Fingerprint& fingerprint) const { return fingerprint.low; }
};
using Places = std::unordered_map<Fingerprint, std::pair<std::uint32_t, std::uint32_t>, FingerprintHash>;

bool HaveCommonName(const Labels& a, const Labels& b) {
  for (const auto& [name, value] : a) {
    if (b.Has(name)) return true;
  }
  return false;
}

void ExamineColumn(Examination& all, std::uint32_t target, std::uint32_t column, const Labels& target_labels,
                   Places& seen) {
  const std::uint32_t line = all.catalog.LineOf(target, column);
  if (line == 0) return;
  const auto tell = [&](const std::string& what) {
    all.Tell(FindingKind::kDamage, all.folder.database_path(), fmt::format("target {}, column {}", target, column),
             what);
  };
  const auto labels = all.catalog.lines.find(line);
  if (labels == all.catalog.lines.end()) return tell(fmt::format("names line {}, which is not there", line));
  if (HaveCommonName(target_labels, labels->second)) return tell("a label is in target and line");
  const Fingerprint fingerprint = FingerprintOf(target_labels) + FingerprintOf(labels->second);
  const auto [at, fresh] = seen.try_emplace(fingerprint, target, column);
  if (fresh) return;
  tell(fmt::format("is the series of target {}, column {} too: {}", at->second.first, at->second.second,
                   all.catalog.LabelsOf(target, column).ToString()));
}

void ExamineTombstones(Examination& all) {
  for (const Tombstone& tombstone : all.catalog.tombstones) {
    for (const TombstoneTarget& entry : tombstone.targets) {
      if (all.catalog.targets.contains(entry.target)) continue;
      // Its series may have left the catalog since: only one without any is told of.
      if (all.catalog.columns.contains(entry.target)) {
        all.Tell(FindingKind::kDamage, all.folder.database_path(), fmt::format("tombstone {}", tombstone.id),
                 fmt::format("names target {}, which has columns but no labels", entry.target));
      }
    }
  }
}

}  // namespace

Status ExamineCatalog(Examination& all) {
  const auto damaged = [&all](std::string_view key, const Error& error) {
    all.TellError(all.folder.database_path(), RecordText(key), error);
  };
  Status status = ReadStoredCatalog(all.folder.store(), damaged, all.catalog);
  const StoredCatalog& catalog = all.catalog;
  all.summary.records = catalog.targets.size() + catalog.lines.size() + catalog.columns.size() + catalog.runs.size() +
                        catalog.tombstones.size() + catalog.quarantined.size();
  for (const QuarantinedRecord& record : catalog.quarantined) {
    const std::string file = record.row_group ? all.folder.store().BulkFileOf(record.key) : std::string();
    all.Tell(FindingKind::kSetAside, file.empty() ? all.folder.database_path() : file,
             record.row_group ? GroupText(record.key) : RecordText(record.key), record.why);
  }
  FindEqualTargets(all);
  Places seen;
  for (const auto& [target, columns] : catalog.columns) {
    const auto labels = catalog.targets.find(target);
    if (labels == catalog.targets.end()) {
      all.Tell(FindingKind::kDamage, all.folder.database_path(), fmt::format("columns of target {}", target),
               "the target is not there");
      continue;
    }
    for (std::uint32_t column = 0; column < columns.size(); ++column) {
      ExamineColumn(all, target, column, labels->second, seen);
    }
  }
  ExamineTombstones(all);
  return status;
}

}  // namespace vigia::storage
