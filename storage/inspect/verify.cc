#include "storage/inspect/verify.h"

#include <filesystem>
#include <utility>

#include "storage/bytes/varint.h"
#include "storage/inspect/examination.h"
#include "storage/inspect/place.h"
#include "storage/tsdb/exemplar_record.h"

namespace vigia::storage {

void Examination::Tell(FindingKind kind, std::string file, std::string place, std::string what) {
  ++summary.findings;
  sink({kind, std::move(file), std::move(place), std::move(what)});
}

void Examination::TellError(std::string file, std::string place, const Error& error) {
  const FindingKind kind = error.code == Errc::kInvalid ? FindingKind::kNewer : FindingKind::kDamage;
  Tell(kind, std::move(file), std::move(place), error.what);
}

void Examination::CountVisible(std::uint32_t target, std::uint32_t column, std::uint64_t samples) {
  if (samples > 0) visible[std::uint64_t{target} << 32 | column] += samples;
}

void ExamineFiles(Examination& all) {
  for (const TableFile& file : all.folder.store().TableFiles()) {
    ++all.summary.files;
    const Status status = all.folder.store().VerifyTableFile(file);
    if (status) continue;
    const std::string place = file.family == Family::kData ? GroupText(file.first_key) + " and what follows"
                                                           : "family " + std::string(FamilyText(file.family));
    all.Tell(FindingKind::kDamage, file.path, place, status.error().what);
  }
  for (const DamagedFile& log : all.folder.store().damaged_logs()) {
    all.Tell(FindingKind::kDamage, log.path, "log of the database", log.why);
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(all.folder.quarantine_path(), error)) {
    all.Tell(FindingKind::kSetAside, entry.path().string(), "quarantine", "the server set this file aside as damaged");
  }
}

namespace {

std::string ExemplarText(std::string_view key) {
  ByteReader in(key);
  const auto place = in.Key<std::uint32_t>();
  const bool good = in.ok() && in.left() == 0;
  return good ? "exemplar at place " + std::to_string(place) : "exemplar with key " + HexText(key);
}

}  // namespace

Status ExamineExemplars(Examination& all) {
  return all.folder.store().Scan(Family::kExemplars, {}, {}, [&](std::string_view key, std::string_view value) {
    ++all.summary.exemplars;
    const auto record = DecodeExemplar(value);
    if (!record) all.TellError(all.folder.database_path(), ExemplarText(key), record.error());
    return Status();
  });
}

Result<VerifySummary> Verify(const OpenedFolder& folder, const FindingSink& sink) {
  Examination all{folder, sink};
  ExamineFiles(all);
  // A family that cannot be read to its end is a finding; the others are still looked at.
  const std::pair<Status (*)(Examination&), Family> parts[] = {{&ExamineCatalog, Family::kCatalog},
                                                               {&ExamineRuns, Family::kData},
                                                               {&ExamineLog, Family::kWal0},
                                                               {&ExamineExemplars, Family::kExemplars}};
  for (const auto& [examine, family] : parts) {
    if (Status status = examine(all); !status) {
      all.TellError(folder.database_path(), "family " + std::string(FamilyText(family)), status.error());
    }
  }
  ExamineIndex(all);
  return all.summary;
}

}  // namespace vigia::storage
