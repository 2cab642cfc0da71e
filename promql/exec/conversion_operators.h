// Between scalars and vectors: scalar(), vector(), absent(), absent_over_time().
#pragma once

#include <utility>
#include <vector>

#include "promql/exec/operator.h"
#include "storage/model/matcher.h"

namespace vigia::promql {

// scalar(v): the only float element, else NaN.
class ScalarOperator : public Operator {
 public:
  ScalarOperator(QueryContext& context, OperatorPtr input);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  const OperatorPtr input_;
  bool given_ = false;
};

// vector(s): the same row.
class VectorOperator : public Operator {
 public:
  VectorOperator(QueryContext& context, OperatorPtr input);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override { return input_->Series(); }
  storage::Status Fill(RowBatch& out) override;
  const OperatorPtr input_;
};

// The labels that absent() can tell from the matchers: equalities on names that occur once.
Labels AbsentLabels(const std::vector<storage::Matcher>& matchers);

// 1 at the steps where the input has no element.
class AbsentOperator : public Operator {
 public:
  AbsentOperator(QueryContext& context, OperatorPtr input, Labels labels);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  const OperatorPtr input_;
  const Labels labels_;
  bool given_ = false;
};

}  // namespace vigia::promql
