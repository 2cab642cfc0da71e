// Metrics of the server itself. Rooms create their instruments once, at construction, and keep the references; changing
// an instrument is one relaxed atomic operation (a short lock for Summary). server/exposition renders Collect().
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/labels.h"

namespace vigia::storage {

enum class InstrumentType { kCounter, kGauge, kHistogram, kSummary };

// Only goes up. Thread-safe.
class Counter {
 public:
  void Add(double delta = 1) { value_.fetch_add(delta, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Thread-safe.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double delta) { value_.fetch_add(delta, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Classic histogram. Thread-safe.
class Histogram {
 public:
  explicit Histogram(std::vector<double> upper_bounds);  // REQUIRES: ascending, without +Inf.
  void Observe(double value);
  const std::vector<double>& upper_bounds() const { return bounds_; }
  std::uint64_t bucket(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }  // Not cumulative.
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::deque<std::atomic<std::uint64_t>> counts_;  // bounds_.size() + 1, the last is +Inf.
  std::atomic<double> sum_{0};
};

// Quantiles over the last ten minutes at most (a ring of recent observations). Thread-safe.
class Summary {
 public:
  explicit Summary(std::vector<double> quantiles);
  void Observe(double value);
  struct Snapshot {
    std::vector<std::pair<double, double>> quantiles;  // (quantile, value); NaN while nothing recent was observed.
    double sum = 0;
    std::uint64_t count = 0;
  };
  Snapshot Take() const;

 private:
  static constexpr std::size_t kWindow = 1024;  // Newest observations that the quantiles are taken from.
  static constexpr std::int64_t kMaxAgeMs = 600'000;
  struct Observation {
    std::int64_t at_ms;
    double value;
  };
  const std::vector<double> quantiles_;
  mutable std::mutex mu_;
  std::vector<Observation> ring_;
  std::size_t next_ = 0;
  double sum_ = 0;
  std::uint64_t count_ = 0;
};

struct CollectedPoint {
  std::string suffix;  // "", "_bucket", "_sum", "_count".
  Labels labels;       // Without a metric name; with le or quantile where they belong.
  double value = 0;
};

struct CollectedFamily {
  std::string name;
  std::string help;
  InstrumentType type = InstrumentType::kGauge;
  std::vector<CollectedPoint> points;
};

// Owns the instruments. Asking twice for the same name and labels gives the same instrument. The first call decides the
// help text. REQUIRES: one type per name. Thread-safe. References stay good until the registry dies.
class Registry {
 public:
  Registry();
  ~Registry();
  Counter& AddCounter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& AddGauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& AddHistogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                          const Labels& labels = {});
  Summary& AddSummary(std::string_view name, std::string_view help, std::vector<double> quantiles,
                      const Labels& labels = {});
  // A family computed at collection time. `fn` may be called from any thread until the registry dies or Remove(name).
  void AddCallback(std::string_view name, std::string_view help, InstrumentType type,
                   std::function<std::vector<CollectedPoint>()> fn);
  // A gauge (or counter) without labels computed at collection time.
  void AddCallback(std::string_view name, std::string_view help, InstrumentType type, std::function<double()> fn);
  // Forgets one labelled instrument, e.g. of a target pool that is gone. The caller drops its reference first.
  void Remove(std::string_view name, const Labels& labels);
  void RemoveCallback(std::string_view name);

  std::vector<CollectedFamily> Collect() const;  // Sorted by name, points in order of labels.

 private:
  struct Family;
  Family& FamilyOf(std::string_view name, std::string_view help, InstrumentType type);
  mutable std::mutex mu_;
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
};

}  // namespace vigia::storage
