#include "storage/tsdb/exemplars.h"

#include <algorithm>
#include <utility>

#include "storage/bytes/varint.h"

namespace vigia::storage {
namespace {

constexpr std::string_view kEndOfPlaces = "\xff\xff\xff\xff\xff";
constexpr std::size_t kMaxCapacity = UINT32_MAX - 1;
constexpr std::size_t kChangesPerBatch = 10'000;

std::string PlaceKey(std::uint64_t place) {
  std::string key;
  PutKey(key, static_cast<std::uint32_t>(place));
  return key;
}

bool MatchesAny(const Labels& labels, std::span<const std::vector<Matcher>> selectors) {
  return std::any_of(selectors.begin(), selectors.end(), [&](const std::vector<Matcher>& matchers) {
    return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) { return m.Matches(labels); });
  });
}

}  // namespace

Exemplars::Exemplars(SeriesMap& series, Store& store, Registry& registry, std::size_t capacity)
    : series_(series),
      store_(store),
      appended_(registry.AddCounter("prometheus_tsdb_exemplar_exemplars_appended_total",
                                    "Total number of appended exemplars.")),
      out_of_order_(registry.AddCounter("prometheus_tsdb_exemplar_out_of_order_exemplars_total",
                                        "Total number of out of order exemplar ingestion failed attempts.")),
      dropped_(registry.AddCounter("vigia_storage_exemplars_dropped_total",
                                   "Exemplars that were not kept because their storage is switched off.")),
      write_failures_(registry.AddCounter("vigia_storage_exemplar_write_failures_total",
                                          "Exemplars that are in memory only because writing them failed.")),
      in_storage_(registry.AddGauge("prometheus_tsdb_exemplar_exemplars_in_storage",
                                    "Number of exemplars currently in circular storage.")),
      series_in_storage_(registry.AddGauge("prometheus_tsdb_exemplar_series_with_exemplars_in_storage",
                                           "Number of series with exemplars currently in circular storage.")),
      oldest_seconds_(registry.AddGauge(
          "prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds",
          "The timestamp of the oldest exemplar stored in circular storage. Useful to check for what time range the "
          "current exemplar buffer limit allows. This usually means the last timestamp for all exemplars for a typical "
          "setup. This is not true though if one of the series timestamp is in future compared to rest series.")),
      max_(registry.AddGauge("prometheus_tsdb_exemplar_max_exemplars",
                             "Total number of exemplars the exemplar storage can store, resizeable.")),
      ring_(std::make_unique<ExemplarRing>(std::min(capacity, kMaxCapacity))) {
  ShowMetrics();
}

Status Exemplars::Read(std::vector<ExemplarRecord>& records, std::vector<Quarantine::DamagedExemplar>& damaged,
                       bool& misplaced) {
  records.clear();
  damaged.clear();
  misplaced = false;
  return store_.Scan(Family::kExemplars, {}, kEndOfPlaces, [&](std::string_view key, std::string_view value) -> Status {
    auto record = DecodeExemplar(value);
    if (!record && record.error().code != Errc::kCorruption) return record.error();
    if (!record) {
      damaged.push_back({std::string(key), std::string(value), record.error().what});
      return {};
    }
    misplaced = misplaced || ring_->capacity() == 0 || key != PlaceKey(record->number % ring_->capacity());
    records.push_back(std::move(*record));
    return {};
  });
}

// Exemplars are worth no start that fails: what damaged blocks and files held is missing.
Status Exemplars::ReadAround(Quarantine& quarantine, std::vector<ExemplarRecord>& records, bool& misplaced) {
  for (const DamagedFile& file : store_.damaged_files()) {
    if (file.family == Family::kExemplars) quarantine.NoteExemplarFile(file);
  }
  std::vector<Quarantine::DamagedExemplar> damaged;
  Status status = Read(records, damaged, misplaced);
  if (!status && status.error().code == Errc::kCorruption) {
    const auto files = store_.SalvageExemplars();
    if (!files) return files.error();
    for (const DamagedFile& file : *files) quarantine.NoteExemplarFile(file);
    status = Read(records, damaged, misplaced);
  }
  if (!status) return status;
  quarantine.SetAsideExemplars(damaged);
  return store_.MergeExemplars();
}

Status Exemplars::Load(Quarantine& quarantine) {
  const std::lock_guard lock(mu_);
  std::vector<ExemplarRecord> records;
  bool misplaced = false;
  if (Status status = ReadAround(quarantine, records, misplaced); !status) return status;
  std::sort(records.begin(), records.end(),
            [](const ExemplarRecord& a, const ExemplarRecord& b) { return a.number < b.number; });
  if (!records.empty()) number_ = records.back().number;
  for (ExemplarRecord& record : records) {
    const auto labels = series_.LabelsOf(record.series);
    // The number may have become another series'.
    if (ring_->capacity() == 0 || !labels || labels->Hash() != record.series_hash) continue;
    ring_->Add(record.series, std::move(record.exemplar));
  }
  ShowMetrics();
  return misplaced ? Rewrite() : Status();
}

Status Exemplars::Resize(std::size_t capacity) {
  const std::lock_guard lock(mu_);
  capacity = std::min(capacity, kMaxCapacity);
  if (capacity == ring_->capacity()) return {};
  auto fresh = std::make_unique<ExemplarRing>(capacity);
  if (capacity > 0) ring_->ForEach([&](SeriesRef series, const Exemplar& e) { fresh->Add(series, e); });
  ring_ = std::move(fresh);
  ShowMetrics();
  return Rewrite();
}

// Gives all of them the places that a ring of this capacity has.
Status Exemplars::Rewrite() {
  Batch batch;
  std::size_t changes = 0;
  Status status;
  const auto write_some = [&](std::size_t limit) {
    if (!status || changes < limit || batch.empty()) return;
    status = store_.Write(batch, WriteMode::kProcess);
    batch.Clear();
    changes = 0;
  };
  Status scanned =
      store_.Scan(Family::kExemplars, {}, kEndOfPlaces, [&](std::string_view key, std::string_view) -> Status {
        batch.Delete(Family::kExemplars, key);
        ++changes;
        write_some(kChangesPerBatch);
        return status;
      });
  if (!scanned) return scanned;
  ring_->ForEach([&](SeriesRef series, const Exemplar& e) {
    Put(batch, series, e);
    ++changes;
    write_some(kChangesPerBatch);
  });
  write_some(0);
  return status;
}

void Exemplars::Put(Batch& batch, SeriesRef series, const Exemplar& exemplar) {
  const auto labels = series_.LabelsOf(series);
  if (!labels) return;  // Nobody will ask for it.
  ++number_;
  batch.Put(Family::kExemplars, PlaceKey(number_ % ring_->capacity()),
            EncodeExemplar({number_, series, labels->Hash(), exemplar}));
}

AppendOutcome Exemplars::Judge(SeriesRef series, const Exemplar& exemplar, DurationMs window_ms) {
  const std::lock_guard lock(mu_);
  if (ring_->capacity() == 0) {
    dropped_.Add();
    return AppendOutcome::kAdded;
  }
  const AppendOutcome outcome = ring_->Judge(series, exemplar, window_ms);
  if (outcome == AppendOutcome::kOutOfOrder) out_of_order_.Add();
  return outcome;
}

void Exemplars::Commit(std::vector<PendingExemplar> pending, DurationMs window_ms) {
  const std::lock_guard lock(mu_);
  if (ring_->capacity() == 0) return;
  Batch batch;
  std::size_t added = 0;
  for (PendingExemplar& p : pending) {
    if (ring_->Judge(p.series, p.exemplar, window_ms) != AppendOutcome::kAdded) continue;
    Put(batch, p.series, p.exemplar);
    ring_->Add(p.series, std::move(p.exemplar));
    ++added;
  }
  if (added == 0) return;
  appended_.Add(static_cast<double>(added));
  ShowMetrics();
  if (!store_.Write(batch, WriteMode::kProcess)) write_failures_.Add(static_cast<double>(added));
}

std::vector<ExemplarSeries> Exemplars::Select(TimestampMs start_ms, TimestampMs end_ms,
                                              std::span<const std::vector<Matcher>> selectors) const {
  std::vector<ExemplarRing::OfSeries> found;
  {
    const std::lock_guard lock(mu_);
    found = ring_->Select(start_ms, end_ms);
  }
  std::vector<ExemplarSeries> out;
  for (auto& [series, exemplars] : found) {
    auto labels = series_.LabelsOf(series);
    if (labels && MatchesAny(*labels, selectors)) out.push_back({std::move(*labels), std::move(exemplars)});
  }
  std::sort(out.begin(), out.end(),
            [](const ExemplarSeries& a, const ExemplarSeries& b) { return a.labels < b.labels; });
  // A series that was gone and came back had two refs.
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (out[i].labels != out[i - 1].labels) continue;
    std::vector<Exemplar>& all = out[i].exemplars;
    all.insert(all.end(), out[i - 1].exemplars.begin(), out[i - 1].exemplars.end());
    std::stable_sort(all.begin(), all.end(), [](const Exemplar& a, const Exemplar& b) { return a.t < b.t; });
    out[i - 1].exemplars.clear();
  }
  std::erase_if(out, [](const ExemplarSeries& series) { return series.exemplars.empty(); });
  return out;
}

void Exemplars::ShowMetrics() {
  max_.Set(static_cast<double>(ring_->capacity()));
  in_storage_.Set(static_cast<double>(ring_->size()));
  series_in_storage_.Set(static_cast<double>(ring_->series()));
  oldest_seconds_.Set(static_cast<double>(ring_->oldest_ms()) / 1000);
}

}  // namespace vigia::storage
