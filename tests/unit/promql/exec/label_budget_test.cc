#include "promql/exec/memory_account.h"
#include "promql/exec/sample_budget.h"
#include "promql/exec/series_index.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

constexpr std::uint64_t kAll = SampleBudget::kMaxLabelBytes;

TEST_CASE("labels that a query makes have a limit of their own, also where memory has none") {
  SampleBudget budget(1000);
  CHECK(budget.ReserveLabels(kAll - 3000).has_value());
  CHECK(budget.ReserveLabels(1000).has_value());
  CHECK(budget.ReserveLabels(2000).has_value());
  CHECK_FALSE(budget.labels_exceeded());
  const auto refused = budget.ReserveLabels(1);
  REQUIRE(!refused);
  CHECK(refused.error().code == storage::Errc::kLimit);
  CHECK(
      refused.error().what ==
      "query processing would need more memory than the limit of 1073741824 bytes for the labels of one query allows");
  CHECK(budget.labels_exceeded());
  CHECK_FALSE(budget.exceeded());  // That is about samples.
  CHECK_FALSE(SampleBudget(1000).ReserveLabels(kAll + 1).has_value());
  CHECK_FALSE(SampleBudget(1000).ReserveLabels(~std::uint64_t{0}).has_value());
}

TEST_CASE("labels are taken from the memory of all queries, in portions that cover them") {
  MemoryPool pool(100'000);
  MemoryAccount account(pool);
  SampleBudget budget(1000, &account);
  std::uint64_t made = 0;
  while (budget.ReserveLabels(30)) {
    made += 30;
    CHECK(account.used_bytes() >= made);
    REQUIRE(made <= 100'000);
  }
  CHECK(made > 90'000);
  CHECK(account.refused());
  CHECK_FALSE(budget.labels_exceeded());
}

TEST_CASE("a label value has a length") {
  SampleBudget budget(1000);
  CHECK(budget.CheckLabelValue(1 << 20).has_value());
  CHECK_FALSE(budget.labels_exceeded());
  const auto refused = budget.CheckLabelValue((1 << 20) + 1);
  REQUIRE(!refused);
  CHECK(refused.error().code == storage::Errc::kLimit);
  CHECK(refused.error().what == "query processing would make a label value longer than the limit of 1048576 bytes");
  CHECK(budget.labels_exceeded());
}

TEST_CASE("series with equal labels are found within their group, while the list grows") {
  SampleBudget budget(1000);
  std::vector<SeriesInfo> series;
  SeriesIndex index(series, budget);
  REQUIRE(index.Reserve(100).has_value());
  for (SeriesId i = 0; i < 100; ++i) {
    series.push_back({Labels{{"i", std::to_string(i % 40)}}, false});
    CHECK(index.FirstLike(i, i < 90 ? 0 : 1) == (i < 40 || i >= 90 ? i : i % 40));
  }
  SeriesIndex greedy(series, budget);
  CHECK_FALSE(greedy.Reserve(std::size_t{1} << 40).has_value());
}

}  // namespace
}  // namespace vigia::promql
