// Label sets as numbers: one dictionary for targets (T), one for lines (L). See storage/README.md, "Identity".
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "storage/catalog/blocks.h"
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

class LabelSet {
 public:
  std::span<const LabelPair> pairs() const { return {pairs_, count_}; }  // Sorted by the text of the names.

  Fingerprint fingerprint;
  // Kept by the owner of the sets: columns with this set that are in the index, that are in memory, and that the
  // catalog on disk has; whether it waits for being unloaded, and was used again meanwhile.
  std::uint32_t indexed = 0;
  std::uint32_t named = 0;
  std::atomic<std::uint32_t> stored{0};
  std::atomic<bool> persisted{false};  // The catalog on disk knows the set.
  bool taken = false;
  bool revived = false;

 private:
  friend class LabelSets;
  bool loaded_ = false;
  bool withdrawn_ = false;
  std::uint16_t count_ = 0;
  std::uint32_t block_ = 0;
  const LabelPair* pairs_ = nullptr;
};

// Everything but reading a loaded id needs the caller's lock. Ids count from 1 and are never used again.
class LabelSets {
 public:
  explicit LabelSets(Symbols& symbols);
  ~LabelSets();
  LabelSets(const LabelSets&) = delete;
  LabelSets& operator=(const LabelSets&) = delete;

  static constexpr std::size_t kMaxLabels = UINT16_MAX;
  // REQUIRES: at most kMaxLabels labels.
  std::uint32_t Intern(const Labels& labels);
  // 0 when there is no such set in memory.
  std::uint32_t Find(const Labels& labels, const Fingerprint& fingerprint) const;
  // For reading back the catalog: the set gets this id, which is new or was unloaded, and counts as persisted.
  void Restore(std::uint32_t id, const Labels& labels);
  // Find() and Intern() do not give the set any more.
  void Withdraw(std::uint32_t id);
  // Forgets the set in memory. REQUIRES: it is loaded, and nobody looks at it.
  void Unload(std::uint32_t id);

  bool IsLoaded(std::uint32_t id) const {
    const LabelSet* const page = id < end() ? pages_[id / kPage].load(std::memory_order_acquire) : nullptr;
    return page != nullptr && page[id % kPage].loaded_;
  }
  // REQUIRES: IsLoaded(), or was loaded when a pin was taken that covers these sets. Id 0 has no labels.
  LabelSet& operator[](std::uint32_t id) const {
    assert(pages_[id / kPage].load() != nullptr);
    return pages_[id / kPage].load(std::memory_order_acquire)[id % kPage];
  }
  std::uint32_t end() const { return end_.load(std::memory_order_acquire); }  // One past the last id.
  Labels ToLabels(std::uint32_t id) const;
  // The labels of both sets together, or those of them whose names are in `only`. REQUIRES: no name in both.
  static Labels Join(const Symbols& symbols, std::span<const LabelPair> a, std::span<const LabelPair> b,
                     const std::vector<Symbol>* only = nullptr);

 private:
  static constexpr std::uint32_t kPage = 64;
  LabelSet& MakeRoom(std::uint32_t id);
  void Fill(std::uint32_t id, const Labels& labels, const Fingerprint& fingerprint);
  bool Equals(std::uint32_t id, const Labels& labels) const;
  void Enter(std::uint32_t id);
  void Leave(std::uint32_t id);
  void Rehash(std::size_t slots);

  Symbols& symbols_;
  StableVector<std::atomic<LabelSet*>> pages_;  // Null: none of its sets is loaded.
  std::atomic<std::uint32_t> end_{0};
  std::vector<std::uint32_t> table_;  // Open addressing by fingerprint; 0 is free.
  std::size_t size_ = 0;              // Of table_.
  Blocks<LabelPair, 2048> blocks_;
};

}  // namespace vigia::storage
