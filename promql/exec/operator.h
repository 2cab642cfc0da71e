// A physical operator: says which series it has, then gives their rows, a batch at a time. Used in this order: Series()
// once, Next() until it returns 0. Evaluation is by series and vectorised over steps (design/query.md 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "promql/exec/query_context.h"
#include "promql/exec/row_batch.h"
#include "promql/exec/series_info.h"
#include "promql/plan/steps.h"
#include "storage/model/error.h"

namespace vigia::promql {

// What becomes of the samples of the inputs in the count of samples held (see SampleBudget).
enum class Accounting {
  kOwn,       // No inputs, or inputs that the operator releases itself.
  kForward,   // The rows of the input are handed on: counted once.
  kGathered,  // Prometheus' rangeEval: inputs and output are held together, and at each step the vectors of that step.
};

// Thread-compatible. `context` outlives the operator.
class Operator {
 public:
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  // All series it can emit; ids are their places. Some may turn out to have no valid step.
  storage::Result<std::vector<SeriesInfo>> Series();
  // Clears and fills `out`; 0 = no more rows. A series may come as several rows unless the operator says otherwise only
  // when it has no step valid in two of them. REQUIRES: out.steps() == steps().count.
  storage::Result<std::size_t> Next(RowBatch& out);
  // Keeps a profile of what it does from here on; null = none. It must outlive the operator.
  void Observe(OperatorProfile* profile) { profile_ = profile; }
  // The rows given so far are no longer held by anybody.
  void Release();

  const Steps& steps() const { return steps_; }

 protected:
  Operator(QueryContext& context, Steps steps, Accounting accounting)
      : context_(context),
        steps_(steps),
        accounting_(accounting),
        counts_by_step_(accounting == Accounting::kGathered) {}

  virtual storage::Result<std::vector<SeriesInfo>> MakeSeries() = 0;
  virtual storage::Status Fill(RowBatch& out) = 0;

  // Registers what the accounting is about.
  void AddInput(Operator* input);
  void ReleaseInputs();
  QueryContext& context() { return context_; }

 private:
  storage::Result<std::size_t> NextRows(RowBatch& out);
  storage::Status Account(RowBatch& out);
  storage::Status FinishGathering();

  QueryContext& context_;
  const Steps steps_;
  const Accounting accounting_;
  std::vector<Operator*> inputs_;
  std::uint64_t charged_ = 0;
  bool counts_by_step_;                  // For itself or for the operator above, when one of them is kGathered.
  std::vector<std::uint32_t> per_step_;  // Samples given, by step, besides
  std::uint32_t at_every_step_ = 0;      // so many at each.
  bool done_ = false;
  OperatorProfile* profile_ = nullptr;
};

using OperatorPtr = std::unique_ptr<Operator>;

// The values of an operator of type scalar: one for each step.
storage::Result<std::vector<double>> ReadScalar(Operator& scalar);

}  // namespace vigia::promql
