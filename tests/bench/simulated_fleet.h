// Targets with series that change as those of real exporters do, for the benchmarks of storage.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "storage/model/sample.h"
#include "storage/tsdb/tsdb.h"

namespace vigia::bench {

inline double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

inline double WallSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double ResidentBytes() {
  std::ifstream in("/proc/self/statm");
  double pages = 0;
  in >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// Bytes that this process had written, of /proc/self/io: `write_bytes` reach the disk, `wchar` the system.
inline double WrittenBytes(const std::string& which = "wchar") {
  std::ifstream in("/proc/self/io");
  std::string name;
  for (double value = 0; in >> name >> value;) {
    if (name == which + ":") return value;
  }
  return 0;
}

inline void Require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

inline std::unique_ptr<storage::Tsdb> OpenOrDie(const storage::TsdbOptions& options, storage::Registry& registry) {
  auto db = storage::Tsdb::Open(options, registry);
  if (!db) {
    std::fprintf(stderr, "%s\n", db.error().what.c_str());
    std::exit(1);
  }
  return std::move(*db);
}

// A fleet's mix: mostly constants, then small gauges, counters, decimals, a few full-precision doubles.
class Values {
 public:
  double Next(int line, double& last) {
    const int kind = line % 100;
    if (kind < 62) return last;
    if (kind < 68) return last = static_cast<double>(random_() % 8);
    if (kind < 76) return last += random_() % 20 == 0 ? 1 : 0;
    if (kind < 86) return last += static_cast<double>(random_() % 100);
    if (kind < 91) return last += static_cast<double>(random_() % 1'000'000);
    if (kind < 96) return last = static_cast<double>(static_cast<std::int64_t>(last * 100 + 0.5) + 15) / 100;
    return last = static_cast<double>(random_()) * 0x1p-64;
  }

 private:
  std::mt19937_64 random_{1};
};

// Some targets with `lines` series each. Every `private_lines`-th line has a label value that no other target has, as
// the names of pods are; 0: none.
class SimulatedFleet {
 public:
  SimulatedFleet(int targets, int lines, int private_lines)
      : lines_(lines), private_lines_(private_lines), targets_(static_cast<std::size_t>(targets)) {
    for (Target& target : targets_) {
      target.refs.resize(static_cast<std::size_t>(lines), storage::SeriesRef::kNone);
      target.last.assign(static_cast<std::size_t>(lines), 1);
      Rename(target);
    }
    scraped_.resize(static_cast<std::size_t>(lines));
  }
  int targets() const { return static_cast<int>(targets_.size()); }
  int names() const { return names_; }  // Of all targets that there ever were.
  double series() const { return static_cast<double>(targets_.size()) * lines_; }
  const std::string& instance(int target) const { return At(target).instance; }

  // The next row of one target. CPU seconds of storage's part.
  double Scrape(storage::Tsdb& db, int index, storage::TimestampMs now) {
    Target& target = At(index);
    if (target.refs.empty() || target.refs[0] == storage::SeriesRef::kNone) Resolve(db, target);
    for (int l = 0; l < lines_; ++l) {
      scraped_[static_cast<std::size_t>(l)] = values_.Next(l, target.last[static_cast<std::size_t>(l)]);
    }
    const double start = CpuSeconds();
    auto appender = db.NewAppender(target.shared);
    for (std::size_t l = 0; l < target.refs.size(); ++l) {
      Require(appender->Append(target.refs[l], now, scraped_[l]) == storage::AppendOutcome::kAdded, "append");
    }
    Require(appender->Commit().has_value(), "commit");
    return CpuSeconds() - start;
  }
  // Another target takes the place of this one, whose series go stale.
  void Replace(storage::Tsdb& db, int index, storage::TimestampMs now) {
    Target& target = At(index);
    auto appender = db.NewAppender(target.shared);
    for (const storage::SeriesRef ref : target.refs) {
      Require(appender->Append(ref, now, storage::kStaleNan) == storage::AppendOutcome::kAdded, "append");
    }
    Require(appender->Commit().has_value(), "commit");
    Rename(target);
    Resolve(db, target);
  }

 private:
  struct Target {
    std::string instance;
    storage::Labels shared;
    std::vector<storage::SeriesRef> refs;
    std::vector<double> last;
  };
  Target& At(int index) { return targets_[static_cast<std::size_t>(index)]; }
  const Target& At(int index) const { return targets_[static_cast<std::size_t>(index)]; }
  void Rename(Target& target) {
    target.instance = fmt::format("host-{}:9100", names_++);
    target.shared = storage::Labels{{"job", "node"}, {"instance", target.instance}};
  }
  void Resolve(storage::Tsdb& db, Target& target) {
    auto appender = db.NewAppender(target.shared);
    for (int l = 0; l < lines_; ++l) {
      const bool own = private_lines_ > 0 && l % private_lines_ == 0;
      const storage::Labels labels{
          {"__name__", fmt::format("metric_{}", l / 8)},
          {"device", own ? fmt::format("d{}-{}", l % 8, target.instance) : fmt::format("d{}", l % 8)},
          {"job", "node"},
          {"instance", target.instance}};
      const auto ref = appender->Resolve(labels);
      Require(ref.has_value(), "resolve");
      target.refs[static_cast<std::size_t>(l)] = *ref;
    }
  }

  const int lines_;
  const int private_lines_;
  int names_ = 0;
  Values values_;
  std::vector<Target> targets_;
  std::vector<double> scraped_;
};

}  // namespace vigia::bench
