// The snappy block format (not the framed one), which is what remote write bodies come in.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "storage/model/error.h"

namespace vigia::server {

// Memory for one decoded block. Reusable; grows and never shrinks.
class DecodeBuffer {
 public:
  // REQUIRES: nobody uses what it gave before.
  char* Reserve(std::size_t size);
  std::size_t capacity() const { return capacity_; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
};

// The decoded block, in `buffer`. kLimit when the declared length is above `max_bytes` (nothing is allocated then),
// kInvalid when the block is corrupt.
storage::Result<std::string_view> DecodeSnappyBlock(std::string_view block, std::size_t max_bytes,
                                                    DecodeBuffer& buffer);

std::string EncodeSnappyBlock(std::string_view plain);

}  // namespace vigia::server
