#include "server/api/points_json.h"

#include "server/json/number.h"
#include "tests/support/catch.h"

using namespace vigia::server;
using vigia::promql::FloatPoint;

namespace {

std::string Plain(const std::vector<FloatPoint>& points) {
  std::string out;
  for (const FloatPoint& point : points) {
    out.push_back(out.empty() ? '[' : ',');
    AppendPoint(out, point.t, point.v);
  }
  return out + "]";
}

}  // namespace

TEST_CASE("points of many series are written as each alone would be") {
  PointsWriter writer;
  const auto check = [&](const std::vector<FloatPoint>& points) {
    std::string out = "before";
    writer.Append(out, points);
    CHECK(out == "before" + Plain(points));
  };
  check({{0, 1}});
  check({{0, 1}, {15'000, -0.5}, {30'000, 1e-9}});
  check({{15'000, 2}});
  check({{-9'223'372'036'854'775'807, 2}, {0, 3}, {1, 3}});  // Earlier than what is remembered, and in between.
  check({{0, 1}, {15'000, 0.1}, {30'000, 1e300}, {9'223'372'036'854'775'807, -1.7976931348623157e308}});
  std::vector<FloatPoint> many;
  for (int i = 0; i < 20'000; ++i) many.push_back({i * 1'001, 1.0 / (i + 1)});  // More than is remembered.
  check(many);
  check(many);
}
