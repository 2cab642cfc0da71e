#include "storage/catalog/symbols.h"

#include <cassert>
#include <cstring>
#include <utility>

namespace vigia::storage {

Symbol Symbols::Intern(std::string_view text) {
  if (const auto known = by_text_.find(text); known != by_text_.end()) {
    Use& use = uses_[known->second];
    if (use.count++ == 0) use.revived = use.taken;
    return known->second;
  }
  Use use{.count = 1};
  const auto [bytes, block] = blocks_.Allocate(text.size());
  if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
  bytes_ += text.size();
  use.block = block;
  const std::string_view stored(bytes, text.size());
  Symbol symbol = 0;
  if (free_.empty()) {
    symbol = static_cast<Symbol>(texts_.Grow([&](std::string_view& slot) { slot = stored; }));
    uses_.push_back(use);
  } else {
    symbol = free_.back();
    free_.pop_back();
    texts_[symbol] = stored;
    uses_[symbol] = use;
  }
  by_text_.emplace(stored, symbol);
  return symbol;
}

void Symbols::Release(Symbol symbol) {
  Use& use = uses_[symbol];
  assert(use.count > 0);
  if (--use.count == 0 && !use.taken) unused_.push_back(symbol);
}

bool Symbols::Find(std::string_view text, Symbol* symbol) const {
  const auto known = by_text_.find(text);
  if (known == by_text_.end() || uses_[known->second].count == 0) return false;
  *symbol = known->second;
  return true;
}

std::vector<Symbol> Symbols::TakeUnused() {
  std::vector<Symbol> out;
  for (const Symbol symbol : std::exchange(unused_, {})) {
    if (uses_[symbol].count > 0 || uses_[symbol].taken) continue;
    uses_[symbol].taken = true;
    uses_[symbol].revived = false;
    out.push_back(symbol);
  }
  return out;
}

void Symbols::Free(const std::vector<Symbol>& taken) {
  for (const Symbol symbol : taken) {
    Use& use = uses_[symbol];
    use.taken = false;
    if (use.count > 0) continue;
    use.revived ? unused_.push_back(symbol) : FreeText(symbol);
  }
}

void Symbols::FreeText(Symbol symbol) {
  const std::string_view text = texts_[symbol];
  bytes_ -= text.size();
  by_text_.erase(text);
  blocks_.Release(uses_[symbol].block);
  texts_[symbol] = {};
  free_.push_back(symbol);
}

}  // namespace vigia::storage
