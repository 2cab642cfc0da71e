// Label sets as numbers: one dictionary for targets (T), one for lines (L). See storage/README.md, "Identity".
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "storage/catalog/symbols.h"
#include "storage/model/labels.h"
#include "storage/sync/stable_vector.h"

namespace vigia::storage {

// Sum of a hash per label, modulo 2^128: the fingerprint of a series is that of its target plus that of its line,
// whichever way its labels are split.
struct Fingerprint {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  Fingerprint operator+(const Fingerprint& other) const;
  bool operator==(const Fingerprint&) const = default;
};
Fingerprint FingerprintOf(const Labels& labels);

struct LabelPair {
  Symbol name = 0;
  Symbol value = 0;
};

struct LabelSet {
  std::span<const LabelPair> pairs;  // Sorted by the text of the names.
  Fingerprint fingerprint;
  std::atomic<bool> persisted{false};  // The catalog on disk knows it.
};

// Add() and Find() need the caller's lock; reading a known id does not. Ids count from 1.
class LabelSets {
 public:
  explicit LabelSets(Symbols& symbols);

  std::uint32_t Intern(const Labels& labels);
  // 0 when there is no such set.
  std::uint32_t Find(const Labels& labels, const Fingerprint& fingerprint) const;
  // For reading back the catalog: the set gets this id. REQUIRES: ids arrive ascending, each set once.
  void Restore(std::uint32_t id, const Labels& labels);

  LabelSet& operator[](std::uint32_t id) const { return sets_[id]; }
  std::uint32_t end() const { return static_cast<std::uint32_t>(sets_.size()); }  // One past the last id.
  Labels ToLabels(std::uint32_t id) const;
  // The labels of both sets together, or those of them whose names are in `only`. REQUIRES: no name in both.
  static Labels Join(const Symbols& symbols, std::span<const LabelPair> a, std::span<const LabelPair> b,
                     const std::vector<Symbol>* only = nullptr);

 private:
  std::uint32_t Add(const Labels& labels, const Fingerprint& fingerprint);
  bool Equals(std::uint32_t id, const Labels& labels) const;
  void Rehash(std::size_t slots);

  Symbols& symbols_;
  StableVector<LabelSet> sets_;
  std::vector<std::uint32_t> table_;  // Open addressing by fingerprint; 0 is free.
  std::vector<std::unique_ptr<LabelPair[]>> arena_;
  std::size_t arena_left_ = 0;
};

}  // namespace vigia::storage
