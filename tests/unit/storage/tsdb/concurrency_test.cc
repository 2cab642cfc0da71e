// Writers, readers and maintenance at the same time. Meant to be run under ThreadSanitizer too.
#include <atomic>
#include <thread>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

TEST_CASE("readers see whole batches while writers write and maintenance moves rows") {
  Fixture f;
  f.options.seal.rows = 24;
  f.Open();
  constexpr int kWriters = 3;
  constexpr int kRows = 300;
  constexpr int kLines = 30;
  std::atomic<int> writing{kWriters};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      const std::string instance = std::to_string(writer);
      auto appender = f.db->NewAppender(Labels{{"instance", instance}});
      for (int row = 0; row < kRows; ++row) {
        for (int line = 0; line < kLines + row / 50; ++line) {
          const auto ref =
              appender->Resolve(Labels{{"__name__", "m"}, {"instance", instance}, {"line", std::to_string(line)}});
          if (!ref || appender->Append(*ref, row, row) != AppendOutcome::kAdded) ++failures;
        }
        // A batch over several targets: these two always have the same number of samples.
        for (const char* side : {"left", "right"}) {
          const auto ref = appender->Resolve(Labels{{"__name__", "pair"}, {"writer", instance}, {"side", side}});
          if (!ref || appender->Append(*ref, row, row) != AppendOutcome::kAdded) ++failures;
        }
        if (!appender->Commit()) ++failures;
      }
      --writing;
    });
  }
  threads.emplace_back([&] {
    while (writing > 0) {
      if (!f.db->RunMaintenance(Tsdb::Maintenance::kDue)) ++failures;
      std::this_thread::yield();
    }
  });
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&, reader] {
      ReadBuffer buffer;
      while (writing > 0) {
        const std::vector<Matcher> matchers{reader == 0 ? Matcher::Equal("instance", "1")
                                                        : Matcher::Equal("__name__", "pair")};
        const auto querier = f.db->NewQuerier(0, kRows);
        const auto selection = querier->Select({}, matchers);
        if (!selection) {
          ++failures;
          continue;
        }
        std::map<std::string, std::size_t> newest;
        for (std::size_t i = 0; i < (*selection)->size(); ++i) {
          const auto samples = (*selection)->Read(i, buffer);
          if (!samples) ++failures;
          if (!samples || samples->t.empty()) continue;  // Its first sample is being committed.
          for (std::size_t k = 0; k < samples->t.size(); ++k) {
            if (samples->v[k] != static_cast<double>(samples->t[k])) ++failures;
            if (k > 0 && samples->t[k] != samples->t[k - 1] + 1) ++failures;
          }
          const Labels labels = (*selection)->labels(i);
          const std::string key(labels.Get(reader == 0 ? "instance" : "writer"));
          const auto [at, fresh] = newest.try_emplace(key, samples->t.back());
          if (static_cast<TimestampMs>(at->second) != samples->t.back()) ++failures;
        }
        if (!querier->LabelValues("line", {}, 0)) ++failures;
        static_cast<void>(f.db->Stats(5));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  const auto found = f.Query({});
  std::size_t samples = 0;
  for (const auto& [labels, points] : found) samples += points.size();
  CHECK(found.size() == kWriters * (kLines + 5 + 2));
  CHECK(samples == kWriters * (kRows * (kLines + 2) + 50 * (1 + 2 + 3 + 4 + 5)));
}

TEST_CASE("the background thread keeps working and stops at once") {
  Fixture f;
  f.options.background = true;
  f.options.durability = Durability::kEverySecond;
  f.Open();
  f.AppendOne(Labels{{"__name__", "a"}}, 1, 1);
  REQUIRE(f.db->Close().has_value());
}

}  // namespace
}  // namespace vigia::storage::test
