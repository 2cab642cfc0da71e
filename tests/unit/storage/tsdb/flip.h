// Damage to a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"

namespace vigia::storage::test {

// Changes `count` bytes from `at` on.
inline void Flip(const std::filesystem::path& path, std::uint64_t at, std::size_t count = 8) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (std::size_t i = 0; i < count; ++i) {
    file.seekg(static_cast<std::streamoff>(at + i));
    const auto byte = static_cast<char>(file.get() ^ 0x55);
    file.seekp(static_cast<std::streamoff>(at + i));
    file.put(byte);
  }
  REQUIRE(file.good());
}

}  // namespace vigia::storage::test
