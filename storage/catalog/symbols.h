// Every distinct label name and value once, as a number.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/catalog/blocks.h"
#include "storage/sync/stable_vector.h"

namespace vigia::storage {

using Symbol = std::uint32_t;

// Everything but Text() needs the caller's lock. Intern() and Release() count how often a symbol is used.
class Symbols {
 public:
  Symbol Intern(std::string_view text);
  void Release(Symbol symbol);
  // False when nobody uses `text`. Needs the caller's lock (shared is enough).
  bool Find(std::string_view text, Symbol* symbol) const;
  // REQUIRES: the symbol is used, or was when the caller took a pin that covers these symbols.
  std::string_view Text(Symbol symbol) const { return texts_[symbol]; }
  std::size_t size() const { return by_text_.size(); }
  std::size_t bytes() const { return bytes_; }

  // Symbols that nobody uses any more and that this did not return yet.
  std::vector<Symbol> TakeUnused();
  // Gives back those of them that nobody uses since; their numbers go to other texts. The others will be returned by
  // TakeUnused() again, when it is time. REQUIRES: nobody looks at symbols that were unused when they were taken.
  void Free(const std::vector<Symbol>& taken);

 private:
  struct Use {
    std::uint32_t count = 0;
    std::uint32_t block = 0;
    bool taken = false;    // By TakeUnused(), and not freed yet.
    bool revived = false;  // Used since then: it has to be taken anew.
  };
  void FreeText(Symbol symbol);

  StableVector<std::string_view> texts_;
  std::vector<Use> uses_;
  std::unordered_map<std::string_view, Symbol> by_text_;  // Unused ones included, until they are freed.
  std::vector<Symbol> unused_;
  std::vector<Symbol> free_;
  Blocks<char, 16u << 10> blocks_;
  std::size_t bytes_ = 0;
};

}  // namespace vigia::storage
