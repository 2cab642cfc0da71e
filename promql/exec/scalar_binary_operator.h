// Binary operators with a scalar on one side or on both, and min_of, max_of.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "promql/exec/operator.h"

namespace vigia::promql {

// Two scalars.
class ScalarBinaryOperator : public Operator {
 public:
  using Combine = std::function<double(double, double)>;  // Once per step, not per sample.
  ScalarBinaryOperator(QueryContext& context, Combine combine, OperatorPtr lhs, OperatorPtr rhs);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  const Combine combine_;
  const OperatorPtr lhs_, rhs_;
  std::vector<double> left_, right_;
  bool given_ = false;
};

enum class VectorSide { kLeft, kRight };

// A vector and a scalar. Filtering comparisons keep the vector's value and name, whichever side it is on.
class VectorScalarOperator : public Operator {
 public:
  struct Spec {
    BinaryOp op = BinaryOp::kAdd;
    bool return_bool = false;
    VectorSide vector_side = VectorSide::kLeft;
    PosRange pos;  // For annotations.
  };
  VectorScalarOperator(QueryContext& context, Spec spec, OperatorPtr vector, OperatorPtr scalar);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  void Apply(const Row& row);
  // The steps at which `was_valid_` has a histogram, or, for trims, anything.
  void ApplyToHistograms(const Row& row);
  const Spec spec_;
  const OperatorPtr vector_, scalar_;
  std::vector<double> scalars_;
  std::vector<std::uint8_t> holds_, was_valid_;
};

}  // namespace vigia::promql
