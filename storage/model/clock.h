// The time of day as a parameter: servers pass SystemClock(), tests a variable.
#pragma once

#include <chrono>
#include <functional>

#include "storage/model/timestamp.h"

namespace vigia::storage {

using Clock = std::function<TimestampMs()>;

inline Clock SystemClock() {
  return [] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  };
}

}  // namespace vigia::storage
