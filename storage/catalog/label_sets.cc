#include "storage/catalog/label_sets.h"

#include <algorithm>
#include <cassert>
#include <string>

#include <xxhash.h>

namespace vigia::storage {
namespace {

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

LabelSets::LabelSets(Symbols& symbols) : symbols_(symbols), table_(64) {
  sets_.Grow([](LabelSet&) {});  // Id 0 names nothing.
}

std::uint32_t LabelSets::Intern(const Labels& labels) {
  const Fingerprint fingerprint = FingerprintOf(labels);
  const std::uint32_t known = Find(labels, fingerprint);
  return known != 0 ? known : Add(labels, fingerprint);
}

std::uint32_t LabelSets::Find(const Labels& labels, const Fingerprint& fingerprint) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = fingerprint.low & mask; table_[at] != 0; at = (at + 1) & mask) {
    if (sets_[table_[at]].fingerprint == fingerprint && Equals(table_[at], labels)) return table_[at];
  }
  return 0;
}

void LabelSets::Restore(std::uint32_t id, const Labels& labels) {
  assert(id >= end());
  while (end() < id) sets_.Grow([](LabelSet&) {});  // Removed in an earlier life.
  const std::uint32_t added = Add(labels, FingerprintOf(labels));
  assert(added == id);
  static_cast<void>(id);
  sets_[added].persisted.store(true, std::memory_order_relaxed);
}

std::uint32_t LabelSets::Add(const Labels& labels, const Fingerprint& fingerprint) {
  constexpr std::size_t kBlock = 2048;
  const std::size_t count = labels.size();
  if (arena_.empty() || arena_left_ < count) {
    arena_.push_back(std::make_unique<LabelPair[]>(std::max(kBlock, count)));
    arena_left_ = std::max(kBlock, count);
  }
  LabelPair* const pairs = arena_.back().get() + (std::max(kBlock, count) - arena_left_);
  arena_left_ -= count;
  std::size_t i = 0;
  for (const LabelView label : labels) pairs[i++] = {symbols_.Intern(label.name), symbols_.Intern(label.value)};
  const auto id = static_cast<std::uint32_t>(sets_.Grow([&](LabelSet& set) {
    set.pairs = {pairs, count};
    set.fingerprint = fingerprint;
  }));
  if (std::size_t{id} * 10 > table_.size() * 7) Rehash(table_.size() * 2);
  const std::size_t mask = table_.size() - 1;
  std::size_t at = fingerprint.low & mask;
  while (table_[at] != 0 && table_[at] != id) at = (at + 1) & mask;
  table_[at] = id;
  return id;
}

void LabelSets::Rehash(std::size_t slots) {
  const std::vector<std::uint32_t> old = std::exchange(table_, std::vector<std::uint32_t>(slots));
  for (const std::uint32_t id : old) {
    if (id == 0) continue;
    std::size_t at = sets_[id].fingerprint.low & (slots - 1);
    while (table_[at] != 0) at = (at + 1) & (slots - 1);
    table_[at] = id;
  }
}

bool LabelSets::Equals(std::uint32_t id, const Labels& labels) const {
  const auto& pairs = sets_[id].pairs;
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

Labels LabelSets::ToLabels(std::uint32_t id) const { return Join(symbols_, sets_[id].pairs, {}); }

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
