// Aggregation operators on floats, over [group][step] cells: a series is added to its group, all steps at once. Source:
// surface.md 4.6, Prometheus promql/engine.go (aggregation). The result depends on the order in which series are added,
// as it does in Prometheus: add them in storage order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "promql/functions/range_function.h"

namespace vigia::promql {

// The operators that need a fixed amount of memory for each cell.
enum class FoldOp { kSum, kAvg, kMin, kMax, kCount, kGroup, kStddev, kStdvar };

// Thread-compatible.
class Fold {
 public:
  // Allocates groups * steps * BytesPerCell(op) bytes at once: charge them before.
  Fold(FoldOp op, std::size_t groups, std::size_t steps);
  static std::size_t BytesPerCell(FoldOp op);

  // Adds one series, steps() slots. Invalid slots are not looked at.
  void Add(std::size_t group, std::span<const double> values, std::span<const std::uint8_t> valid);
  // Writes the results of a group; a slot is valid if any added series was valid there. Call once per group.
  void Finish(std::size_t group, StepOutput output);

  // Has any value been added to this cell?
  bool Has(std::size_t group, std::size_t step) const;
  std::size_t steps() const { return steps_; }

 private:
  const FoldOp op_;
  const std::size_t steps_;
  std::vector<double> value_;         // Sum, mean, minimum or maximum.
  std::vector<double> compensation_;  // Kahan-Neumaier's, or the sum of squared deviations of stddev and stdvar.
  // Of added values; for avg negative once the cell has switched to the incremental mean.
  std::vector<double> count_;
  std::vector<std::uint8_t> seen_;  // For the operators that need no count.
};

// topk, bottomk: which of the candidates of one group and step stay. Candidates are offered in storage order and named
// by an index of the caller's. Equal values: as Prometheus' heap keeps them. NaN is the worst for both.
enum class RankOrder { kTop, kBottom };

class RankedSelection {
 public:
  RankedSelection(RankOrder order, std::size_t k) : order_(order), k_(k) {}
  void Reset(std::size_t k);
  void Offer(double value, std::uint32_t index);

  struct Entry {
    double value;
    std::uint32_t index;
  };
  // Best first: the order of an instant query's result. May be called once between two Reset()s.
  std::span<const Entry> Sorted();
  // In no particular order: what a range query needs.
  std::span<const Entry> entries() const { return heap_; }

 private:
  bool Less(const Entry& a, const Entry& b) const;
  bool IsWorse(const Entry& a, const Entry& b) const;  // As Less(), but that no NaN is worse than another.
  void SiftUp(std::size_t at);
  void SiftDown(std::size_t at);
  const RankOrder order_;
  std::size_t k_;
  std::vector<Entry> heap_;  // The worst at the front.
};

// The parameter of topk, bottomk and limitk for one step: how many elements stay. 0 = none. REQUIRES: `elements` is the
// number of series. kInvalid: "Parameter value is NaN" or "Scalar value V overflows int64".
storage::Result<std::size_t> SelectionSize(double parameter, std::size_t elements);

// limit_ratio: is the series with this label hash among the picked? REQUIRES: ratio within [-1, 1] (the executor caps
// it and warns; NaN is the error "Ratio value is NaN").
bool IsInRatio(double ratio, std::uint64_t label_hash);

// quantile(): the values of every cell are collected and sorted at the end, so every added series is kept: charge
// kBytesPerSlot for each of its steps before Add().
class QuantileFold {
 public:
  static constexpr std::size_t kBytesPerSlot = sizeof(double) + sizeof(std::uint8_t);
  QuantileFold(std::size_t groups, std::size_t steps);
  void Add(std::size_t group, std::span<const double> values, std::span<const std::uint8_t> valid);
  // The series added to a group.
  std::size_t rows(std::size_t group) const { return steps_ == 0 ? 0 : groups_[group].values.size() / steps_; }
  // Writes the results of a group at the steps [first, first + count). q and the output have all steps.
  void Finish(std::size_t group, std::size_t first, std::size_t count, ScalarArgument q, StepOutput output);

 private:
  const std::size_t steps_;
  // Per group the added series, one row of steps each: contiguous writes, gathered by step at the end.
  struct Rows {
    std::vector<double> values;
    std::vector<std::uint8_t> valid;
  };
  std::vector<Rows> groups_;
  std::vector<double> gathered_;
};

}  // namespace vigia::promql
