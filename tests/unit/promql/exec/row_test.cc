#include "promql/exec/kernels/binary_kernels.h"
#include "promql/exec/presence_table.h"
#include "promql/exec/row_batch.h"
#include "promql/exec/row_store.h"
#include "promql/exec/sample_budget.h"
#include "promql/exec/series_info.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

Row Fill(Row row, const std::vector<double>& values, const std::vector<std::uint8_t>& valid) {
  std::ranges::copy(values, row.values.begin());
  std::ranges::copy(valid, row.valid.begin());
  return row;
}

TEST_CASE("a batch holds at least one row and at most a thousand or so") {
  CHECK(RowBatch::Capacity(0) == 1024);
  CHECK(RowBatch::Capacity(1) == 1024);
  CHECK(RowBatch::Capacity(11'000) == 2);
  CHECK(RowBatch::Capacity(1'000'000) == 1);
  RowBatch batch(3);
  Fill(batch.Append(7), {1, 2, 3}, {1, 0, 1});
  CHECK(batch.id(0) == 7);
  CHECK(CountValid(batch.row(0).valid) == 2);
  batch.Clear();
  CHECK(CountValid(batch.Append(8).valid) == 0);
}

TEST_CASE("a store keeps what lies between the first and the last sample") {
  SampleBudget budget(100);
  RowStore store(budget);
  RowBatch batch(5);
  REQUIRE(store.Add(1, Fill(batch.Append(1), {9, 1, 9, 3, 9}, {0, 1, 0, 1, 0})).has_value());
  REQUIRE(store.Add(2, batch.Append(2)).has_value());
  CHECK(store.size() == 1);
  const StoredRow row = store.row(0);
  CHECK(row.first == 1);
  CHECK(row.values.size() == 3);
  CHECK_FALSE(row.Has(0));
  CHECK(row.Has(1));
  CHECK_FALSE(row.Has(2));
  CHECK(row.At(3) == 3);
  CHECK_FALSE(row.Has(4));
  const Row copy = store.AppendTo(0, batch);
  CHECK(batch.id(batch.size() - 1) == 1);
  CHECK(CountValid(copy.valid) == 2);
  CHECK(copy.values[3] == 3);
}

TEST_CASE("a budget refuses what is above it and remembers the peak") {
  SampleBudget budget(10);
  CHECK(budget.Charge(10).has_value());
  budget.Release(4);
  CHECK(budget.CheckPeak(4).has_value());
  CHECK(budget.CheckPeak(5).error().code == storage::Errc::kLimit);
  CHECK(budget.peak() == 11);
  CHECK_FALSE(budget.ReserveSlots(budget.max_slots() + 1).has_value());
  {
    SlotReservation reservation(budget);
    CHECK(reservation.Add(budget.max_slots()).has_value());
    CHECK_FALSE(budget.ReserveSlots(1).has_value());
  }
  CHECK(budget.ReserveSlots(1).has_value());
}

TEST_CASE("rows are combined element by element, in place if need be") {
  std::vector<double> a = {7, -7, 1};
  const std::vector<double> b = {2, 2, 0};
  std::vector<std::uint8_t> holds(3);
  CompareRow(BinaryOp::kGt, a, b, holds);
  CHECK(holds == std::vector<std::uint8_t>{1, 0, 1});
  ArithmeticRow(BinaryOp::kMod, a, b, a);
  CHECK(a[0] == 1);
  CHECK(a[1] == -1);
  CHECK(std::isnan(a[2]));
}

TEST_CASE("presence is per signature and step") {
  SampleBudget budget(100);
  PresenceTable table(budget);
  REQUIRE(table.Resize(2, 4).has_value());
  const std::vector<std::uint8_t> valid = {1, 0, 1};
  table.Add(1, 1, valid);
  CHECK(std::vector<std::uint8_t>(table.row(0).begin(), table.row(0).end()) == std::vector<std::uint8_t>(4));
  CHECK(std::vector<std::uint8_t>(table.row(1).begin(), table.row(1).end()) == std::vector<std::uint8_t>{0, 1, 0, 1});
}

TEST_CASE("metadata labels go together") {
  const Labels labels = {{"A", "1"}, {"__name__", "x"}, {"__type__", "counter"}, {"__unit__", "s"}, {"job", "j"}};
  CHECK(WithoutMetadata(labels) == Labels{{"A", "1"}, {"job", "j"}});
  const Labels plain = {{"A", "1"}, {"__meta", "m"}, {"job", "j"}};
  CHECK(WithoutMetadata(plain) == plain);
}

}  // namespace
}  // namespace vigia::promql
