// From fingerprints to series: an open-addressing table of 12 bytes a slot that keeps no label text.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/catalog/label_sets.h"

namespace vigia::storage {

// Not thread-safe: needs the caller's lock. A slot keeps 32 bits of the fingerprint; the caller's `equals(value)`
// decides. What was inserted stays.
class SeriesTable {
 public:
  SeriesTable() : values_(64), tags_(64) {}

  // The value with this fingerprint that `equals` accepts, or 0.
  template <class Equals>
  std::uint64_t Find(const Fingerprint& fingerprint, Equals&& equals) const {
    const std::size_t mask = values_.size() - 1;
    const std::uint32_t tag = TagOf(fingerprint);
    for (std::size_t at = fingerprint.low & mask; values_[at] != 0; at = (at + 1) & mask) {
      if (tags_[at] == tag && equals(values_[at])) return values_[at];
    }
    return 0;
  }
  // REQUIRES: not there yet, value not 0. `fingerprint_of(value)` serves to move values when it grows.
  template <class FingerprintOf>
  void Insert(const Fingerprint& fingerprint, std::uint64_t value, FingerprintOf&& fingerprint_of) {
    if ((size_ + 1) * 10 > values_.size() * 8) Grow(fingerprint_of);
    Place(fingerprint, value);
    ++size_;
  }
  std::size_t size() const { return size_; }

 private:
  static std::uint32_t TagOf(const Fingerprint& fingerprint) { return static_cast<std::uint32_t>(fingerprint.high); }
  void Place(const Fingerprint& fingerprint, std::uint64_t value) {
    const std::size_t mask = values_.size() - 1;
    std::size_t at = fingerprint.low & mask;
    while (values_[at] != 0) at = (at + 1) & mask;
    values_[at] = value;
    tags_[at] = TagOf(fingerprint);
  }
  template <class FingerprintOf>
  void Grow(FingerprintOf&& fingerprint_of) {
    std::size_t slots = values_.size();
    while ((size_ + 1) * 10 > slots * 5) slots *= 2;
    const std::vector<std::uint64_t> old = std::exchange(values_, std::vector<std::uint64_t>(slots));
    tags_.assign(slots, 0);
    for (const std::uint64_t value : old) {
      if (value != 0) Place(fingerprint_of(value), value);
    }
  }

  std::vector<std::uint64_t> values_;
  std::vector<std::uint32_t> tags_;
  std::size_t size_ = 0;
};

}  // namespace vigia::storage
