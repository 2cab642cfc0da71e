// A Tsdb in a temporary folder with a clock that stands still until it is moved.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/tsdb/tsdb.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace vigia::storage::test {

// Where a data folder will be.
class NewDataFolder {
 public:
  std::string path() const { return parent_.Below("data"); }

 private:
  tests::TempFolder parent_;
};

struct Point {
  TimestampMs t;
  std::uint64_t bits;
  bool operator==(const Point&) const = default;
};
inline Point At(TimestampMs t, double v) { return {t, std::bit_cast<std::uint64_t>(v)}; }
inline std::ostream& operator<<(std::ostream& out, const Point& p) {
  return out << "(" << p.t << ", " << std::bit_cast<double>(p.bits) << ")";
}

class Fixture {
 public:
  Fixture() {
    options.path = folder.path();
    options.background = false;
    options.durability = Durability::kNever;
    options.clock = [this] { return now_ms; };
  }

  void Open() {
    registry = std::make_unique<Registry>();
    auto opened = Tsdb::Open(options, *registry);
    INFO((opened ? std::string() : opened.error().what));
    REQUIRE((opened).has_value());
    db = std::move(*opened);
  }
  void Reopen() {
    REQUIRE((db->Close()).has_value());
    db.reset();
    Open();
  }
  void AppendOne(const Labels& labels, TimestampMs t, double v, const Labels& shared = {}) {
    auto appender = db->NewAppender(shared);
    const auto ref = appender->Resolve(labels);
    REQUIRE((ref).has_value());
    REQUIRE(appender->Append(*ref, t, v) == AppendOutcome::kAdded);
    REQUIRE((appender->Commit()).has_value());
  }

  std::map<std::string, std::vector<Point>> Query(std::vector<Matcher> matchers, TimestampMs from = kMinTimestampMs,
                                                  TimestampMs to = kMaxTimestampMs) const {
    std::map<std::string, std::vector<Point>> out;
    SelectHints hints;
    hints.start_ms = from;
    hints.end_ms = to;
    const auto selection = db->NewQuerier(from, to)->Select(hints, matchers);
    REQUIRE((selection).has_value());
    ReadBuffer buffer;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      const auto samples = (*selection)->Read(i, buffer);
      REQUIRE((samples).has_value());
      REQUIRE(samples->t.size() == samples->v.size());
      auto& points = out[(*selection)->labels(i).ToString()];
      REQUIRE(points.empty());
      for (std::size_t k = 0; k < samples->t.size(); ++k) points.push_back(At(samples->t[k], samples->v[k]));
    }
    return out;
  }
  // The start timestamps that are known, by series and time.
  std::map<std::string, std::map<TimestampMs, TimestampMs>> Starts(std::vector<Matcher> matchers) const {
    std::map<std::string, std::map<TimestampMs, TimestampMs>> out;
    const auto selection = db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, matchers);
    REQUIRE((selection).has_value());
    ReadBuffer buffer;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      const auto samples = (*selection)->Read(i, buffer);
      REQUIRE((samples).has_value());
      if (samples->starts.empty()) continue;
      REQUIRE(samples->starts.size() == samples->t.size());
      auto& of_series = out[(*selection)->labels(i).ToString()];
      for (std::size_t k = 0; k < samples->t.size(); ++k) {
        if (samples->starts[k] != 0) of_series[samples->t[k]] = samples->starts[k];
      }
    }
    return out;
  }
  double Metric(const std::string& name, const Labels& labels = {}) const {
    for (const auto& family : registry->Collect()) {
      if (family.name != name) continue;
      for (const auto& point : family.points) {
        if (point.suffix.empty() && point.labels == labels) return point.value;
      }
    }
    return -12345;
  }

  NewDataFolder folder;
  TimestampMs now_ms = 1'700'000'000'000;
  TsdbOptions options;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Tsdb> db;  // Goes before the registry.
};

inline Matcher Match(MatchType type, const std::string& name, const std::string& value) {
  return *Matcher::Create(type, name, value);
}

}  // namespace vigia::storage::test
