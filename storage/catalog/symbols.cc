#include "storage/catalog/symbols.h"

#include <cstring>

namespace vigia::storage {

std::string_view Symbols::Store(std::string_view text) {
  constexpr std::size_t kBlock = 16u << 10;
  bytes_ += text.size();
  if (text.size() > kBlock / 4) {  // A block of its own, placed before the one that is being filled.
    auto block = std::make_unique<char[]>(text.size());
    std::memcpy(block.get(), text.data(), text.size());
    const std::string_view stored(block.get(), text.size());
    arena_.insert(arena_.empty() ? arena_.end() : arena_.end() - 1, std::move(block));
    return stored;
  }
  if (arena_.empty() || left_ < text.size()) {
    arena_.push_back(std::make_unique<char[]>(kBlock));
    left_ = kBlock;
  }
  char* at = arena_.back().get() + (kBlock - left_);
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  left_ -= text.size();
  return {at, text.size()};
}

Symbol Symbols::Intern(std::string_view text) {
  if (const auto known = by_text_.find(text); known != by_text_.end()) return known->second;
  const std::string_view stored = Store(text);
  const auto symbol = static_cast<Symbol>(texts_.Grow([&](std::string_view& slot) { slot = stored; }));
  by_text_.emplace(stored, symbol);
  return symbol;
}

bool Symbols::Find(std::string_view text, Symbol* symbol) const {
  const auto known = by_text_.find(text);
  if (known == by_text_.end()) return false;
  *symbol = known->second;
  return true;
}

}  // namespace vigia::storage
