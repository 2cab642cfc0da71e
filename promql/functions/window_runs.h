// Functions that go through a window from sample to sample, each step feeding on what the one before it rounded: no
// shortcut gives the same bits. But windows that begin at the same sample share one run, and others run side by side,
// since a step that waits for the one before it leaves a processor time for several.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "promql/functions/window_set.h"

namespace vigia::promql {

enum class RunSharing {
  kNone,
  kByBegin,  // What a run does depends on nothing but where its window begins.
};

// For each window a run = make(i), then run.Add(sample) for all its samples in order, then emit(i, run). With kByBegin
// a run may go on after it was emitted. REQUIRES: windows are not empty and their bounds ascend (not strictly).
template <class Make, class Emit>
void RunWindows(std::span<const Window> windows, RunSharing sharing, const Make& make, const Emit& emit) {
  constexpr std::size_t kLanes = 4;
  using Run = decltype(make(std::size_t{}));
  const auto finish = [&](std::size_t i, std::uint32_t at, Run& run) {
    for (; at < windows[i].end; ++at) run.Add(at);
    emit(i, run);
  };
  std::size_t group = 0;  // The first of those that wait for others to run with.
  const auto run_group = [&](std::size_t end) {
    for (; group + kLanes <= end; group += kLanes) {
      std::array<Run, kLanes> runs{make(group), make(group + 1), make(group + 2), make(group + 3)};
      std::uint32_t common = windows[group].size();
      for (std::size_t k = 1; k < kLanes; ++k) common = std::min(common, windows[group + k].size());
      for (std::uint32_t i = 0; i < common; ++i) {
        for (std::size_t k = 0; k < kLanes; ++k) runs[k].Add(windows[group + k].begin + i);
      }
      for (std::size_t k = 0; k < kLanes; ++k) finish(group + k, windows[group + k].begin + common, runs[k]);
    }
    for (; group < end; ++group) {
      Run run = make(group);
      finish(group, windows[group].begin, run);
    }
  };
  for (std::size_t first = 0; first < windows.size();) {
    std::size_t end = first + 1;
    std::uint64_t samples = windows[first].size();
    while (sharing == RunSharing::kByBegin && end < windows.size() && windows[end].begin == windows[first].begin) {
      samples += windows[end++].size();
    }
    if (samples > kLanes * windows[end - 1].size()) {
      run_group(first);
      Run run = make(first);
      std::uint32_t at = windows[first].begin;
      for (; first < end; ++first) {
        finish(first, at, run);
        at = windows[first].end;
      }
      group = end;
    }
    first = end;
  }
  run_group(windows.size());
}

}  // namespace vigia::promql
