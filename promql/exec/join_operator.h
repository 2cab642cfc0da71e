// Arithmetic and comparisons between two vectors, one-to-one or with a group side (surface.md 4.5). The tables of which
// row meets which are built once; the errors of Prometheus are about single steps and are raised only where both
// samples are present.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "promql/exec/join_signatures.h"
#include "promql/exec/operator.h"
#include "promql/exec/presence_table.h"
#include "promql/exec/round_counter.h"
#include "promql/exec/row_store.h"

namespace vigia::promql {

struct JoinSpec {
  BinaryOp op = BinaryOp::kAdd;
  bool return_bool = false;
  VectorMatching matching;
  PosRange pos;  // For annotations.
};

// "One" is the side whose series are unique within a signature: the left of group_right, else the right. "Many" is the
// other, also when the join is one-to-one. Label sets of the result may be equal: put a MergeSeriesOperator above.
class JoinOperator : public Operator {
 public:
  JoinOperator(QueryContext& context, JoinSpec spec, OperatorPtr lhs, OperatorPtr rhs);

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  // A series of the many side and one of the one side with the same signature. kFilled stands for the value of a fill
  // modifier, where there is no element of the one side.
  static constexpr SeriesId kFilled = 0xffffffff;
  struct Pair {
    SeriesId one = 0;
    SeriesId result = 0;
    std::uint32_t exclusive = kNone;  // See exclusive_.
  };

  // Steps at which two series of the one side have the same signature; the query fails if there is anything to match.
  struct Duplicate {
    std::uint32_t first = kNone;  // Places in one_rows_.
    std::uint32_t second = kNone;
  };

  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;

  storage::Status ReadOneSide();
  storage::Status FindDuplicates();
  // When there are duplicates the many side is read before anything is paired: most likely it ends there.
  storage::Status ReadManySide();
  storage::Status CheckDuplicates(const Row& many);
  storage::Error DuplicateError(const Duplicate& duplicate) const;
  storage::Status PrepareFilling();
  storage::Status MakePairs(std::vector<SeriesInfo>& results);
  // The pairs of one series of the many side.
  storage::Status PairUp(std::size_t many, std::vector<SeriesInfo>& results);
  SeriesInfo ResultOf(const SeriesInfo& many, const SeriesInfo& one);
  // Finds what several series of the many side may reach: one-to-one, a signature is matched once at a step; grouped,
  // the results of a signature are distinct. `rivals` are the series with pairs that share their signature; the answer
  // is how many exclusive results there are.
  storage::Status MakeExclusive(const std::vector<SeriesInfo>& results);
  storage::Result<std::uint32_t> ShareSignatures(const std::vector<std::size_t>& rivals);
  storage::Result<std::uint32_t> ShareResults(const std::vector<std::size_t>& rivals,
                                              const std::vector<SeriesInfo>& results);

  storage::Result<bool> NextManyBatch();
  // Into the last row of `out`.
  storage::Status JoinPair(SeriesId many_id, const Row& many, const Pair& pair, RowBatch& out);
  storage::Status FillFromMany(RowBatch& out);
  // The elements of the one side that met nothing, with the filled value.
  storage::Status FillFromOne(RowBatch& out);
  storage::Status TakeExclusively(const Pair& pair, std::size_t first);
  // Some steps of a row, or a filled value at all of them.
  struct Side {
    std::span<const double> values;
    std::span<const HistogramPtr> histograms;  // Empty, or as many as values.
    bool IsHistogram(std::size_t i) const { return !histograms.empty() && histograms[i] != nullptr; }
  };
  // lhs and rhs at the steps of both_ into computed_ and computed_histograms_; both_ loses those without a result.
  void Compute(const Side& lhs, const Side& rhs);
  void ComputeHistograms(const Side& lhs, const Side& rhs);
  // What was computed, from step `first` on, into the last row of `out`.
  void Write(std::size_t first, RowBatch& out);

  // fill_right is about the one side and fill_left about the many side, also with group_right, where they are the other
  // way round in the text: so it is in Prometheus, whose tests hold it to that.
  const std::optional<double>& fill_one() const { return spec_.matching.fill_right; }
  const std::optional<double>& fill_many() const { return spec_.matching.fill_left; }
  bool many_is_left() const { return spec_.matching.card != Cardinality::kOneToMany; }

  const JoinSpec spec_;
  const OperatorPtr lhs_, rhs_;
  Operator& many_side_;
  Operator& one_side_;
  const std::vector<std::string> names_;  // Of on() or ignoring(), sorted.
  JoinSignatures signatures_;
  std::vector<SeriesInfo> many_, one_;
  std::vector<std::uint32_t> many_signatures_, one_signatures_;
  std::vector<std::vector<SeriesId>> ones_of_signature_;  // Those with samples.
  std::vector<std::vector<Pair>> pairs_;                  // By series of the many side, ordered by result.

  RowStore one_rows_;
  std::vector<std::size_t> one_row_of_series_;  // Place in one_rows_.
  std::vector<Duplicate> duplicates_;           // By step; empty when there are none.
  // Results that several series of the many side may reach: at each step only one of them may.
  std::vector<std::vector<std::uint8_t>> exclusive_;
  SlotReservation reserved_;
  RoundCounter rounds_;

  // For fill modifiers: where signatures have elements, the filled values as a row, and what FillFromOne() gives.
  PresenceTable one_present_, many_present_;
  std::vector<double> filled_one_, filled_many_;
  std::vector<SeriesId> result_of_one_;  // By place in one_rows_.
  bool many_done_ = false;
  std::size_t next_one_ = 0;

  std::optional<RowStore> many_rows_;
  std::size_t next_stored_ = 0;
  RowBatch many_batch_;
  std::size_t next_many_ = 0;  // Of many_batch_,
  std::size_t next_pair_ = 0;  // and of its pairs.
  std::vector<double> computed_;
  std::vector<HistogramPtr> computed_histograms_;  // Empty when the rows have none.
  std::vector<std::uint8_t> both_, holds_;
};

}  // namespace vigia::promql
