#include "storage/telemetry/registry.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace vigia::storage {
namespace {

std::int64_t SteadyMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Labels With(const Labels& labels, std::string_view name, double bound) {
  LabelsBuilder builder(labels);
  builder.Set(name, std::isinf(bound) ? "+Inf" : fmt::format("{}", bound));
  return builder.Build();
}

void CollectHistogram(const Histogram& histogram, const Labels& labels, std::vector<CollectedPoint>& out) {
  std::uint64_t total = 0;
  const auto& bounds = histogram.upper_bounds();
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    total += histogram.bucket(i);
    const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    out.push_back({"_bucket", With(labels, "le", bound), static_cast<double>(total)});
  }
  out.push_back({"_sum", labels, histogram.sum()});
  out.push_back({"_count", labels, static_cast<double>(total)});
}

void CollectSummary(const Summary& summary, const Labels& labels, std::vector<CollectedPoint>& out) {
  const Summary::Snapshot snapshot = summary.Take();
  for (const auto& [quantile, value] : snapshot.quantiles)
    out.push_back({"", With(labels, "quantile", quantile), value});
  out.push_back({"_sum", labels, snapshot.sum});
  out.push_back({"_count", labels, static_cast<double>(snapshot.count)});
}

}  // namespace

Histogram::Histogram(std::vector<double> upper_bounds) : bounds_(std::move(upper_bounds)), counts_(bounds_.size() + 1) {
  assert(std::is_sorted(bounds_.begin(), bounds_.end()));
}

void Histogram::Observe(double value) {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

Summary::Summary(std::vector<double> quantiles) : quantiles_(std::move(quantiles)) {}

void Summary::Observe(double value) {
  const std::lock_guard lock(mu_);
  sum_ += value;
  ++count_;
  if (ring_.size() < kWindow) {
    ring_.push_back({SteadyMs(), value});
  } else {
    ring_[next_] = {SteadyMs(), value};
    next_ = (next_ + 1) % kWindow;
  }
}

Summary::Snapshot Summary::Take() const {
  std::vector<double> recent;
  Snapshot snapshot;
  {
    const std::lock_guard lock(mu_);
    const std::int64_t oldest = SteadyMs() - kMaxAgeMs;
    for (const Observation& o : ring_) {
      if (o.at_ms >= oldest) recent.push_back(o.value);
    }
    snapshot.sum = sum_;
    snapshot.count = count_;
  }
  std::sort(recent.begin(), recent.end());
  for (const double q : quantiles_) {
    const auto rank = static_cast<std::size_t>(q * static_cast<double>(recent.size()));
    const double value = recent.empty() ? std::nan("") : recent[std::min(rank, recent.size() - 1)];
    snapshot.quantiles.emplace_back(q, value);
  }
  return snapshot;
}

struct Registry::Family {
  std::string help;
  InstrumentType type;
  std::map<Labels, std::unique_ptr<Counter>> counters;
  std::map<Labels, std::unique_ptr<Gauge>> gauges;
  std::map<Labels, std::unique_ptr<Histogram>> histograms;
  std::map<Labels, std::unique_ptr<Summary>> summaries;
  std::function<std::vector<CollectedPoint>()> callback;
};

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Family& Registry::FamilyOf(std::string_view name, std::string_view help, InstrumentType type) {
  auto at = families_.find(name);
  if (at == families_.end()) {
    auto family = std::make_unique<Family>();
    family->help = help;
    family->type = type;
    at = families_.emplace(name, std::move(family)).first;
  }
  assert(at->second->type == type);
  return *at->second;
}

Counter& Registry::AddCounter(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mu_);
  auto& slot = FamilyOf(name, help, InstrumentType::kCounter).counters[labels];
  if (!slot) slot = std::make_unique<Counter>();
  return *slot;
}

Gauge& Registry::AddGauge(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mu_);
  auto& slot = FamilyOf(name, help, InstrumentType::kGauge).gauges[labels];
  if (!slot) slot = std::make_unique<Gauge>();
  return *slot;
}

Histogram& Registry::AddHistogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                                  const Labels& labels) {
  const std::lock_guard lock(mu_);
  auto& slot = FamilyOf(name, help, InstrumentType::kHistogram).histograms[labels];
  if (!slot) slot = std::make_unique<Histogram>(std::move(bounds));
  return *slot;
}

Summary& Registry::AddSummary(std::string_view name, std::string_view help, std::vector<double> quantiles,
                              const Labels& labels) {
  const std::lock_guard lock(mu_);
  auto& slot = FamilyOf(name, help, InstrumentType::kSummary).summaries[labels];
  if (!slot) slot = std::make_unique<Summary>(std::move(quantiles));
  return *slot;
}

void Registry::AddCallback(std::string_view name, std::string_view help, InstrumentType type,
                           std::function<std::vector<CollectedPoint>()> fn) {
  const std::lock_guard lock(mu_);
  FamilyOf(name, help, type).callback = std::move(fn);
}

void Registry::AddCallback(std::string_view name, std::string_view help, InstrumentType type,
                           std::function<double()> fn) {
  AddCallback(name, help, type, [fn = std::move(fn)] { return std::vector<CollectedPoint>{{"", {}, fn()}}; });
}

void Registry::Remove(std::string_view name, const Labels& labels) {
  const std::lock_guard lock(mu_);
  const auto at = families_.find(name);
  if (at == families_.end()) return;
  at->second->counters.erase(labels);
  at->second->gauges.erase(labels);
  at->second->histograms.erase(labels);
  at->second->summaries.erase(labels);
}

void Registry::RemoveCallback(std::string_view name) {
  const std::lock_guard lock(mu_);
  if (const auto at = families_.find(name); at != families_.end()) at->second->callback = nullptr;
}

std::vector<CollectedFamily> Registry::Collect() const {
  const std::lock_guard lock(mu_);
  std::vector<CollectedFamily> out;
  for (const auto& [name, family] : families_) {
    CollectedFamily collected{name, family->help, family->type, {}};
    for (const auto& [labels, counter] : family->counters) collected.points.push_back({"", labels, counter->value()});
    for (const auto& [labels, gauge] : family->gauges) collected.points.push_back({"", labels, gauge->value()});
    for (const auto& [labels, histogram] : family->histograms) CollectHistogram(*histogram, labels, collected.points);
    for (const auto& [labels, summary] : family->summaries) CollectSummary(*summary, labels, collected.points);
    if (family->callback) {
      auto points = family->callback();
      collected.points.insert(collected.points.end(), points.begin(), points.end());
    }
    if (!collected.points.empty()) out.push_back(std::move(collected));
  }
  return out;
}

}  // namespace vigia::storage
