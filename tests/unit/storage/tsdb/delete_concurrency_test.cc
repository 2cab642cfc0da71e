// Writers, readers, deletes and rewrites at the same time, against a plain model. Meant for ThreadSanitizer too.
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr int kWriters = 2;
constexpr int kSeries = 12;
constexpr int kRows = 400;

Labels SeriesOf(int writer, int i) {
  return Labels{{"__name__", "m" + std::to_string(i % 3)}, {"w", std::to_string(writer)}, {"i", std::to_string(i)}};
}

// What one writer's series must hold. Its lock makes an append and what the model says of it one step for deletes,
// which is what decides whether a sample came before or after.
struct Model {
  std::mutex mu;
  std::map<std::string, std::map<TimestampMs, std::uint64_t>> samples;

  void Delete(const Matcher& matcher, const std::vector<Labels>& all, TimestampMs from, TimestampMs to) {
    for (const Labels& labels : all) {
      if (!matcher.Matches(labels)) continue;
      auto& of = samples[labels.ToString()];
      of.erase(of.lower_bound(from), of.upper_bound(to));
    }
  }
};

void Write(Fixture& f, Model& model, int writer, std::atomic<int>& failures) {
  auto appender = f.db->NewAppender(Labels{{"w", std::to_string(writer)}});
  for (int row = 0; row < kRows; ++row) {
    const std::lock_guard lock(model.mu);
    for (int i = 0; i < kSeries; ++i) {
      const auto ref = appender->Resolve(SeriesOf(writer, i));
      if (!ref || appender->Append(*ref, row, row) != AppendOutcome::kAdded) ++failures;
    }
    if (!appender->Commit()) ++failures;
    for (int i = 0; i < kSeries; ++i) {
      model.samples[SeriesOf(writer, i).ToString()][row] = std::bit_cast<std::uint64_t>(static_cast<double>(row));
    }
  }
}

// Each sample that a reader sees is one that was written, each once, in order.
void ReadAll(const Fixture& f, std::atomic<int>& failures) {
  const auto querier = f.db->NewQuerier(0, kRows);
  const auto selection = querier->Select({}, {});
  if (!selection) {
    ++failures;
    return;
  }
  ReadBuffer buffer;
  for (std::size_t i = 0; i < (*selection)->size(); ++i) {
    const auto samples = (*selection)->Read(i, buffer);
    if (!samples) {
      ++failures;
      continue;
    }
    for (std::size_t k = 0; k < samples->t.size(); ++k) {
      if (samples->v[k] != static_cast<double>(samples->t[k])) ++failures;
      if (k > 0 && samples->t[k] <= samples->t[k - 1]) ++failures;
    }
  }
}

void CheckAgainst(const Fixture& f, Model (&models)[kWriters]) {
  std::map<std::string, std::vector<Point>> expected;
  for (Model& model : models) {
    for (const auto& [labels, samples] : model.samples) {
      for (const auto& [t, bits] : samples) expected[labels].push_back({t, bits});
    }
  }
  auto found = f.Query({});
  std::erase_if(found, [](const auto& entry) { return entry.second.empty(); });  // Known by its bounds only.
  REQUIRE(found == expected);
}

TEST_CASE("deletes among writers, readers and rewrites take exactly what they name") {
  Fixture f;
  f.options.seal.rows = 24;
  f.options.rewrite.max_runs = 4;
  f.options.rewrite.delete_age_ms = 0;
  f.Open();
  Model models[kWriters];
  std::vector<Labels> all[kWriters];
  std::atomic<int> writing{kWriters};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    for (int i = 0; i < kSeries; ++i) all[writer].push_back(SeriesOf(writer, i));
    threads.emplace_back([&, writer] {
      Write(f, models[writer], writer, failures);
      --writing;
    });
  }
  threads.emplace_back([&] {
    std::mt19937_64 random(7);
    while (writing > 0) {
      const auto writer = static_cast<int>(random() % kWriters);
      const std::vector<Matcher> matchers{Matcher::Equal("w", std::to_string(writer)),
                                          Matcher::Equal("__name__", "m" + std::to_string(random() % 3))};
      const auto from = static_cast<TimestampMs>(random() % kRows);
      const TimestampMs to = random() % 3 == 0 ? kMaxTimestampMs : from + static_cast<TimestampMs>(random() % 50);
      {
        const std::lock_guard lock(models[writer].mu);
        if (!f.db->DeleteSeries(matchers, from, to)) ++failures;
        models[writer].Delete(matchers[1], all[writer], from, to);
      }
      if (random() % 8 == 0 && !f.db->CleanTombstones()) ++failures;
      std::this_thread::yield();
    }
  });
  threads.emplace_back([&] {
    while (writing > 0) {
      if (!f.db->RunMaintenance(Tsdb::Maintenance::kDue)) ++failures;
      std::this_thread::yield();
    }
  });
  threads.emplace_back([&] {
    while (writing > 0) {
      ReadAll(f, failures);
      if (!f.db->NewQuerier(0, kRows)->LabelValues("__name__", {}, 0)) ++failures;
    }
  });
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CheckAgainst(f, models);
  f.options.seal_on_close = false;
  f.Reopen();
  CheckAgainst(f, models);
  REQUIRE(f.db->CleanTombstones().has_value());
  CHECK(f.Metric("vigia_storage_tombstones") == 0);
  CheckAgainst(f, models);
  f.Reopen();
  CheckAgainst(f, models);
}

}  // namespace
}  // namespace vigia::storage::test
