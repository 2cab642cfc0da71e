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
#include "promql/exec/row_store.h"

namespace vigia::promql {

struct JoinSpec {
  BinaryOp op = BinaryOp::kAdd;
  bool return_bool = false;
  VectorMatching matching;
};

// "One" is the side whose series are unique within a signature: the left of group_right, else the right. "Many" is the
// other, also when the join is one-to-one. Label sets of the result may be equal: put a MergeSeriesOperator above.
class JoinOperator : public Operator {
 public:
  JoinOperator(QueryContext& context, JoinSpec spec, OperatorPtr lhs, OperatorPtr rhs);

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  // A series of the many side and one of the one side with the same signature.
  struct Pair {
    SeriesId one = 0;
    SeriesId result = 0;
    std::uint32_t exclusive = kNone;  // See exclusive_.
  };

  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;

  storage::Status ReadOneSide();
  storage::Status FindDuplicates();
  // When there are duplicates the many side is read before anything is paired: most likely it ends there.
  storage::Status ReadManySide();
  storage::Status CheckDuplicates(const Row& many);
  storage::Status MakePairs(std::vector<SeriesInfo>& results);
  SeriesInfo ResultOf(const SeriesInfo& many, const SeriesInfo& one);
  storage::Status MakeExclusive(const std::vector<SeriesInfo>& results);

  storage::Result<bool> NextManyBatch();
  storage::Status JoinPair(const Row& many, const Pair& pair, const Row& out);

  bool many_is_left() const { return spec_.matching.card != Cardinality::kOneToMany; }

  const JoinSpec spec_;
  const OperatorPtr lhs_, rhs_;
  Operator& many_side_;
  Operator& one_side_;
  JoinSignatures signatures_;
  std::vector<SeriesInfo> many_, one_;
  std::vector<std::uint32_t> many_signatures_, one_signatures_;
  std::vector<std::vector<SeriesId>> ones_of_signature_;  // Those with samples.
  std::vector<std::vector<Pair>> pairs_;                  // By series of the many side, ordered by result.

  RowStore one_rows_;
  std::vector<std::size_t> one_row_of_series_;  // Place in one_rows_.
  // Steps at which two series of the one side have the same signature; the query fails if there is anything to match.
  struct Duplicate {
    std::uint32_t first = kNone;  // Places in one_rows_.
    std::uint32_t second = kNone;
  };
  std::vector<Duplicate> duplicates_;  // By step; empty when there are none.
  // Results that several series of the many side may reach: at each step only one of them may.
  std::vector<std::vector<std::uint8_t>> exclusive_;
  SlotReservation reserved_;

  std::optional<RowStore> many_rows_;
  std::size_t next_stored_ = 0;
  RowBatch many_batch_;
  std::size_t next_many_ = 0;  // Of many_batch_,
  std::size_t next_pair_ = 0;  // and of its pairs.
  std::vector<double> computed_;
  std::vector<std::uint8_t> both_, holds_;
};

}  // namespace vigia::promql
