// Every distinct label name and value once, as a number.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/sync/stable_vector.h"

namespace vigia::storage {

using Symbol = std::uint32_t;

// Adding needs the caller's lock; Text() does not. Symbols are never given back while the process lives.
class Symbols {
 public:
  Symbol Intern(std::string_view text);
  // False when nobody interned `text`. Needs the caller's lock (shared is enough).
  bool Find(std::string_view text, Symbol* symbol) const;
  std::string_view Text(Symbol symbol) const { return texts_[symbol]; }
  std::size_t size() const { return texts_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  std::string_view Store(std::string_view text);

  StableVector<std::string_view> texts_;
  std::unordered_map<std::string_view, Symbol> by_text_;
  std::vector<std::unique_ptr<char[]>> arena_;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace vigia::storage
