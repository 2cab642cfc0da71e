#include "promql/exec/set_operator.h"

#include <iterator>

namespace vigia::promql {

using storage::Result;
using storage::Status;

SetOperator::SetOperator(QueryContext& context, BinaryOp op, VectorMatching matching, OperatorPtr lhs, OperatorPtr rhs)
    : Operator(context, lhs->steps(), Accounting::kGathered),
      op_(op),
      matching_(std::move(matching)),
      lhs_(std::move(lhs)),
      rhs_(std::move(rhs)),
      present_(context.budget()) {
  AddInput(lhs_.get());
  AddInput(rhs_.get());
}

Result<std::vector<SeriesInfo>> SetOperator::MakeSeries() {
  auto left = lhs_->Series();
  if (!left) return left;
  auto right = rhs_->Series();
  if (!right) return right;
  JoinSignatures signatures(matching_);
  auto of_left = signatures.Of(context(), *left);
  if (!of_left) return of_left.error();
  auto of_right = signatures.Of(context(), *right);
  if (!of_right) return of_right.error();
  left_signatures_ = std::move(*of_left);
  right_signatures_ = std::move(*of_right);
  if (const Status status = present_.Resize(signatures.count(), steps().count); !status) return status.error();
  if (op_ == BinaryOp::kOr) {
    left->insert(left->end(), std::make_move_iterator(right->begin()), std::make_move_iterator(right->end()));
    return left;
  }
  if (const Status status = ReadRightPresence(); !status) return status.error();
  return left;
}

Status SetOperator::ReadRightPresence() {
  RowBatch batch(steps().count);
  while (true) {
    const Result<std::size_t> rows = rhs_->Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) return {};
    for (std::size_t i = 0; i < *rows; ++i) present_.Add(right_signatures_[batch.id(i)], 0, batch.row(i).valid);
  }
}

Status SetOperator::Fill(RowBatch& out) {
  if (!left_done_) {
    if (Status status = FillFromLeft(out); !status || out.size() > 0) return status;
    left_done_ = true;
  }
  return op_ == BinaryOp::kOr ? FillFromRight(out) : Status();
}

Status SetOperator::FillFromLeft(RowBatch& out) {
  const Result<std::size_t> rows = lhs_->Next(out);
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < *rows; ++i) {
    const std::uint32_t signature = left_signatures_[out.id(i)];
    const Row row = out.row(i);
    if (op_ == BinaryOp::kOr) {
      present_.Add(signature, 0, row.valid);
      continue;
    }
    const std::span<const std::uint8_t> other = present_.row(signature);
    const std::uint8_t flip = op_ == BinaryOp::kUnless ? 1 : 0;
    for (std::size_t step = 0; step < other.size(); ++step) row.valid[step] &= other[step] ^ flip;
  }
  return {};
}

Status SetOperator::FillFromRight(RowBatch& out) {
  const Result<std::size_t> rows = rhs_->Next(out);
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < *rows; ++i) {
    const std::span<const std::uint8_t> left = present_.row(right_signatures_[out.id(i)]);
    const Row row = out.row(i);
    for (std::size_t step = 0; step < left.size(); ++step) row.valid[step] &= left[step] ^ 1;
    out.set_id(i, static_cast<SeriesId>(left_signatures_.size()) + out.id(i));
  }
  return {};
}

}  // namespace vigia::promql
