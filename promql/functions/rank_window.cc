#include "promql/functions/rank_window.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>

namespace vigia::promql {
namespace {

constexpr std::uint32_t kBitsPerWord = 64;
constexpr std::uint32_t kWordsPerGroup = 64;

// The place of the i-th bit that is set.
std::uint32_t PlaceOfBit(std::uint64_t word, std::size_t i) {
  for (; i > 0; --i) word &= word - 1;
  return static_cast<std::uint32_t>(std::countr_zero(word));
}

}  // namespace

RankWindow::RankWindow(std::span<const std::int64_t> keys, RankScratch& scratch) : keys_(keys), scratch_(scratch) {
  const std::size_t words = keys.size() / kBitsPerWord + 1;
  scratch.sample_of.resize(keys.size());
  std::iota(scratch.sample_of.begin(), scratch.sample_of.end(), 0);
  std::sort(scratch.sample_of.begin(), scratch.sample_of.end(),
            [&](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b] || (keys[a] == keys[b] && a < b); });
  scratch.rank_of.resize(keys.size());
  for (std::uint32_t rank = 0; rank < keys.size(); ++rank) scratch.rank_of[scratch.sample_of[rank]] = rank;
  scratch.present.assign(words, 0);
  scratch.in_word.assign(words, 0);
  scratch.in_group.assign(words / kWordsPerGroup + 1, 0);
}

void RankWindow::MoveTo(Window window) {
  assert(window.begin >= current_.begin && window.end >= current_.end);
  for (std::uint32_t i = current_.begin; i < std::min(window.begin, current_.end); ++i) Put(i, false);
  for (std::uint32_t i = std::max(window.begin, current_.end); i < window.end; ++i) Put(i, true);
  current_ = window;
}

void RankWindow::Put(std::uint32_t sample, bool present) {
  const std::uint32_t rank = scratch_.rank_of[sample];
  const std::uint32_t word = rank / kBitsPerWord;
  scratch_.present[word] ^= 1ull << rank % kBitsPerWord;
  scratch_.in_word[word] += present ? 1 : -1;
  scratch_.in_group[word / kWordsPerGroup] += present ? 1 : -1;
}

std::int64_t RankWindow::KeyAt(std::size_t i) const {
  std::uint32_t group = 0;
  while (i >= scratch_.in_group[group]) i -= scratch_.in_group[group++];
  std::uint32_t word = group * kWordsPerGroup;
  while (i >= scratch_.in_word[word]) i -= scratch_.in_word[word++];
  return keys_[scratch_.sample_of[word * kBitsPerWord + PlaceOfBit(scratch_.present[word], i)]];
}

}  // namespace vigia::promql
