// Waits for what other threads do.
#pragma once

#include <chrono>
#include <thread>

namespace vigia::tests {

// Whether `condition` held within ten seconds.
template <class Condition>
bool Eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

}  // namespace vigia::tests
