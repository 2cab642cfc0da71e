// sum and avg of native histograms, over the same [group][step] cells as Fold does it for floats (surface.md 4.6;
// Prometheus promql/engine.go, aggregation). count and group look at no value: give Fold a slot that is valid for
// histograms, too. All other aggregations ignore histograms (info HistogramIgnoredInAggregation).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "promql/functions/aggregation.h"
#include "promql/histogram/histogram_flags.h"
#include "promql/histogram/histogram_sum.h"
#include "promql/value/value.h"

namespace vigia::promql {

enum class HistogramFoldOp { kSum, kAvg };

// Made when the first histogram turns up; a query on floats never pays for it. Thread-compatible.
class HistogramFold {
 public:
  // `floats` has what was added before the first histogram, and nothing else needs to be told about it.
  // Allocates kBytesPerCell for each cell at once, and the size of two histograms for each cell that has any.
  HistogramFold(HistogramFoldOp op, std::size_t groups, std::size_t steps, const Fold& floats);
  static constexpr std::size_t kBytesPerCell = sizeof(void*) + 1;

  // One series in storage order: first its floats go to Fold::Add() and to AddFloats(), its histograms here. A series
  // has one or the other at a step. nullptr = none.
  void Add(std::size_t group, std::span<const HistogramPtr> histograms);
  void AddFloats(std::size_t group, std::span<const std::uint8_t> valid);

  // To be called after Fold::Finish() with the same output: writes the histograms of the group and takes away the
  // steps at which floats and histograms were mixed. valid becomes 1 where there is a histogram. Call once per group.
  void Finish(std::size_t group, StepOutput floats, std::span<HistogramPtr> histograms);

  // What Add() and Finish() have found so far, about all groups. The metric name that kMixedExponentialCustom is about
  // is that of the series being added when it appears: annotate after every Add().
  HistogramFlags TakeFlags();

 private:
  struct Cell {
    explicit Cell(HistogramFoldOp op, const storage::FloatHistogram& first);
    SumOutcome Add(HistogramFoldOp op, const storage::FloatHistogram& h);
    void SeeHint(storage::CounterResetHint hint);
    std::unique_ptr<HistogramSum> sum;  // One of the two.
    std::unique_ptr<HistogramMean> mean;
    bool incompatible = false;
    bool reset_seen = false;
    bool not_reset_seen = false;
  };
  // What came to a cell first decides: after a float, histograms are only noted.
  enum Kinds : std::uint8_t { kNothing = 0, kFloats = 1, kHistograms = 2, kBoth = 3 };
  void AddOne(std::size_t at, const storage::FloatHistogram& h);

  const HistogramFoldOp op_;
  const std::size_t steps_;
  std::vector<std::uint8_t> kinds_;
  std::vector<std::unique_ptr<Cell>> cells_;
  HistogramFlags flags_;
};

}  // namespace vigia::promql
