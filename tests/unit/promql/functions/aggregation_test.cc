#include "promql/functions/aggregation.h"

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// One step, one group; nullopt is a series without a value.
std::optional<double> FoldOf(FoldOp op, const std::vector<std::optional<double>>& series) {
  Fold fold(op, 1, 1);
  for (const auto& value : series) {
    const double v = value.value_or(1234);
    const std::uint8_t valid = value.has_value();
    fold.Add(0, std::span(&v, 1), std::span(&valid, 1));
  }
  double out = 0;
  std::uint8_t valid = 7;
  fold.Finish(0, {std::span(&out, 1), std::span(&valid, 1)});
  return valid != 0 ? std::optional(out) : std::nullopt;
}

TEST_CASE("folds of nothing are absent, missing values are not looked at") {
  for (const FoldOp op : {FoldOp::kSum, FoldOp::kAvg, FoldOp::kMin, FoldOp::kMax, FoldOp::kCount, FoldOp::kGroup,
                          FoldOp::kStddev, FoldOp::kStdvar}) {
    CHECK_FALSE(FoldOf(op, {}).has_value());
    CHECK_FALSE(FoldOf(op, {std::nullopt}).has_value());
    CHECK(FoldOf(op, {std::nullopt, 1}).has_value());
    CHECK(Fold::BytesPerCell(op) <= 24);
  }
}

TEST_CASE("sum and average are compensated") {
  CHECK(FoldOf(FoldOp::kSum, {1, 1e100, 1, -1e100}) == 2.0);
  CHECK(FoldOf(FoldOp::kSum, {0.1, 0.2, 0.3}) == 0.6);
  CHECK(FoldOf(FoldOp::kSum, {kInf, 1}) == kInf);
  CHECK(std::isnan(*FoldOf(FoldOp::kSum, {kInf, -kInf})));
  CHECK(std::isnan(*FoldOf(FoldOp::kSum, {kNan, 1})));
  CHECK_FALSE(std::signbit(*FoldOf(FoldOp::kSum, {-0.0})));
  CHECK(FoldOf(FoldOp::kAvg, {1, 1e100, 1, -1e100}) == 0.5);
  CHECK(FoldOf(FoldOp::kAvg, {1, std::nullopt, 2, 4}) == 7.0 / 3.0);
  CHECK(FoldOf(FoldOp::kAvg, {1.7e308, 1.7e308, 1.7e308}) == Approx(1.7e308));
  CHECK(FoldOf(FoldOp::kAvg, {1.7e308, 1.7e308, -1.7e308, -1.7e308}) == Approx(0).margin(1e292));
  CHECK(FoldOf(FoldOp::kAvg, {kInf, 1}) == kInf);
}

TEST_CASE("extremes prefer any number to NaN") {
  CHECK(FoldOf(FoldOp::kMin, {kNan, 2, 1, kNan}) == 1.0);
  CHECK(FoldOf(FoldOp::kMax, {kNan, 2, 1}) == 2.0);
  CHECK(std::isnan(*FoldOf(FoldOp::kMax, {kNan})));
  CHECK(FoldOf(FoldOp::kMax, {-kInf}) == -kInf);
  CHECK(std::signbit(*FoldOf(FoldOp::kMax, {-0.0, 0.0})));
}

TEST_CASE("count, group, spread") {
  CHECK(FoldOf(FoldOp::kCount, {kNan, 1, std::nullopt}) == 2.0);
  CHECK(FoldOf(FoldOp::kGroup, {kNan, 5}) == 1.0);
  CHECK(FoldOf(FoldOp::kStdvar, {2, 4, 4, 4, 5, 5, 7, 9}) == 4.0);
  CHECK(FoldOf(FoldOp::kStddev, {2, 4, 4, 4, 5, 5, 7, 9}) == 2.0);
  CHECK(FoldOf(FoldOp::kStddev, {3}) == 0.0);
  CHECK(std::isnan(*FoldOf(FoldOp::kStddev, {kInf})));
  CHECK(std::isnan(*FoldOf(FoldOp::kStdvar, {kNan, 1})));
}

TEST_CASE("groups and steps are apart") {
  Fold fold(FoldOp::kSum, 2, 3);
  const std::vector<double> a{1, 2, 3}, b{10, 20, 30};
  const std::vector<std::uint8_t> all{1, 1, 1}, middle{0, 1, 0};
  fold.Add(1, a, all);
  fold.Add(1, b, middle);
  fold.Add(0, b, middle);
  std::vector<double> out(3);
  std::vector<std::uint8_t> valid(3);
  fold.Finish(1, {out, valid});
  CHECK(out == std::vector<double>{1, 22, 3});
  CHECK(valid == all);
  fold.Finish(0, {out, valid});
  CHECK(valid == middle);
  CHECK(out[1] == 20);
}

TEST_CASE("quantile by step") {
  QuantileFold fold(1, 2);
  const std::vector<std::uint8_t> all{1, 1}, first{1, 0};
  fold.Add(0, std::vector<double>{1, 5}, all);
  fold.Add(0, std::vector<double>{3, 0}, first);
  std::vector<double> out(2);
  std::vector<std::uint8_t> valid(2);
  const double q = 0.5;
  CHECK(fold.rows(0) == 2);
  fold.Finish(0, 0, 1, {std::span(&q, 1)}, {out, valid});
  CHECK(valid == first);
  fold.Finish(0, 1, 1, {std::span(&q, 1)}, {out, valid});
  CHECK(out == std::vector<double>{2, 5});
  CHECK(valid == all);
}

std::vector<std::uint32_t> Ranked(RankOrder order, std::size_t k, const std::vector<double>& values) {
  RankedSelection selection(order, k);
  for (std::uint32_t i = 0; i < values.size(); ++i) selection.Offer(values[i], i);
  std::vector<std::uint32_t> out;
  for (const auto& entry : selection.Sorted()) out.push_back(entry.index);
  return out;
}

TEST_CASE("topk and bottomk: best first, NaN last, an equal newcomer is not let in") {
  CHECK(Ranked(RankOrder::kTop, 2, {1, 5, 3, 4}) == std::vector<std::uint32_t>{1, 3});
  CHECK(Ranked(RankOrder::kBottom, 2, {1, 5, 3, 4}) == std::vector<std::uint32_t>{0, 2});
  CHECK(Ranked(RankOrder::kTop, 2, {kNan, 1, kNan}) == std::vector<std::uint32_t>{1, 0});
  CHECK(Ranked(RankOrder::kBottom, 2, {kNan, 1, 7}) == std::vector<std::uint32_t>{1, 2});
  CHECK(Ranked(RankOrder::kBottom, 2, {kNan, kNan, -kInf}) == std::vector<std::uint32_t>{2, 0});  // Prometheus 3.5.
  CHECK(Ranked(RankOrder::kTop, 1, {3, 3, 3}) == std::vector<std::uint32_t>{0});
  CHECK(Ranked(RankOrder::kTop, 0, {3}).empty());
  CHECK(Ranked(RankOrder::kTop, 9, {3}) == std::vector<std::uint32_t>{0});
  CHECK(Ranked(RankOrder::kTop, 3, {1, 9, 2, 8, 3, 7, 4, 6, 5}) == std::vector<std::uint32_t>{1, 3, 5});
}

TEST_CASE("the parameter of a selection") {
  CHECK(SelectionSize(2.9, 10).value() == 2);
  CHECK(SelectionSize(0.9, 10).value() == 0);
  CHECK(SelectionSize(-kInf, 10).value() == 0);
  CHECK(SelectionSize(1e18, 10).value() == 10);
  CHECK(SelectionSize(kNan, 10).error().what == "Parameter value is NaN");
  CHECK(SelectionSize(1e19, 10).error().what == "Scalar value 1e+19 overflows int64");
  CHECK(SelectionSize(kInf, 10).error().what == "Scalar value +Inf overflows int64");
}

TEST_CASE("a ratio and its complement pick every series once") {
  for (const std::uint64_t hash : {0ull, 1ull << 62, 1ull << 63, 3ull << 62, ~0ull}) {
    CHECK(IsInRatio(0.4, hash) != IsInRatio(-0.6, hash));
    CHECK(IsInRatio(-1, hash));
    CHECK_FALSE(IsInRatio(0, hash));
  }
  CHECK(IsInRatio(0.5, 1ull << 62));
  CHECK_FALSE(IsInRatio(0.5, 3ull << 62));
}

}  // namespace
}  // namespace vigia::promql
