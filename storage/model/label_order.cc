#include "storage/model/label_order.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>

namespace vigia::storage {
namespace {

struct Item {
  std::uint64_t key = 0;  // The next eight bytes, the first one highest.
  std::string_view text;
  std::uint32_t index = 0;
};

constexpr std::size_t kFew = 8;
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

// All texts of `run` have the same first `depth` bytes.
void SortRun(std::span<Item> run, std::size_t depth, int level) {
  const auto by_text = [](const Item& a, const Item& b) { return a.text < b.text; };
  std::size_t common = run.front().text.size();
  for (const Item& item : run) common = std::min(common, item.text.size());
  // Texts that end here are no different in their keys from those that go on with zeros.
  if (run.size() <= kFew || level >= kMaxLevels || common <= depth) {
    std::sort(run.begin(), run.end(), by_text);
    return;
  }
  for (const Item& item : run) common = EqualUntil(run.front().text, item.text, depth, common);
  for (Item& item : run) item.key = EightBytes(item.text, common);
  std::sort(run.begin(), run.end(), [](const Item& a, const Item& b) { return a.key < b.key; });
  for (std::size_t begin = 0; begin < run.size();) {
    std::size_t end = begin + 1;
    while (end < run.size() && run[end].key == run[begin].key) ++end;
    const std::span<Item> equal = run.subspan(begin, end - begin);
    // A text may have ended within the eight bytes: only then they are not all known to be equal.
    const bool all_go_on = std::ranges::all_of(equal, [&](const Item& item) { return item.text.size() > common + 8; });
    if (equal.size() > 1 && all_go_on) {
      SortRun(equal, common + 8, level + 1);
    } else if (equal.size() > 1) {
      std::sort(equal.begin(), equal.end(), by_text);
    }
    begin = end;
  }
}

// Writes the names and values of `set` one after the other, each with a zero behind it, so that the bytes sort as the
// set does if no text has a zero in it. False if that is not so. `out` has room for as much as the set's own bytes.
bool WriteKey(const Labels& set, char* out) {
  const std::string& bytes = set.bytes();
  if (bytes.empty()) return true;
  // The encoding has a length before each text: moved up by one, each length becomes the zero behind the text before.
  std::memcpy(out, bytes.data() + 1, bytes.size() - 1);
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size = static_cast<unsigned char>(bytes[at]);
    if (size == 255 || std::memchr(bytes.data() + at + 1, 0, size) != nullptr) return false;
    at += std::size_t{size} + 1;
    out[at - 1] = '\0';
  }
  return true;
}

}  // namespace

void SortTexts(std::vector<std::string_view>& texts) {
  if (texts.empty()) return;
  std::vector<Item> items;
  items.reserve(texts.size());
  for (const std::string_view text : texts) items.push_back({0, text, 0});
  SortRun(items, 0, 0);
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = items[i].text;
}

std::vector<std::uint32_t> SortedOrder(std::span<const Labels* const> sets) {
  std::vector<std::uint32_t> order(sets.size());
  if (sets.empty()) return order;
  std::size_t size = 0;
  for (const Labels* set : sets) size += set->bytes().size();
  const auto keys = std::make_unique_for_overwrite<char[]>(size);
  std::vector<Item> items;
  items.reserve(sets.size());
  char* at = keys.get();
  for (const Labels* set : sets) {
    if (!WriteKey(*set, at)) break;
    items.push_back({0, {at, set->bytes().size()}, static_cast<std::uint32_t>(items.size())});
    at += set->bytes().size();
  }
  if (items.size() == sets.size()) {
    SortRun(items, 0, 0);
    std::ranges::transform(items, order.begin(), &Item::index);
  } else {
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) { return *sets[a] < *sets[b]; });
  }
  return order;
}

}  // namespace vigia::storage
