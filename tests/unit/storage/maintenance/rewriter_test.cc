#include "storage/maintenance/rewriter.h"

#include <map>

#include "tests/unit/storage/maintenance/made_runs.h"

namespace vigia::storage::test {
namespace {

constexpr std::int32_t kDay = 19'675;

class Runs {
 public:
  explicit Runs(RewritePolicy policy = {}) {
    StoreOptions options;
    options.path = "/rewriter";
    options.in_memory = true;
    store = std::move(*Store::Open(options, registry_));
    quarantine_ = std::make_unique<Quarantine>(*store, registry_, [](const std::string&) {});
    runs = std::make_unique<RunStore>(*store, visibility_, *quarantine_);
    tombstones_ = std::make_unique<TombstoneStore>(*store, visibility_, *quarantine_);
    metrics_ = std::make_unique<DownsamplingMetrics>(registry_);
    rewriter = std::make_unique<Rewriter>(RewriterDeps{*store, *runs, *tombstones_, policies_, *quarantine_,
                                                       downsampling_, *metrics_, [](TimestampMs, TimestampMs) {}},
                                          policy);
  }
  std::vector<std::shared_ptr<const Run>> OfDay(std::int32_t day) const {
    std::vector<std::shared_ptr<const Run>> out;
    for (const auto& run : runs->Current()->runs) {
      if (run->day == day) out.push_back(run);
    }
    return out;
  }

 private:
  Registry registry_;
  std::shared_mutex visibility_;
  SeriesMap series_;
  RetentionPolicies policies_{series_};
  DownsamplingRules downsampling_{series_};
  std::unique_ptr<DownsamplingMetrics> metrics_;

 public:
  std::unique_ptr<Store> store;

 private:
  std::unique_ptr<Quarantine> quarantine_;
  std::unique_ptr<TombstoneStore> tombstones_;

 public:
  std::unique_ptr<RunStore> runs;
  std::unique_ptr<Rewriter> rewriter;
};

TEST_CASE("a day that cannot be joined does not keep others from it") {
  Runs f;
  for (std::int32_t day = kDay; day < kDay + 3; ++day) {
    for (int part = 0; part < 2; ++part) {
      RunDraft draft = MakeDraft(*f.runs, 1, 3, EachMinute(DayStart(day) + part * 3'600'000, 30));
      // Not damaged, which would set it aside, but not to be read either.
      if (day == kDay + 1) draft.items.front().value[0] = 50;
      AddRun(*f.runs, draft);
    }
  }
  for (int round = 0; round < 2; ++round) {
    const auto rewritten = f.rewriter->Rewrite(DayStart(kDay + 10), Rewriter::Extent::kDue);
    REQUIRE_FALSE(rewritten.has_value());
    CHECK(rewritten.error().code == Errc::kInvalid);
    CHECK(rewritten.error().what.find("day " + std::to_string(kDay + 1)) != std::string::npos);
    CHECK(f.OfDay(kDay).size() == 1);
    CHECK(f.OfDay(kDay + 1).size() == 2);
    CHECK(f.OfDay(kDay + 2).size() == 1);
  }
  CHECK(TimesIn(*f.store, *f.OfDay(kDay + 2)[0], 1, 2).size() == 60);
  CHECK(f.runs->CollectGarbage() == 0);
  CHECK(f.store->BulkFiles().size() == 4);
}

TEST_CASE("a target that is large is written page by page") {
  constexpr std::uint32_t kColumns = 1000;
  constexpr std::uint32_t kLarge = 5;
  RewritePolicy policy;
  policy.run_bytes = 30'000;
  Runs f(policy);
  std::vector<TimestampMs> all;
  for (int part = 0; part < 3; ++part) {
    const auto times = EachMinute(DayStart(kDay) + part * 3'600'000, 50);
    all.insert(all.end(), times.begin(), times.end());
    AddRun(*f.runs, MakeDraft(*f.runs, kLarge - 1, 2, times));
    AddRun(*f.runs, MakeDraft(*f.runs, kLarge, kColumns, times));
    AddRun(*f.runs, MakeDraft(*f.runs, kLarge + 1, 2, times));
  }
  const auto check = [&](const std::vector<TimestampMs>& times) {
    const auto runs = f.OfDay(kDay);
    CHECK(runs.size() >= 4);
    std::map<std::uint32_t, std::size_t> found;  // Runs with a column.
    for (const auto& run : runs) {
      CHECK(run->tier == 2);
      CHECK(run->bytes < 2 * policy.run_bytes);  // It ends behind a page.
      CHECK(run->min_t == times.front());
      CHECK(run->max_t == times.back());
      for (std::uint32_t column = 0; column < kColumns; ++column) {
        const auto seen = TimesIn(*f.store, *run, kLarge, column);
        if (seen.empty()) continue;
        ++found[column];
        REQUIRE(seen == times);
        REQUIRE(run->Find(kLarge)->columns.Contains(column));
        REQUIRE(run->Find(kLarge)->sealed_seq == 1);
        REQUIRE(run->Find(kLarge)->next_anew);
      }
    }
    CHECK(found.size() == kColumns);
    CHECK(std::all_of(found.begin(), found.end(), [](const auto& entry) { return entry.second == 1; }));
    CHECK(TimesIn(*f.store, *runs.front(), kLarge - 1, 1) == times);
    CHECK(TimesIn(*f.store, *runs.back(), kLarge + 1, 1) == times);
    CHECK(f.runs->CollectGarbage() == 0);
    CHECK(f.store->BulkFiles().size() == runs.size());
    CHECK(f.store->MisplacedFiles() == 0);
  };
  const TimestampMs now_ms = DayStart(kDay + 10);
  const auto rewritten = f.rewriter->Rewrite(now_ms, Rewriter::Extent::kDue);
  REQUIRE(rewritten.has_value());
  CHECK(*rewritten == 1);
  check(all);
  CHECK(*f.rewriter->Rewrite(now_ms, Rewriter::Extent::kAll) == 0);
  // Something late: all parts are joined with it.
  const auto late = EachMinute(DayStart(kDay) + 20 * 3'600'000, 10);
  for (const std::uint32_t target : {kLarge - 1, kLarge, kLarge + 1}) {
    AddRun(*f.runs, MakeDraft(*f.runs, target, target == kLarge ? kColumns : 2, late));
  }
  CHECK(*f.rewriter->Rewrite(now_ms, Rewriter::Extent::kDue) == 1);
  all.insert(all.end(), late.begin(), late.end());
  check(all);
}

}  // namespace
}  // namespace vigia::storage::test
