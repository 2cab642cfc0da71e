#include "storage/model/label_order.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>

namespace vigia::storage {
namespace {

using Texts = std::span<const std::string_view>;

struct Item {
  std::uint64_t key = 0;  // The next eight bytes, the first one highest.
  std::uint32_t text = 0;
};

constexpr std::size_t kFew = 8;
constexpr std::size_t kMany = 256;
constexpr int kMaxLevels =
    32;  // Of recursion: texts may be made so that each level tells only one of them from the rest.

std::uint64_t EightBytes(std::string_view text, std::size_t at) {
  const std::size_t count = std::min<std::size_t>(text.size() - at, 8);
  std::uint64_t bytes = 0;
  if (count == 8) {
    std::memcpy(&bytes, text.data() + at, 8);
    return std::endian::native == std::endian::little ? __builtin_bswap64(bytes) : bytes;
  }
  for (std::size_t i = 0; i < count; ++i) {
    bytes |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (56 - 8 * i);
  }
  return bytes;
}

// Up to where both are equal, if they are so up to `from`; at most `end`, which neither is shorter than.
std::size_t EqualUntil(std::string_view a, std::string_view b, std::size_t from, std::size_t end) {
  std::size_t at = from;
  for (; at + 8 <= end; at += 8) {
    if (std::memcmp(a.data() + at, b.data() + at, 8) != 0) break;
  }
  while (at < end && a[at] == b[at]) ++at;
  return at;
}

// By a byte after the other, the lowest first; bytes that all keys agree in are passed over. Comparing costs a wrong
// guess of the processor for every other step: three times as much for ten thousand items.
void SortByBytes(std::span<Item> run, std::uint64_t differing) {
  std::vector<Item> other(run.size());
  std::span<Item> from = run;
  std::span<Item> to = other;
  for (int shift = 0; shift < 64; shift += 8) {
    if ((differing >> shift & 0xff) == 0) continue;
    std::array<std::uint32_t, 257> begins{};
    for (const Item& item : from) ++begins[(item.key >> shift & 0xff) + 1];
    for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    for (const Item& item : from) to[begins[item.key >> shift & 0xff]++] = item;
    std::swap(from, to);
  }
  if (from.data() != run.data()) std::ranges::copy(from, run.begin());
}

void SortByKey(std::span<Item> run) {
  std::uint64_t differing = 0;
  for (const Item& item : run) differing |= item.key ^ run.front().key;
  if (run.size() >= kMany) return SortByBytes(run, differing);
  std::sort(run.begin(), run.end(), [](const Item& a, const Item& b) { return a.key < b.key; });
}

// All texts of `run` have the same first `depth` bytes.
void SortRun(Texts texts, std::span<Item> run, std::size_t depth, int level) {
  const auto by_text = [texts](const Item& a, const Item& b) { return texts[a.text] < texts[b.text]; };
  const std::string_view first = texts[run.front().text];
  std::size_t common = first.size();
  for (const Item& item : run) common = std::min(common, texts[item.text].size());
  // Texts that end here are no different in their keys from those that go on with zeros.
  if (run.size() <= kFew || level >= kMaxLevels || common <= depth) {
    std::sort(run.begin(), run.end(), by_text);
    return;
  }
  for (const Item& item : run) common = EqualUntil(first, texts[item.text], depth, common);
  for (Item& item : run) item.key = EightBytes(texts[item.text], common);
  SortByKey(run);
  for (std::size_t begin = 0; begin < run.size();) {
    std::size_t end = begin + 1;
    while (end < run.size() && run[end].key == run[begin].key) ++end;
    const std::span<Item> equal = run.subspan(begin, end - begin);
    begin = end;
    if (equal.size() == 1) continue;
    // A text may have ended within the eight bytes: only if none did they are all known to be equal.
    const auto goes_on = [&](const Item& item) { return texts[item.text].size() > common + 8; };
    if (std::ranges::all_of(equal, goes_on)) {
      SortRun(texts, equal, common + 8, level + 1);
    } else {
      std::sort(equal.begin(), equal.end(), by_text);
    }
  }
}

std::vector<Item> SortedItems(Texts texts) {
  std::vector<Item> items(texts.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i].text = static_cast<std::uint32_t>(i);
  if (!items.empty()) SortRun(texts, items, 0, 0);
  return items;
}

// Writes the names and values of `set` one after the other, each with a zero behind it, so that the bytes sort as the
// set does if no text has a zero in it. False if that is not so. `out` has room for as much as the set's own bytes.
bool WriteKey(const Labels& set, char* out) {
  const std::string& bytes = set.bytes();
  if (bytes.empty()) return true;
  if (std::memchr(bytes.data(), 0, bytes.size()) != nullptr) return false;
  // The encoding has a length before each text: moved up by one, each length becomes the zero behind the text before.
  std::memcpy(out, bytes.data() + 1, bytes.size() - 1);
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size = static_cast<unsigned char>(bytes[at]);
    if (size == 255) return false;  // A longer length follows.
    at += std::size_t{size} + 1;
    out[at - 1] = '\0';
  }
  return true;
}

}  // namespace

void SortTexts(std::vector<std::string_view>& texts) {
  std::vector<std::string_view> sorted;
  sorted.reserve(texts.size());
  for (const Item& item : SortedItems(texts)) sorted.push_back(texts[item.text]);
  texts.swap(sorted);
}

std::vector<std::uint32_t> SortedOrder(std::span<const Labels* const> sets) {
  std::size_t size = 0;
  for (const Labels* set : sets) size += set->bytes().size();
  const auto memory = std::make_unique_for_overwrite<char[]>(size);
  std::vector<std::string_view> keys;
  keys.reserve(sets.size());
  char* at = memory.get();
  for (const Labels* set : sets) {
    if (!WriteKey(*set, at)) break;
    keys.emplace_back(at, set->bytes().size());
    at += set->bytes().size();
  }
  std::vector<std::uint32_t> order(sets.size());
  if (keys.size() == sets.size()) {
    std::ranges::transform(SortedItems(keys), order.begin(), &Item::text);
  } else {
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) { return *sets[a] < *sets[b]; });
  }
  return order;
}

}  // namespace vigia::storage
