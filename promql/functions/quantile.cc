#include "promql/functions/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vigia::promql {

bool IsValidQuantile(double q) { return q >= 0 && q <= 1; }

double QuantileOutside(double q) {
  if (std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  return q < 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

QuantileRank RankOfQuantile(double q, std::size_t count) {
  const double rank = q * static_cast<double>(count - 1);
  const double floor = std::floor(rank);
  const auto lower = static_cast<std::size_t>(floor);
  return {lower, std::min(count - 1, lower + 1), rank - floor};
}

double InterpolateQuantile(double lower, double upper, double weight) { return lower * (1 - weight) + upper * weight; }

double Quantile(double q, std::span<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (!IsValidQuantile(q)) return QuantileOutside(q);
  const auto less = [](double a, double b) { return a < b || (std::isnan(a) && !std::isnan(b)); };
  const QuantileRank rank = RankOfQuantile(q, values.size());
  const auto lower = values.begin() + static_cast<std::ptrdiff_t>(rank.lower);
  std::nth_element(values.begin(), lower, values.end(), less);
  const double upper = rank.upper == rank.lower ? *lower : *std::min_element(lower + 1, values.end(), less);
  return InterpolateQuantile(*lower, upper, rank.weight);
}

}  // namespace vigia::promql
