// Queries over downsampled series: the same as over what was written, where storage/README.md says so.
#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "storage/model/sample.h"
#include "storage/tsdb/tsdb.h"
#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

constexpr storage::DurationMs kHour = 60 * kMinute;
constexpr storage::DurationMs kDay = 24 * kHour;
constexpr TimestampMs kStart = 19'675 * kDay;

// Each series twice: as written, and downsampled to an hour.
class Twice {
 public:
  Twice() {
    storage::TsdbOptions options;
    options.path = "/twice";
    options.in_memory = true;
    options.background = false;
    options.clock = [this] { return now_ms_; };
    options.downsampling = {
        {"hour", {storage::Matcher::Equal("kept", "hour")}, kDay, kHour},
    };
    auto opened = storage::Tsdb::Open(std::move(options), registry_);
    REQUIRE(opened.has_value());
    db_ = std::move(*opened);
    Fill();
    now_ms_ = kStart + 4 * kDay;
    REQUIRE(db_->RunMaintenance(storage::Tsdb::Maintenance::kEverything).has_value());
    engine_ = std::make_unique<Engine>(EngineOptions{}, *db_, registry_);
  }

  using Points = std::map<TimestampMs, double>;
  Points Run(const std::string& expr, const std::string& kept, TimestampMs start, storage::DurationMs step) {
    std::string text = expr;
    const std::string selector = "kept=\"" + kept + "\"";
    for (std::size_t at = 0; (at = text.find("KEPT", at)) != std::string::npos;) text.replace(at, 4, selector);
    QueryRequest request;
    request.text = text;
    request.start_ms = start;
    request.end_ms = kStart + 2 * kDay;
    request.step_ms = step;
    const auto result = engine_->Execute(request);
    INFO(text);
    REQUIRE(result.has_value());
    Points points;
    for (const Series& series : std::get<Matrix>(result->value)) {
      for (const FloatPoint& point : series.floats) points.emplace(point.t, point.v);
    }
    return points;
  }

 private:
  void Fill() {
    std::mt19937_64 random(4);
    double counter = 0;
    double gauge = 50;
    for (TimestampMs t = kStart + 3'000; t < kStart + 3 * kDay; t += 30'000) {
      counter = random() % 900 == 0 ? 0 : counter + static_cast<double>(random() % 30);
      gauge = std::clamp(gauge + static_cast<double>(random() % 21) - 10, 5.0, 100.0);
      if (t > kStart + 30 * kHour && t < kStart + 32 * kHour) continue;  // Nobody scraped.
      now_ms_ = t;
      auto appender = db_->NewAppender(storage::Labels{{"job", "j"}});
      for (const char* kept : {"all", "hour"}) {
        const auto append = [&](const char* name, double v) {
          const auto ref = appender->Resolve(storage::Labels{{"__name__", name}, {"job", "j"}, {"kept", kept}});
          REQUIRE(appender->Append(*ref, t, v) == storage::AppendOutcome::kAdded);
        };
        append("c", counter);
        append("g", gauge);
        if (t < kStart + 20 * kHour) append("gone", t + 30'000 < kStart + 20 * kHour ? 1 : storage::kStaleNan);
      }
      REQUIRE(appender->Commit().has_value());
    }
  }

  TimestampMs now_ms_ = kStart;
  storage::Registry registry_;
  std::unique_ptr<storage::Tsdb> db_;
  std::unique_ptr<Engine> engine_;
};

TEST_CASE("windows of whole intervals see what was written") {
  Twice twice;
  for (const char* expr :
       {"rate(c{KEPT}[1h])", "increase(c{KEPT}[3h])", "delta(g{KEPT}[2h])", "sum_over_time(g{KEPT}[1h])",
        "avg_over_time(g{KEPT}[4h])", "count_over_time(g{KEPT}[1h])", "min_over_time(g{KEPT}[2h])",
        "max_over_time(g{KEPT}[1h])", "last_over_time(c{KEPT}[1h])", "resets(c{KEPT}[5h])", "c{KEPT}", "g{KEPT}",
        "sum(rate(c{KEPT}[1h] offset 1h))", "max_over_time(rate(c{KEPT}[1h])[6h:1h])", "absent(gone{KEPT})",
        "count_over_time(gone{KEPT}[1h])"}) {
    INFO(expr);
    const auto expected = twice.Run(expr, "all", kStart + 6 * kHour, kHour);
    const auto found = twice.Run(expr, "hour", kStart + 6 * kHour, kHour);
    REQUIRE(found.size() == expected.size());
    CHECK(!expected.empty());
    for (const auto& [t, v] : expected) CHECK(found.at(t) == Approx(v).epsilon(1e-12));
  }
}

TEST_CASE("other windows and instants see something wherever they saw something, and about the same") {
  Twice twice;
  const auto mean_error = [&](const char* expr, storage::DurationMs step) {
    INFO(expr);
    const auto expected = twice.Run(expr, "all", kStart + 5 * kHour + 7'000, step);
    const auto found = twice.Run(expr, "hour", kStart + 5 * kHour + 7'000, step);
    REQUIRE(found.size() == expected.size());
    double sum = 0;
    for (const auto& [t, v] : expected) {
      REQUIRE(found.contains(t));
      sum += std::fabs(found.at(t) - v) / std::max(1.0, std::fabs(v));
    }
    return sum / static_cast<double>(expected.size());
  };
  CHECK(mean_error("rate(c{KEPT}[3h])", 17 * kMinute) < 0.02);
  CHECK(mean_error("increase(c{KEPT}[1d])", 17 * kMinute) < 0.02);
  CHECK(mean_error("rate(c{KEPT}[5m])", 7 * kMinute) < 0.25);
  CHECK(mean_error("avg_over_time(g{KEPT}[3h])", 17 * kMinute) < 0.1);
  CHECK(mean_error("count_over_time(g{KEPT}[7m])", 11 * kMinute) < 0.02);
  CHECK(mean_error("max_over_time(g{KEPT}[6h])", 17 * kMinute) < 0.1);
  mean_error("c{KEPT}", 97'000);
  mean_error("g{KEPT}", 97'000);
  mean_error("gone{KEPT}", 97'000);
  mean_error("quantile_over_time(0.5, g{KEPT}[10m])", 97'000);
  mean_error("last_over_time(g{KEPT}[2m])", 97'000);
  mean_error("changes(g{KEPT}[2m])", 97'000);
}

}  // namespace
}  // namespace vigia::promql
