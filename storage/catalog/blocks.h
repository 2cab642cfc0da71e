// Small pieces of memory that come and go together with many others: cut from blocks, each of which goes when all of
// its pieces are given back.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace vigia::storage {

// Not thread-safe. A piece stays where it is; its owner keeps the number of its block.
template <class T, std::size_t kBlock>
class Blocks {
 public:
  struct Piece {
    T* elements = nullptr;
    std::uint32_t block = 0;
  };
  // `count` elements, which have values only when the block is new.
  Piece Allocate(std::size_t count) {
    if (count > kBlock / 4) {  // A block of its own.
      const std::uint32_t block = Add(count);
      blocks_[block].pieces = 1;
      return {blocks_[block].elements.get(), block};
    }
    if (current_ == kNone || left_ < count) {
      if (current_ != kNone && blocks_[current_].pieces == 0) Free(current_);
      current_ = Add(kBlock);
      left_ = kBlock;
    }
    T* const elements = blocks_[current_].elements.get() + (kBlock - left_);
    left_ -= count;
    ++blocks_[current_].pieces;
    return {elements, current_};
  }
  // Gives one piece of the block back.
  void Release(std::uint32_t block) {
    assert(blocks_[block].pieces > 0);
    if (--blocks_[block].pieces == 0 && block != current_) Free(block);
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  struct Block {
    std::unique_ptr<T[]> elements;
    std::uint32_t pieces = 0;
  };
  std::uint32_t Add(std::size_t size) {
    auto block = static_cast<std::uint32_t>(blocks_.size());
    if (free_.empty()) {
      blocks_.emplace_back();
    } else {
      block = free_.back();
      free_.pop_back();
    }
    blocks_[block] = {std::make_unique<T[]>(size), 0};
    return block;
  }
  void Free(std::uint32_t block) {
    blocks_[block].elements.reset();
    free_.push_back(block);
  }

  std::vector<Block> blocks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t current_ = kNone;  // The block that is being filled.
  std::size_t left_ = 0;
};

}  // namespace vigia::storage
