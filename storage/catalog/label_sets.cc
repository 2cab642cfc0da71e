#include "storage/catalog/label_sets.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include <xxhash.h>

namespace vigia::storage {
namespace {

constexpr std::size_t kFirstSlots = 64;

Fingerprint HashOf(LabelView label) {
  thread_local std::string text;
  text.assign(label.name);
  text.push_back('\xff');  // In no UTF-8 text: name and value cannot run into each other.
  text.append(label.value);
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

}  // namespace

Fingerprint Fingerprint::operator+(const Fingerprint& other) const {
  Fingerprint sum{low + other.low, high + other.high};
  if (sum.low < low) ++sum.high;
  return sum;
}

Fingerprint FingerprintOf(const Labels& labels) {
  Fingerprint sum;
  for (const LabelView label : labels) sum = sum + HashOf(label);
  return sum;
}

LabelSets::LabelSets(Symbols& symbols) : symbols_(symbols), table_(kFirstSlots) {
  MakeRoom(0).loaded_ = true;  // Id 0 names nothing.
}

LabelSets::~LabelSets() {
  pages_.ForEach([](std::size_t, std::atomic<LabelSet*>& page) { delete[] page.load(); });
}

std::uint32_t LabelSets::Intern(const Labels& labels) {
  const Fingerprint fingerprint = FingerprintOf(labels);
  if (const std::uint32_t known = Find(labels, fingerprint); known != 0) return known;
  const std::uint32_t id = end();
  Fill(id, labels, fingerprint);
  return id;
}

std::uint32_t LabelSets::Find(const Labels& labels, const Fingerprint& fingerprint) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = fingerprint.low & mask; table_[at] != 0; at = (at + 1) & mask) {
    if ((*this)[table_[at]].fingerprint == fingerprint && Equals(table_[at], labels)) return table_[at];
  }
  return 0;
}

void LabelSets::Restore(std::uint32_t id, const Labels& labels) {
  assert(id != 0 && !IsLoaded(id));
  Fill(id, labels, FingerprintOf(labels));
  (*this)[id].persisted.store(true, std::memory_order_relaxed);
}

void LabelSets::Withdraw(std::uint32_t id) {
  Leave(id);
  (*this)[id].withdrawn_ = true;
}

void LabelSets::Unload(std::uint32_t id) {
  assert(id != 0 && IsLoaded(id));
  LabelSet& set = (*this)[id];
  if (!set.withdrawn_) Leave(id);
  for (const LabelPair& pair : set.pairs()) {
    symbols_.Release(pair.name);
    symbols_.Release(pair.value);
  }
  blocks_.Release(set.block_);
  LabelSet* const page = pages_[id / kPage].load(std::memory_order_relaxed);
  set.loaded_ = false;
  set.pairs_ = nullptr;
  set.count_ = 0;
  set.indexed = set.named = 0;
  set.stored.store(0, std::memory_order_relaxed);
  set.persisted.store(false, std::memory_order_relaxed);
  set.withdrawn_ = set.taken = set.revived = false;
  // New ids still go to the last page.
  if (id / kPage == end() / kPage || std::any_of(page, page + kPage, [](const LabelSet& s) { return s.loaded_; }))
    return;
  pages_[id / kPage].store(nullptr, std::memory_order_release);
  delete[] page;
}

LabelSet& LabelSets::MakeRoom(std::uint32_t id) {
  while (pages_.size() <= id / kPage) pages_.Grow([](std::atomic<LabelSet*>&) {});
  std::atomic<LabelSet*>& page = pages_[id / kPage];
  if (page.load(std::memory_order_relaxed) == nullptr) page.store(new LabelSet[kPage], std::memory_order_release);
  if (id >= end()) end_.store(id + 1, std::memory_order_release);
  return page.load(std::memory_order_relaxed)[id % kPage];
}

void LabelSets::Fill(std::uint32_t id, const Labels& labels, const Fingerprint& fingerprint) {
  const std::size_t count = labels.size();
  assert(count <= kMaxLabels);
  const auto [pairs, block] = blocks_.Allocate(count);
  std::size_t i = 0;
  for (const LabelView label : labels) pairs[i++] = {symbols_.Intern(label.name), symbols_.Intern(label.value)};
  LabelSet& set = MakeRoom(id);
  set.pairs_ = pairs;
  set.count_ = static_cast<std::uint16_t>(count);
  set.block_ = block;
  set.fingerprint = fingerprint;
  set.loaded_ = true;
  Enter(id);
}

void LabelSets::Enter(std::uint32_t id) {
  if ((size_ + 1) * 10 > table_.size() * 7) Rehash(table_.size() * 2);
  const std::size_t mask = table_.size() - 1;
  std::size_t at = (*this)[id].fingerprint.low & mask;
  while (table_[at] != 0) at = (at + 1) & mask;
  table_[at] = id;
  ++size_;
}

void LabelSets::Leave(std::uint32_t id) {
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = (*this)[id].fingerprint.low & mask;
  while (table_[hole] != id) hole = (hole + 1) & mask;
  for (std::size_t next = (hole + 1) & mask; table_[next] != 0; next = (next + 1) & mask) {
    const std::size_t first = (*this)[table_[next]].fingerprint.low & mask;
    if (((next - first) & mask) < ((next - hole) & mask)) continue;
    table_[hole] = table_[next];
    hole = next;
  }
  table_[hole] = 0;
  --size_;
  if (table_.size() > kFirstSlots && size_ * 8 < table_.size()) Rehash(table_.size() / 2);
}

void LabelSets::Rehash(std::size_t slots) {
  const std::vector<std::uint32_t> old = std::exchange(table_, std::vector<std::uint32_t>(slots));
  for (const std::uint32_t id : old) {
    if (id == 0) continue;
    std::size_t at = (*this)[id].fingerprint.low & (slots - 1);
    while (table_[at] != 0) at = (at + 1) & (slots - 1);
    table_[at] = id;
  }
}

bool LabelSets::Equals(std::uint32_t id, const Labels& labels) const {
  const auto pairs = (*this)[id].pairs();
  std::size_t i = 0;
  for (const LabelView label : labels) {
    if (i == pairs.size() || symbols_.Text(pairs[i].name) != label.name ||
        symbols_.Text(pairs[i].value) != label.value) {
      return false;
    }
    ++i;
  }
  return i == pairs.size();
}

Labels LabelSets::ToLabels(std::uint32_t id) const { return Join(symbols_, (*this)[id].pairs(), {}); }

Labels LabelSets::Join(const Symbols& symbols, std::span<const LabelPair> a, std::span<const LabelPair> b,
                       const std::vector<Symbol>* only) {
  thread_local std::vector<LabelView> labels;
  labels.clear();
  const auto take = [&](const LabelPair& pair) {
    labels.push_back({symbols.Text(pair.name), symbols.Text(pair.value)});
  };
  const auto skip = [&](std::span<const LabelPair>& pairs) {
    if (only == nullptr) return;
    while (!pairs.empty() && std::ranges::find(*only, pairs.front().name) == only->end()) pairs = pairs.subspan(1);
  };
  for (skip(a), skip(b); !a.empty() || !b.empty();) {
    const bool from_a = b.empty() || (!a.empty() && symbols.Text(a.front().name) < symbols.Text(b.front().name));
    auto& next = from_a ? a : b;
    take(next.front());
    next = next.subspan(1);
    skip(next);
  }
  return Labels::FromSorted(labels);
}

}  // namespace vigia::storage
