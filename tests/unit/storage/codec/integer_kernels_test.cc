#include "storage/codec/integer_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "storage/bytes/bits.h"
#include "tests/support/catch.h"

using namespace vigia::storage;

namespace {

std::vector<std::int64_t> RandomFields(std::mt19937_64& random, unsigned width, std::size_t n) {
  std::vector<std::int64_t> fields(n);
  for (std::int64_t& f : fields)
    f = static_cast<std::int64_t>(width == 64 ? random() : random() & ((1ull << width) - 1));
  return fields;
}

// In a block of its own, so that a sanitizer sees a read behind its end.
std::vector<char> Packed(const std::vector<std::int64_t>& fields, unsigned width) {
  std::string bytes;
  BitWriter writer(bytes);
  for (const std::int64_t f : fields) writer.Put(static_cast<std::uint64_t>(f), width);
  writer.Finish();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("every form unpacks fields of every width and number") {
  std::mt19937_64 random(1);
  for (unsigned width = 1; width <= 64; ++width) {
    for (const std::size_t n : {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 64, 100, 511, 512}) {
      const auto fields = RandomFields(random, width, n);
      const auto bytes = Packed(fields, width);
      for (auto kernels = AllIntegerKernels(); *kernels != nullptr; ++kernels) {
        std::vector<std::int64_t> out(n);
        (*kernels)->unpack(bytes.data(), width, out.data(), n);
        INFO((*kernels)->name << ", width " << width << ", " << n << " fields");
        CHECK(out == fields);
      }
    }
  }
}

TEST_CASE("every form scales, unzigzags and converts alike") {
  std::mt19937_64 random(2);
  for (const std::size_t n : {0, 1, 3, 8, 13, 64, 257}) {
    const auto input = RandomFields(random, 64, n);
    std::vector<std::int64_t> decimals = RandomFields(random, 53, n);
    for (std::size_t i = 0; i < n; i += 2) decimals[i] = -decimals[i];
    for (auto kernels = AllIntegerKernels(); *kernels != nullptr; ++kernels) {
      INFO((*kernels)->name << ", " << n << " values");
      for (const std::uint64_t factor : {std::uint64_t{1}, std::uint64_t{1000}, ~std::uint64_t{4}}) {
        auto v = input;
        (*kernels)->scale(v.data(), n, 77, factor);
        for (std::size_t i = 0; i < n; ++i)
          CHECK(static_cast<std::uint64_t>(v[i]) == 77 + static_cast<std::uint64_t>(input[i]) * factor);
      }
      auto v = input;
      (*kernels)->unzigzag(v.data(), n);
      for (std::size_t i = 0; i < n; ++i) CHECK(ZigZag(v[i]) == static_cast<std::uint64_t>(input[i]));
      for (const double divisor : {1.0, 10.0, 1e14}) {
        std::vector<double> out(n);
        (*kernels)->to_doubles(decimals.data(), out.data(), n, divisor);
        for (std::size_t i = 0; i < n; ++i) {
          CHECK(std::bit_cast<std::uint64_t>(out[i]) ==
                std::bit_cast<std::uint64_t>(static_cast<double>(decimals[i]) / divisor));
        }
      }
    }
  }
}

TEST_CASE("every form finds the set bits of a string, up to as many as are asked for") {
  std::mt19937_64 random(21);
  for (int round = 0; round < 200; ++round) {
    const std::size_t size = random() % 100;
    std::vector<char> bytes(size);
    const auto shift = static_cast<unsigned>(random() % 7);
    for (char& byte : bytes) byte = static_cast<char>((random() & 0xff) >> shift);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t bit = 0; bit < size * 8; ++bit) {
      if ((static_cast<unsigned char>(bytes[bit / 8]) >> (bit % 8) & 1) != 0) expected.push_back(bit);
    }
    for (const std::size_t wanted : {expected.size(), expected.size() / 2, expected.size() + 5}) {
      for (auto* kernels = AllIntegerKernels(); *kernels != nullptr; ++kernels) {
        std::vector<std::uint32_t> at(wanted);  // Exactly as long as is asked for: a sanitizer sees a store behind it.
        const std::size_t found = (*kernels)->find_ones(bytes.data(), size, at.data(), wanted);
        REQUIRE(found == std::min(wanted, expected.size()));
        at.resize(found);
        CHECK(at == std::vector(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(found)));
      }
    }
  }
}

TEST_CASE("every form puts the zeros between set bits above the low bits") {
  const std::vector<std::uint32_t> ones{2, 3, 7, 8, 20, 21, 22, 30, 31, 40};
  const std::vector<std::int64_t> zeros{2, 0, 3, 0, 11, 0, 0, 7, 0, 8};
  for (auto* kernels = AllIntegerKernels(); *kernels != nullptr; ++kernels) {
    std::vector<std::int64_t> v{1, 2, 3, 0, 1, 2, 3, 0, 1, 2};
    (*kernels)->put_above(ones.data(), 2, v.data(), v.size());
    for (std::size_t i = 0; i < v.size(); ++i)
      CHECK(v[i] == zeros[i] * 4 + std::vector{1, 2, 3, 0, 1, 2, 3, 0, 1, 2}[i]);
  }
}

TEST_CASE("every form adds up, modulo 2^64") {
  std::mt19937_64 random(22);
  for (const std::size_t n : {0, 1, 2, 7, 8, 9, 16, 31, 512}) {
    const auto input = RandomFields(random, 64, n);
    for (auto* kernels = AllIntegerKernels(); *kernels != nullptr; ++kernels) {
      auto v = input;
      (*kernels)->sum(v.data(), n);
      auto twice = input;
      (*kernels)->add(twice.data(), input.data(), n);
      for (std::size_t i = 0; i < n; ++i) {
        CHECK(static_cast<std::uint64_t>(twice[i]) == 2 * static_cast<std::uint64_t>(input[i]));
      }
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < n; ++i)
        CHECK(static_cast<std::uint64_t>(v[i]) == (sum += static_cast<std::uint64_t>(input[i])));
    }
  }
}
