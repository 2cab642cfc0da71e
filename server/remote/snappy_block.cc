#include "server/remote/snappy_block.h"

#include <fmt/format.h>
#include <snappy.h>

namespace vigia::server {

char* DecodeBuffer::Reserve(std::size_t size) {
  if (size > capacity_) {
    bytes_.reset();
    bytes_.reset(new char[size]);  // Not value-initialised: the decoder writes every byte.
    capacity_ = size;
  }
  return bytes_.get();
}

storage::Result<std::string_view> DecodeSnappyBlock(std::string_view block, std::size_t max_bytes,
                                                    DecodeBuffer& buffer) {
  const storage::Error corrupt{storage::Errc::kInvalid, "snappy: corrupt input"};
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &size)) return corrupt;
  if (size > max_bytes) {
    return storage::Error{
        storage::Errc::kLimit,
        fmt::format("snappy: decoded block is too large: {} bytes, the limit is {}", size, max_bytes)};
  }
  char* const out = buffer.Reserve(size);
  if (!snappy::RawUncompress(block.data(), block.size(), out)) return corrupt;
  return std::string_view(out, size);
}

std::string EncodeSnappyBlock(std::string_view plain) {
  std::string out;
  snappy::Compress(plain.data(), plain.size(), &out);
  return out;
}

}  // namespace vigia::server
