// Series that die, sleep and come back while appenders hold old refs, against a plain model. Meant for ThreadSanitizer
// too.
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <random>
#include <thread>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr int kWriters = 2;
constexpr int kTargets = 4;  // Of each writer.
constexpr int kSeries = 6;   // Of each target.
constexpr int kRows = 400;
constexpr double kStride = 1 << 20;  // The value of a sample tells its series and its time.

struct Place {
  int writer;
  int target;
  int series;
  int number() const { return (writer * kTargets + target) * kSeries + series; }
  std::string instance() const { return std::to_string(writer * kTargets + target); }
  Labels shared() const { return Labels{{"instance", instance()}, {"writer", std::to_string(writer)}}; }
  Labels labels() const {
    const std::string line = series % 2 == 0 ? "line" : "line of " + instance();
    return Labels{{"__name__", line},
                  {"instance", instance()},
                  {"n", std::to_string(number())},
                  {"writer", std::to_string(writer)}};
  }
};

// What one writer's series must hold. Its lock makes a commit and what the model says of it one step for deletes.
struct Model {
  std::mutex mu;
  std::map<std::string, std::map<TimestampMs, double>> samples;
};

class Writer {
 public:
  Writer(Fixture& f, Model& model, int number, std::atomic<int>& failures)
      : f_(f), model_(model), number_(number), failures_(failures), random_(static_cast<std::uint64_t>(number)) {
    refs_.fill(SeriesRef::kNone);
  }
  void Run() {
    for (int row = 0; row < kRows; ++row) {
      const int target = static_cast<int>(random_() % kTargets);
      // Some hold a batch for a while, with refs that others delete meanwhile.
      auto appender = f_.db->NewAppender(random_() % 4 == 0 ? Labels() : Place{number_, target, 0}.shared());
      std::vector<Place> places;
      for (int i = 0; i < kSeries; ++i) {
        if (random_() % 3 != 0) places.push_back({number_, target, i});
      }
      for (const Place& place : places) Append(*appender, place, row);
      std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 3));
      const std::lock_guard lock(model_.mu);
      if (!appender->Commit()) ++failures_;
      for (const Place& place : places) {
        model_.samples[place.labels().ToString()][row] = place.number() * kStride + row;
      }
    }
  }
  int unknown() const { return unknown_; }

 private:
  void Append(Appender& appender, const Place& place, int row) {
    SeriesRef& ref = refs_[static_cast<std::size_t>(place.target * kSeries + place.series)];
    const double v = place.number() * kStride + row;
    AppendOutcome outcome = AppendOutcome::kUnknownSeries;
    if (ref != SeriesRef::kNone) {
      outcome = appender.Append(ref, row, v);
      unknown_ += outcome == AppendOutcome::kUnknownSeries;
    }
    if (outcome == AppendOutcome::kUnknownSeries) {
      const auto resolved = appender.Resolve(place.labels());
      if (!resolved) {
        ++failures_;
        return;
      }
      ref = *resolved;
      outcome = appender.Append(ref, row, v);
    }
    if (outcome != AppendOutcome::kAdded) ++failures_;
  }

  Fixture& f_;
  Model& model_;
  const int number_;
  std::atomic<int>& failures_;
  std::mt19937_64 random_;
  std::array<SeriesRef, kTargets * kSeries> refs_;  // Kept whatever happens to their series.
  int unknown_ = 0;
};

// Every sample that a reader sees is one of its series.
void ReadAll(const Fixture& f, std::atomic<int>& failures) {
  const auto selection = f.db->NewQuerier(0, kRows)->Select({}, {});
  if (!selection) {
    ++failures;
    return;
  }
  ReadBuffer buffer;
  for (std::size_t i = 0; i < (*selection)->size(); ++i) {
    const auto samples = (*selection)->Read(i, buffer);
    const std::string number((*selection)->labels(i).Get("n"));
    if (!samples || number.empty()) {
      ++failures;
      continue;
    }
    for (std::size_t k = 0; k < samples->t.size(); ++k) {
      if (samples->v[k] != std::stoi(number) * kStride + static_cast<double>(samples->t[k])) ++failures;
      if (k > 0 && samples->t[k] <= samples->t[k - 1]) ++failures;
    }
  }
}

void CheckAgainst(const Fixture& f, std::array<Model, kWriters>& models) {
  std::map<std::string, std::vector<Point>> expected;
  for (Model& model : models) {
    for (const auto& [labels, samples] : model.samples) {
      for (const auto& [t, v] : samples) expected[labels].push_back(At(t, v));
    }
  }
  auto found = f.Query({});
  std::erase_if(found, [](const auto& entry) { return entry.second.empty(); });  // Known by its bounds only.
  REQUIRE(found == expected);
}

TEST_CASE("series die, sleep and come back while old refs are about") {
  Fixture f;
  f.options.sleep_after_ms = 0;
  f.options.rewrite.delete_age_ms = 0;
  f.options.seal_on_close = false;
  f.Open();
  std::array<Model, kWriters> models;
  std::atomic<int> writing{kWriters};
  std::atomic<int> failures{0};
  std::atomic<int> unknown{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < kWriters; ++number) {
    threads.emplace_back([&, number] {
      Writer writer(f, models[static_cast<std::size_t>(number)], number, failures);
      writer.Run();
      unknown += writer.unknown();
      --writing;
    });
  }
  threads.emplace_back([&] {
    std::mt19937_64 random(11);
    while (writing > 0) {
      Place place{static_cast<int>(random() % kWriters), static_cast<int>(random() % kTargets), 0};
      place.series = static_cast<int>(random() % kSeries);
      const bool whole_target = random() % 2 == 0;
      const std::vector<Matcher> matchers{whole_target ? Matcher::Equal("instance", place.instance())
                                                       : Matcher::Equal("n", std::to_string(place.number()))};
      Model& model = models[static_cast<std::size_t>(place.writer)];
      {
        const std::lock_guard lock(model.mu);
        if (!f.db->DeleteSeries(matchers, kMinTimestampMs, kMaxTimestampMs)) ++failures;
        for (int i = 0; i < kSeries; ++i) {
          if (whole_target || i == place.series) {
            model.samples.erase(Place{place.writer, place.target, i}.labels().ToString());
          }
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  threads.emplace_back([&] {
    while (writing > 0) {
      if (!f.db->RunMaintenance(Tsdb::Maintenance::kEverything)) ++failures;
    }
  });
  threads.emplace_back([&] {
    while (writing > 0) {
      ReadAll(f, failures);
      if (!f.db->NewQuerier(0, kRows)->LabelValues("n", {}, 0)) ++failures;
      std::this_thread::yield();
    }
  });
  for (std::thread& thread : threads) thread.join();
  INFO("refs that had come to name nothing: " << unknown);
  CHECK(failures == 0);
  CheckAgainst(f, models);
  for (int i = 0; i < 4; ++i) REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  CHECK(f.Metric("vigia_storage_sleeping_targets") > 0);
  CheckAgainst(f, models);
  f.Reopen();
  CheckAgainst(f, models);
}

}  // namespace
}  // namespace vigia::storage::test
