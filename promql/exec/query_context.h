// What all operators of one query share: storage, limits, interruption, annotations, counters.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "promql/exec/memory_account.h"
#include "promql/exec/operator_profile.h"
#include "promql/exec/query_progress.h"
#include "promql/exec/sample_budget.h"
#include "promql/exec/sample_counter.h"
#include "promql/exec/worker_pool.h"
#include "promql/parser/ast.h"
#include "promql/value/annotations.h"
#include "storage/api/querier.h"
#include "storage/model/error.h"

namespace vigia::promql {

enum class NameRemoval { kImmediate, kDelayed };  // surface.md 4.4

struct QueryContextOptions {
  std::string text;  // Of the query, for positions in annotations.
  DurationMs lookback_delta_ms = 0;
  std::uint64_t max_samples = 0;
  NameRemoval name_removal = NameRemoval::kImmediate;
  bool use_start_timestamps = false;
  std::stop_token cancel;
  std::chrono::steady_clock::time_point deadline;
  MemoryAccount* memory = nullptr;  // These two outlive the context. Null: nobody asks.
  QueryProgress* progress = nullptr;
  bool analyze = false;           // Operators keep profiles.
  std::size_t count_steps = 0;    // Samples are counted by step, too, when not 0.
  WorkerPool* workers = nullptr;  // They may help; outlive the context.
};

struct PlanNode;

// Thread-compatible; Interrupted() may be called from any thread. `querier` must outlive the context.
class QueryContext final : public storage::Asker {
 public:
  QueryContext(QueryContextOptions options, storage::Querier& querier);

  storage::Querier& querier() { return querier_; }
  SampleBudget& budget() { return budget_; }
  const SampleBudget& budget() const { return budget_; }
  AnnotationSet& annotations() { return annotations_; }
  DurationMs lookback_delta_ms() const { return options_.lookback_delta_ms; }
  bool delayed_name_removal() const { return options_.name_removal == NameRemoval::kDelayed; }

  bool use_start_timestamps() const { return options_.use_start_timestamps; }

  // kCancelled or kTimeout once the query is to stop. Cheap enough for every batch of rows; loops that run for long
  // without reading a batch call it themselves.
  storage::Status Interrupted() const override;
  // The same for loops over series, which may be millions: looks at every few thousandth.
  storage::Status InterruptedAt(std::size_t i) const {
    return i % kSeriesPerLook == kSeriesPerLook - 1 ? Interrupted() : storage::Status();
  }

  storage::Status Reserve(std::uint64_t bytes) override { return budget_.ReserveBytes(bytes); }
  void Release(std::uint64_t bytes) override {
    if (options_.memory != nullptr) options_.memory->Release(bytes);
  }

  TextPosition PositionOf(PosRange pos) const;

  // A counter for the samples that a subtree touches; lives as long as the context.
  SampleCounter* NewSampleCounter() { return &counters_.emplace_back(); }
  // Something was seen for which results of parts of the steps, put together, might not be the result of all steps.
  void SetWhole() { is_whole_ = true; }
  bool IsWhole() const { return is_whole_; }
  // Samples that storage handed over.
  void CountRead(std::uint64_t samples) { samples_read_ += samples; }
  // The profile of a plan's node, null when the query is not analysed.
  OperatorProfile* ProfileOf(const PlanNode& node) { return options_.analyze ? &profiles_[&node] : nullptr; }
  // Tells those who watch the query how far it is.
  void Report();
  std::size_t count_steps() const { return options_.count_steps; }
  // Somebody wants to know what each operator does, or what is read at each step: then one does it after the other.
  bool counts_by_operator() const { return options_.analyze || options_.count_steps > 0; }
  WorkerPool* workers() { return options_.workers; }
  std::uint64_t samples_read() const { return samples_read_; }

 private:
  static constexpr std::size_t kSeriesPerLook = 4096;
  const QueryContextOptions options_;
  const std::vector<std::size_t> line_starts_;  // Bytes of the text; the first is 0.
  storage::Querier& querier_;
  SampleBudget budget_;
  AnnotationSet annotations_;
  std::deque<SampleCounter> counters_;
  std::map<const PlanNode*, OperatorProfile> profiles_;
  std::uint64_t samples_read_ = 0;
  bool is_whole_ = false;
};

}  // namespace vigia::promql
