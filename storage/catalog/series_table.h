// From fingerprints to series: an open-addressing table of 12 bytes a slot that keeps no label text.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "storage/catalog/label_sets.h"

namespace vigia::storage {

// Not thread-safe: needs the caller's lock. A slot keeps 32 bits of the fingerprint; the caller's `equals(value)`
// decides.
class SeriesTable {
 public:
  SeriesTable() : values_(kFirst), tags_(kFirst) {}

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
    if ((size_ + 1) * 10 > values_.size() * 8) Resize(size_ + 1, fingerprint_of);
    Place(fingerprint, value);
    ++size_;
  }
  // Does nothing when it is not there. `fingerprint_of` must know all values, this one included.
  template <class FingerprintOf>
  void Erase(std::uint64_t value, FingerprintOf&& fingerprint_of) {
    const std::size_t mask = values_.size() - 1;
    std::size_t hole = fingerprint_of(value).low & mask;
    for (; values_[hole] != value; hole = (hole + 1) & mask) {
      if (values_[hole] == 0) return;
    }
    // What follows closes up, as far as that leaves it behind the place where a search begins.
    for (std::size_t next = (hole + 1) & mask; values_[next] != 0; next = (next + 1) & mask) {
      const std::size_t first = fingerprint_of(values_[next]).low & mask;
      if (((next - first) & mask) < ((next - hole) & mask)) continue;
      values_[hole] = values_[next];
      tags_[hole] = tags_[next];
      hole = next;
    }
    values_[hole] = 0;
    --size_;
  }
  // Makes room for so many more.
  template <class FingerprintOf>
  void Reserve(std::size_t count, FingerprintOf&& fingerprint_of) {
    if ((size_ + count) * 10 > values_.size() * 8) Resize(size_ + count, fingerprint_of);
  }
  // Gives memory back when the table is nearly empty.
  template <class FingerprintOf>
  void Shrink(FingerprintOf&& fingerprint_of) {
    if (values_.size() > kFirst && size_ * 5 < values_.size()) Resize(size_, fingerprint_of);
  }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kFirst = 64;
  static std::uint32_t TagOf(const Fingerprint& fingerprint) { return static_cast<std::uint32_t>(fingerprint.high); }
  void Place(const Fingerprint& fingerprint, std::uint64_t value) {
    const std::size_t mask = values_.size() - 1;
    std::size_t at = fingerprint.low & mask;
    while (values_[at] != 0) at = (at + 1) & mask;
    values_[at] = value;
    tags_[at] = TagOf(fingerprint);
  }
  template <class FingerprintOf>
  void Resize(std::size_t entries, FingerprintOf&& fingerprint_of) {
    std::size_t slots = kFirst;
    while (entries * 10 > slots * 5) slots *= 2;
    const std::vector<std::uint64_t> old = std::exchange(values_, std::vector<std::uint64_t>(slots));
    tags_ = std::vector<std::uint32_t>(slots);
    for (const std::uint64_t value : old) {
      if (value != 0) Place(fingerprint_of(value), value);
    }
  }

  std::vector<std::uint64_t> values_;
  std::vector<std::uint32_t> tags_;
  std::size_t size_ = 0;
};

}  // namespace vigia::storage
