#include "tests/fuzz/decoders/mutator.h"

#include <algorithm>
#include <array>

namespace vigia::fuzz {

std::uint64_t Mutator::Random() {  // splitmix64
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

std::string Mutator::Next(const std::vector<std::string>& corpus, std::span<const std::string_view> words) {
  std::string input = corpus[Below(corpus.size())];
  const std::size_t changes = 1 + Below(Below(4) == 0 ? 32 : 4);
  for (std::size_t i = 0; i < changes; ++i) Change(input, corpus, words);
  if (input.size() > max_bytes_) input.resize(max_bytes_);
  return input;
}

// A varint, or a fixed number, at the edge of what fits.
void Mutator::ChangeNumber(std::string& input) {
  static constexpr std::array<std::uint64_t, 12> kEdges{0,       1,          127,        128,        255,        0xffff,
                                                        0x10000, 0x7fffffff, 0xffffffff, 1ull << 62, 1ull << 63, ~0ull};
  std::uint64_t value = kEdges[Below(kEdges.size())] + Below(3) - 1;
  const std::size_t at = Below(input.size() + 1);
  std::string bytes;
  if (Below(2) == 0) {
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
    bytes.push_back(static_cast<char>(value));
  } else {
    for (std::size_t size = std::size_t{1} << Below(4); size > 0; --size, value >>= 8) {
      bytes.push_back(static_cast<char>(value));
    }
  }
  input.replace(at, Below(2) == 0 ? 0 : std::min(bytes.size(), input.size() - at), bytes);
}

void Mutator::Change(std::string& input, const std::vector<std::string>& corpus,
                     std::span<const std::string_view> words) {
  const std::size_t at = Below(input.size());
  const std::size_t size = 1 + Below(Below(3) == 0 ? input.size() + 1 : 8);
  switch (Below(words.empty() ? 9 : 12)) {
    case 0:
      if (!input.empty()) input[at] = static_cast<char>(input[at] ^ 1 << Below(8));
      break;
    case 1:
      if (!input.empty()) input[at] = static_cast<char>(Random());
      break;
    case 2:
      if (!input.empty()) input[at] = static_cast<char>(input[at] + static_cast<char>(Below(9)) - 4);
      break;
    case 3: input.insert(at, 1 + Below(4), static_cast<char>(Random())); break;
    case 4: input.erase(at, size); break;
    case 5: input.insert(Below(input.size() + 1), input.substr(at, size)); break;
    case 6: ChangeNumber(input); break;
    case 7: {
      const std::string& other = corpus[Below(corpus.size())];
      const std::size_t from = Below(other.size());
      input.replace(at, size, other, from, 1 + Below(other.size()));
      break;
    }
    case 8: input.resize(at); break;
    default: input.insert(Below(input.size() + 1), words[Below(words.size())]);
  }
}

}  // namespace vigia::fuzz
