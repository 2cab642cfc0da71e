#include "promql/exec/sample_counter.h"

#include <algorithm>

namespace vigia::promql {

void SampleCounter::KeepSteps(std::size_t steps) {
  total_by_step_.assign(steps, 0);
  read_by_step_.assign(steps, 0);
}

void SampleCounter::AddRow(std::span<const std::uint8_t> valid, std::uint64_t found) {
  total_ += found;
  read_ += found;
  const std::size_t steps = std::min(valid.size(), total_by_step_.size());
  for (std::size_t step = 0; step < steps; ++step) {
    total_by_step_[step] += valid[step];
    read_by_step_[step] += valid[step];
  }
}

void SampleCounter::AddWindows(const WindowSet& windows) {
  total_ += windows.total_samples();
  read_ += windows.distinct_samples();
  const std::size_t steps = std::min(windows.steps(), total_by_step_.size());
  std::uint32_t seen = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    const Window window = windows.windows()[step];
    total_by_step_[step] += window.size();
    if (window.end > seen) read_by_step_[step] += window.end - std::max(window.begin, seen);
    seen = std::max(seen, window.end);
  }
}

void SampleCounter::AddAt(std::size_t step, std::uint64_t samples) {
  total_ += samples;
  read_ += samples;
  if (step >= total_by_step_.size()) return;
  total_by_step_[step] += samples;
  read_by_step_[step] += samples;
}

void SampleCounter::AddWindows(const WindowSet& windows, std::span<const std::uint64_t> before) {
  std::uint32_t seen = 0;
  for (std::size_t step = 0; step < windows.steps(); ++step) {
    const Window window = windows.windows()[step];
    const std::uint64_t total = before[window.end] - before[window.begin];
    const std::uint64_t read = window.end > seen ? before[window.end] - before[std::max(window.begin, seen)] : 0;
    seen = std::max(seen, window.end);
    total_ += total;
    read_ += read;
    if (step >= total_by_step_.size()) continue;
    total_by_step_[step] += total;
    read_by_step_[step] += read;
  }
}

void SampleCounter::AddRepeated(const SampleCounter& inner, std::size_t steps) {
  total_ += inner.total_ * steps;
  read_ += inner.read_;
  for (std::uint64_t& total : total_by_step_) total += inner.total_;
  if (!read_by_step_.empty()) read_by_step_.front() += inner.read_;
}

void SampleCounter::AddReadsOf(const SampleCounter& inner, const Steps& inner_steps, const Steps& steps,
                               DurationMs shift_ms) {
  read_ += inner.read_;
  if (read_by_step_.empty() || !inner.keeps_steps()) return;
  for (std::size_t i = 0; i < inner.read_by_step_.size(); ++i) {
    const DurationMs late_ms = inner_steps.At(i) + shift_ms - steps.start_ms;
    const auto step =
        late_ms <= 0 ? 0 : static_cast<std::size_t>((late_ms + steps.interval_ms - 1) / steps.interval_ms);
    read_by_step_[std::min(step, read_by_step_.size() - 1)] += inner.read_by_step_[i];
  }
}

}  // namespace vigia::promql
