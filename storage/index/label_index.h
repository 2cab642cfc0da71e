// Label → ids of one dictionary of label sets (targets or lines).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "storage/catalog/label_sets.h"
#include "storage/model/matcher.h"

namespace vigia::storage {

using IdSet = std::vector<std::uint32_t>;  // Sorted, unique.

IdSet Union(std::vector<const IdSet*> sets);
IdSet Intersect(const IdSet& a, const IdSet& b);
IdSet Subtract(const IdSet& a, const IdSet& b);

// Not thread-safe: needs the caller's lock, shared for reading.
class LabelIndex {
 public:
  explicit LabelIndex(const Symbols& symbols) : symbols_(symbols) {}

  void Add(std::uint32_t id, std::span<const LabelPair> pairs);
  void Remove(std::uint32_t id, std::span<const LabelPair> pairs);
  // The same for many ids, whose labels `pairs_of` gives: each set that changes is gone through once.
  using PairsOf = std::function<std::span<const LabelPair>(std::uint32_t id)>;
  void AddAll(const IdSet& ids, const PairsOf& pairs_of);
  void RemoveAll(const IdSet& ids, const PairsOf& pairs_of);
  const IdSet& all() const { return all_; }

  // Ids that have the matcher's label with a value that matches, and with one that does not.
  struct Split {
    IdSet matching;
    IdSet other;
  };
  // `want_*` say which side is needed: the other one stays empty.
  Split Evaluate(const Matcher& matcher, bool want_matching, bool want_other) const;

  using Values = boost::unordered_flat_map<Symbol, IdSet>;  // Gone through value by value as often as looked up in.
  const std::unordered_map<Symbol, Values>& names() const { return names_; }

 private:
  const Values* ValuesOf(const std::string& name) const;

  const Symbols& symbols_;
  std::unordered_map<Symbol, Values> names_;
  IdSet all_;
};

}  // namespace vigia::storage
