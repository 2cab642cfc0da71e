// How far a query is, for those who watch it from other threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace vigia::promql {

// Written by the query after every batch of rows, read by anybody.
struct QueryProgress {
  std::atomic<std::uint64_t> samples_held{0};
  std::atomic<std::uint64_t> samples_read{0};
};

}  // namespace vigia::promql
