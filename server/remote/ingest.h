// From the series of a write request to one batch of storage: looks series up, appends, decides what a refused sample
// means for the rest (surface.md 1.9).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "server/log/log.h"
#include "server/remote/series_ref_cache.h"
#include "server/remote/wire_labels.h"
#include "server/remote/wire_samples.h"
#include "server/remote/write_message.h"
#include "server/remote/write_metrics.h"
#include "storage/api/start_use.h"

namespace vigia::server {

// Samples further ahead of the clock are out of bounds (Prometheus storage/remote/write_handler.go).
inline constexpr storage::DurationMs kMaxAheadMs = 10 * 60 * 1000;

enum class WritePolicy {
  kAllOrNothing,  // Version 1: the first refused sample refuses the request. Series with bad labels are left out.
  kPartial,       // Version 2: what is good is stored, what is not is named in the answer.
};

struct WriteResult {
  int status = 204;
  std::string text;  // Of an error.
  // What the batch holds now; zeros when nothing was stored.
  std::uint64_t samples = 0;
  std::uint64_t histograms = 0;
  std::uint64_t exemplars = 0;
};

// All thread-safe; they outlive every Ingest.
struct IngestDeps {
  storage::Appendable& storage;
  SeriesRefCache& cache;
  WriteMetrics& metrics;
  const Logger& log;
  storage::StartUse starts = {};
};

// One request at a time; reusable for the next, which saves its memory. Thread-compatible.
class Ingest {
 public:
  explicit Ingest(IngestDeps deps) : deps_(deps) {}
  WriteResult Run(WriteMessage& message, WritePolicy policy, storage::TimestampMs now_ms);

 private:
  // Series are looked up so many at a time: one lock for all, and their cache misses overlap.
  static constexpr std::size_t kChunk = 256;
  struct Item {
    std::string_view series;
    std::string_view parts;
    std::uint64_t samples;
    std::uint64_t exemplars;
    std::uint64_t histograms;
    bool has_metadata;
    bool bad_references;
  };

  bool ReadChunk();
  void Begin();
  bool AppendChunk();
  bool Lookup(const Item& item, storage::SeriesRef& ref);
  bool Resolve(const Item& item, const storage::Labels& labels, storage::SeriesRef& ref);
  bool SkipSeries(const Item& item, const std::string& why, std::string_view labels_text);
  bool AppendParts(const Item& item, storage::SeriesRef& ref);
  template <class Append>
  bool AppendKnown(const Item& item, storage::SeriesRef& ref, storage::AppendOutcome& outcome, Append&& append);
  bool AppendSample(const Item& item, storage::SeriesRef& ref, std::string_view bytes);
  bool AppendHistogram(const Item& item, storage::SeriesRef& ref, std::string_view bytes);
  bool AppendExemplar(const Item& item, storage::SeriesRef ref, std::string_view bytes);
  bool Refused(const Item& item, std::string_view why, storage::TimestampMs t);
  bool Malformed(const char* why);
  bool Fault(const storage::Error& error);
  void AddError(std::string_view text);
  std::string SeriesText(const Item& item);
  WriteResult Finish();
  void CountStored();
  void Reset(WriteMessage& message, WritePolicy policy, storage::TimestampMs now_ms);

  IngestDeps deps_;
  LabelParser labels_;
  SeriesFrame frame_;
  WireHistogram histogram_;
  storage::Exemplar exemplar_;
  std::array<Item, kChunk> items_;
  std::array<SeriesKey, kChunk> keys_;
  std::array<storage::SeriesRef, kChunk> refs_;
  std::size_t chunk_ = 0;  // Items in use.

  // Of the request.
  WriteMessage* message_ = nullptr;
  WritePolicy policy_ = WritePolicy::kAllOrNothing;
  storage::StartUse starts_;
  storage::TimestampMs max_t_ = 0;
  std::unique_ptr<storage::Appender> appender_;
  storage::Labels target_;                       // What appender_ was made with.
  std::unique_ptr<storage::Appender> resolver_;  // Only names series, for another target than appender_'s.
  storage::Labels resolver_target_;
  storage::TimestampMs highest_t_ = 0;
  std::uint64_t without_metadata_ = 0;
  std::uint64_t invalid_labels_ = 0;
  std::uint64_t unnamed_errors_ = 0;
  std::string first_invalid_;
  WriteResult result_;
};

}  // namespace vigia::server
