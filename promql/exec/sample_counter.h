// Samples that a subtree of the plan touches, as Prometheus counts them (surface.md 1.2): `total` at each step that
// sees them, `read` once for each time they are new to a step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "promql/functions/window_set.h"
#include "promql/plan/steps.h"

namespace vigia::promql {

// Thread-compatible.
class SampleCounter {
 public:
  // Counts by step, too; before the first sample.
  void KeepSteps(std::size_t steps);

  // A row of `found` valid steps.
  void AddRow(std::span<const std::uint8_t> valid, std::uint64_t found);
  void AddWindows(const WindowSet& windows);
  // The same with histograms, which count by their size: those at a step beyond the one that AddRow() counted,
  void AddAt(std::size_t step, std::uint64_t samples);
  // and `before` as SumSamples() gives it.
  void AddWindows(const WindowSet& windows, std::span<const std::uint64_t> before);
  // Windows, or rows, of which only the sums are left. REQUIRES: nothing is kept by step.
  void AddTotals(std::uint64_t total, std::uint64_t read) {
    total_ += total;
    read_ += read;
  }
  // What `inner` counted at its only step is seen again at each of `steps`.
  void AddRepeated(const SampleCounter& inner, std::size_t steps);
  // What `inner`, on the grid of a subquery, read to make its points: each belongs to the first of `steps` that is not
  // earlier, moved by `shift_ms` (the offset).
  void AddReadsOf(const SampleCounter& inner, const Steps& inner_steps, const Steps& steps, DurationMs shift_ms);

  std::uint64_t total() const { return total_; }
  std::uint64_t read() const { return read_; }
  bool keeps_steps() const { return !total_by_step_.empty(); }
  // Empty without KeepSteps().
  std::span<const std::uint64_t> total_by_step() const { return total_by_step_; }
  std::span<const std::uint64_t> read_by_step() const { return read_by_step_; }

 private:
  std::uint64_t total_ = 0;
  std::uint64_t read_ = 0;
  std::vector<std::uint64_t> total_by_step_, read_by_step_;
};

}  // namespace vigia::promql
