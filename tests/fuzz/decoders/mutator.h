// Changes inputs at random; the same seed gives the same changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::fuzz {

class Mutator {
 public:
  Mutator(std::uint64_t seed, std::size_t max_bytes) : state_(seed * 2 + 1), max_bytes_(max_bytes) {}

  // One of `corpus` with one to some tens of changes. REQUIRES: !corpus.empty().
  std::string Next(const std::vector<std::string>& corpus, std::span<const std::string_view> words);

 private:
  std::uint64_t Random();
  std::size_t Below(std::size_t end) { return end == 0 ? 0 : static_cast<std::size_t>(Random() % end); }
  void Change(std::string& input, const std::vector<std::string>& corpus, std::span<const std::string_view> words);
  void ChangeNumber(std::string& input);

  std::uint64_t state_;
  const std::size_t max_bytes_;
};

}  // namespace vigia::fuzz
