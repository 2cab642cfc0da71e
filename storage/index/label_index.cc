#include "storage/index/label_index.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

namespace vigia::storage {
namespace {

// The literals of an alternation such as `a|b|c`, when the expression is nothing else.
std::optional<std::vector<std::string>> Alternatives(const Matcher& matcher) {
  if (matcher.type() != MatchType::kRegex && matcher.type() != MatchType::kNotRegex) return std::nullopt;
  if (matcher.value().find_first_of("\\.+*?()[]{}^$") != std::string::npos) return std::nullopt;
  std::vector<std::string> out;
  std::size_t from = 0;
  for (;;) {
    const std::size_t bar = matcher.value().find('|', from);
    out.push_back(matcher.value().substr(from, bar - from));
    if (bar == std::string::npos) return out;
    from = bar + 1;
  }
}

void InsertSorted(IdSet& set, std::uint32_t id) {
  if (set.empty() || set.back() < id) {
    set.push_back(id);
    return;
  }
  const auto at = std::lower_bound(set.begin(), set.end(), id);
  if (at == set.end() || *at != id) set.insert(at, id);
}

void EraseSorted(IdSet& set, std::uint32_t id) {
  const auto at = std::lower_bound(set.begin(), set.end(), id);
  if (at != set.end() && *at == id) set.erase(at);
}

std::unordered_map<Symbol, LabelIndex::Values> ByPair(const IdSet& ids, const LabelIndex::PairsOf& pairs_of) {
  std::unordered_map<Symbol, LabelIndex::Values> out;
  for (const std::uint32_t id : ids) {
    for (const LabelPair& pair : pairs_of(id)) out[pair.name][pair.value].push_back(id);
  }
  return out;
}

void EraseAll(IdSet& set, const IdSet& some) {
  if (some.empty()) return;
  auto next = some.begin();
  const auto first = std::lower_bound(set.begin(), set.end(), some.front());
  const auto kept = std::remove_if(first, set.end(), [&](std::uint32_t id) {
    while (next != some.end() && *next < id) ++next;
    return next != some.end() && *next == id;
  });
  set.erase(kept, set.end());
}

void Merge(IdSet& set, const IdSet& more) {
  const bool behind = set.empty() || more.empty() || set.back() < more.front();
  const auto middle = set.insert(set.end(), more.begin(), more.end());
  if (behind) return;
  std::inplace_merge(set.begin(), middle, set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
}

}  // namespace

IdSet Union(std::vector<const IdSet*> sets) {
  if (sets.empty()) return {};
  if (sets.size() == 1) return *sets[0];
  std::size_t total = 0;
  for (const IdSet* set : sets) total += set->size();
  IdSet out;
  out.reserve(total);
  for (const IdSet* set : sets) out.insert(out.end(), set->begin(), set->end());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

IdSet Intersect(const IdSet& a, const IdSet& b) {
  IdSet out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

IdSet Subtract(const IdSet& a, const IdSet& b) {
  IdSet out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

void LabelIndex::Add(std::uint32_t id, std::span<const LabelPair> pairs) {
  for (const LabelPair& pair : pairs) InsertSorted(names_[pair.name][pair.value], id);
  InsertSorted(all_, id);
}

void LabelIndex::Remove(std::uint32_t id, std::span<const LabelPair> pairs) {
  for (const LabelPair& pair : pairs) {
    const auto name = names_.find(pair.name);
    if (name == names_.end()) continue;
    const auto value = name->second.find(pair.value);
    if (value == name->second.end()) continue;
    EraseSorted(value->second, id);
    if (value->second.empty()) name->second.erase(value);
    if (name->second.empty()) names_.erase(name);
  }
  EraseSorted(all_, id);
}

void LabelIndex::AddAll(const IdSet& ids, const PairsOf& pairs_of) {
  for (const auto& [name, values] : ByPair(ids, pairs_of)) {
    Values& known = names_[name];
    for (const auto& [value, some] : values) Merge(known[value], some);
  }
  Merge(all_, ids);
}

void LabelIndex::RemoveAll(const IdSet& ids, const PairsOf& pairs_of) {
  for (const auto& [symbol, values] : ByPair(ids, pairs_of)) {
    const auto name = names_.find(symbol);
    if (name == names_.end()) continue;
    for (const auto& [value_symbol, some] : values) {
      const auto value = name->second.find(value_symbol);
      if (value == name->second.end()) continue;
      EraseAll(value->second, some);
      if (value->second.empty()) name->second.erase(value);
    }
    if (name->second.empty()) names_.erase(name);
  }
  EraseAll(all_, ids);
}

const LabelIndex::Values* LabelIndex::ValuesOf(const std::string& name) const {
  Symbol symbol = 0;
  if (!symbols_.Find(name, &symbol)) return nullptr;
  const auto known = names_.find(symbol);
  return known == names_.end() ? nullptr : &known->second;
}

LabelIndex::Split LabelIndex::Evaluate(const Matcher& matcher, bool want_matching, bool want_other) const {
  const Values* const values = ValuesOf(matcher.name());
  if (values == nullptr) return {};
  const bool positive = matcher.type() == MatchType::kEqual || matcher.type() == MatchType::kRegex;
  std::optional<std::vector<std::string>> literals = Alternatives(matcher);
  if (matcher.type() == MatchType::kEqual || matcher.type() == MatchType::kNotEqual) literals = {{matcher.value()}};
  std::vector<const IdSet*> matching;
  std::vector<const IdSet*> other;
  if (literals && !(positive ? want_other : want_matching)) {  // Only the named values are needed.
    std::sort(literals->begin(), literals->end());
    literals->erase(std::unique(literals->begin(), literals->end()), literals->end());
    for (const std::string& literal : *literals) {
      Symbol symbol = 0;
      if (!symbols_.Find(literal, &symbol)) continue;
      const auto at = values->find(symbol);
      if (at != values->end()) (positive ? matching : other).push_back(&at->second);
    }
  } else {
    for (const auto& [symbol, ids] : *values)
      (matcher.Matches(symbols_.Text(symbol)) ? matching : other).push_back(&ids);
  }
  Split split;
  if (want_matching) split.matching = Union(std::move(matching));
  if (want_other) split.other = Union(std::move(other));
  return split;
}

}  // namespace vigia::storage
