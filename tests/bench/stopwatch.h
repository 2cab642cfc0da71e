// CPU time of this process, for benchmarks: other work on the machine does not count.
#pragma once

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <limits>

namespace vigia::bench {

inline double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Seconds of CPU of work(prepare()), without prepare(): the best of several rounds, each long enough to be measured.
template <class Prepare, class Work>
double SecondsOf(const Prepare& prepare, const Work& work) {
  constexpr int kRounds = 7;
  constexpr double kRoundSeconds = 0.03;
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    double spent = 0;
    int calls = 0;
    while (spent < kRoundSeconds) {
      auto prepared = prepare();
      const double start = CpuSeconds();
      work(prepared);
      spent += CpuSeconds() - start;
      ++calls;
    }
    best = std::min(best, spent / calls);
  }
  return best;
}

// The same for short work that needs no preparation: the clock is read once for many calls.
template <class Work>
double SecondsOf(const Work& work) {
  constexpr int kCalls = 100;
  const double seconds = SecondsOf([] { return 0; },
                                   [&](int) {
                                     for (int i = 0; i < kCalls; ++i) work();
                                   });
  return seconds / kCalls;
}

// `aim` in the same unit; 0: there is none.
inline void Report(const char* what, double seconds, double units, const char* unit, double aim) {
  std::printf("%-44s %8.2f ns/%-12s", what, seconds * 1e9 / units, unit);
  if (aim > 0) std::printf(" aim %.4g", aim);
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace vigia::bench
