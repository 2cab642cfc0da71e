#include <chrono>
#include <memory>

#include "promql/exec/aggregate_operator.h"
#include "promql/exec/clock_operator.h"
#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"

namespace vigia::promql {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Many series with a sample at each step. It says that there are no more only when it is `last_at`.
class WideOperator : public Operator {
 public:
  WideOperator(QueryContext& context, const Steps& all_steps, std::size_t series, SteadyClock::time_point last_at)
      : Operator(context, all_steps, Accounting::kOwn), series_(series), last_at_(last_at) {}

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override { return std::vector<SeriesInfo>(series_); }
  storage::Status Fill(RowBatch& out) override {
    for (; next_ < series_ && !out.full(); ++next_) {
      const Row row = out.Append(static_cast<SeriesId>(next_));
      for (std::size_t i = 0; i < row.values.size(); ++i)
        row.values[i] = static_cast<double>((next_ * 7919 + i) % 1000);
      std::ranges::fill(row.valid, std::uint8_t{1});
    }
    while (out.size() == 0 && SteadyClock::now() < last_at_) continue;
    return {};
  }

  const std::size_t series_;
  const SteadyClock::time_point last_at_;
  std::size_t next_ = 0;
};

TEST_CASE("the quantile of a huge group ends at the deadline") {
  const tests::MemoryStorage storage;
  const auto querier = storage.NewQuerier(0, 1);
  QueryContextOptions options;
  options.max_samples = 100'000'000;
  options.deadline = SteadyClock::now() + std::chrono::milliseconds(500);
  QueryContext context(options, *querier);
  // Four million cells: sorting them takes tens of milliseconds on any machine, and there are a few left for it.
  const Steps steps{0, 1000, 4000};
  auto input = std::make_unique<WideOperator>(context, steps, 1000, options.deadline - std::chrono::milliseconds(4));
  QuantileOperator quantile(context, std::make_unique<NumberOperator>(context, steps, 0.9), {}, {}, std::move(input),
                            {});
  const auto series = quantile.Series();
  RowBatch batch(steps.count);
  const auto rows = quantile.Next(batch);
  REQUIRE(!rows);
  CHECK(rows.error().code == storage::Errc::kTimeout);
}

}  // namespace
}  // namespace vigia::promql
