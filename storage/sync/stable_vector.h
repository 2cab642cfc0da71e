// A vector that grows without moving its elements, so that readers need no lock.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vigia::storage {

// One thread at a time may Grow(); any thread may read elements below size() at any time. What the elements themselves
// allow to be changed is their own business. Elements are value-initialised and live until the vector dies.
template <class T>
class StableVector {
 public:
  StableVector() = default;
  StableVector(const StableVector&) = delete;
  StableVector& operator=(const StableVector&) = delete;
  ~StableVector() {
    for (auto& block : blocks_) delete[] block.load(std::memory_order_relaxed);
  }

  std::size_t size() const { return size_.load(std::memory_order_acquire); }
  T& operator[](std::size_t i) const {
    assert(i < size());
    const std::size_t biased = i + kFirst;
    const auto block = static_cast<std::size_t>(std::bit_width(biased)) - kFirstBits - 1;
    return blocks_[block].load(std::memory_order_acquire)[biased - (kFirst << block)];
  }
  // Element i and those behind it that lie in one piece of memory with it. REQUIRES: i < size().
  std::span<T> From(std::size_t i) const {
    const std::size_t biased = i + kFirst;
    const auto block = static_cast<std::size_t>(std::bit_width(biased)) - kFirstBits - 1;
    const std::size_t place = biased - (kFirst << block);
    T* const elements = blocks_[block].load(std::memory_order_acquire);
    return {elements + place, std::min((kFirst << block) - place, size() - i)};
  }
  // Calls visit(index, element) for each, in order: cheaper than by index.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    const std::size_t end = size();
    std::size_t i = 0;
    for (std::size_t block = 0; i < end; ++block) {
      T* const elements = blocks_[block].load(std::memory_order_acquire);
      const std::size_t count = std::min(kFirst << block, end - i);
      for (std::size_t k = 0; k < count; ++k) visit(i + k, elements[k]);
      i += count;
    }
  }
  // Makes room for one element, lets `fill` set it, then shows it to readers. Returns its index.
  template <class Fill>
  std::size_t Grow(Fill&& fill) {
    const std::size_t i = size_.load(std::memory_order_relaxed);
    const std::size_t biased = i + kFirst;
    const auto block = static_cast<std::size_t>(std::bit_width(biased)) - kFirstBits - 1;
    T* elements = blocks_[block].load(std::memory_order_relaxed);
    if (elements == nullptr) {
      elements = new T[kFirst << block]();
      blocks_[block].store(elements, std::memory_order_release);
    }
    fill(elements[biased - (kFirst << block)]);
    size_.store(i + 1, std::memory_order_release);
    return i;
  }

 private:
  static constexpr std::size_t kFirstBits = 4;
  static constexpr std::size_t kFirst = std::size_t{1} << kFirstBits;
  // Block k has kFirst << k elements: 28 blocks hold over 4 thousand million.
  std::array<std::atomic<T*>, 28> blocks_{};
  std::atomic<std::size_t> size_{0};
};

}  // namespace vigia::storage
