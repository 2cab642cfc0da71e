#include "storage/model/label_order.h"

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/catch.h"

using namespace vigia::storage;

namespace {

void CheckTexts(const std::vector<std::string>& texts) {
  std::vector<std::string_view> sorted(texts.begin(), texts.end());
  std::vector<std::string_view> expected = sorted;
  std::sort(expected.begin(), expected.end());
  SortTexts(sorted);
  CHECK(sorted == expected);
}

void CheckOrder(const std::vector<Labels>& all) {
  std::vector<const Labels*> sets;
  for (const Labels& labels : all) sets.push_back(&labels);
  std::vector<std::uint32_t> order = SortedOrder(sets);
  REQUIRE(order.size() == all.size());
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (all[order[i]] < all[order[i - 1]]) FAIL(all[order[i]].ToString() + " after " + all[order[i - 1]].ToString());
  }
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) REQUIRE(order[i] == i);
}

// Few characters, so that many texts begin alike, are equal, or end where another goes on.
std::string RandomText(std::mt19937& random, std::string_view characters, std::size_t longest) {
  std::string text(random() % (longest + 1), ' ');
  for (char& c : text) c = characters[random() % characters.size()];
  return text;
}

}  // namespace

TEST_CASE("texts are sorted by bytes") {
  CheckTexts({});
  CheckTexts({"one"});
  CheckTexts({"b", "", "a", "ab", "a", std::string("a\0", 2), std::string("a\0b", 3), "\xff", "\x7f"});
  std::mt19937 random(3);
  for (const std::size_t longest : {3u, 9u, 40u}) {
    std::vector<std::string> texts;
    for (int i = 0; i < 3'000; ++i) {
      texts.push_back("pod-" + RandomText(random, std::string_view("a\0b\xc3", 4), longest));
    }
    CheckTexts(texts);
  }
}

TEST_CASE("texts of which each is the beginning of the next one do not recurse for ever") {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 2'000; ++i) texts.emplace_back(9 * (2'000 - i), 'x');
  CheckTexts(texts);
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = std::string(9 * i, 'x') + "y" + std::string(20, 'x');
  CheckTexts(texts);
}

TEST_CASE("label sets are put in the order in which they compare") {
  CheckOrder({});
  CheckOrder({Labels{}, Labels{{"a", "1"}}, Labels{}});
  CheckOrder({Labels{{"l", "aaaa"}}, Labels{{"l", "b"}}, Labels{{"a", "1"}, {"b", "1"}}, Labels{{"a", "1"}},
              Labels{{"b", "1"}}, Labels{{"ab", "1"}}, Labels{{"a", "b1"}}});
  std::mt19937 random(5);
  for (const std::string_view characters :
       {std::string_view("ab"), std::string_view("a\x01\xff", 3), std::string_view("a\0b", 3)}) {
    std::vector<Labels> all;
    for (int i = 0; i < 1'000; ++i) {
      LabelsBuilder builder;
      for (int k = 0; k < 4; ++k) {
        builder.Set("n" + RandomText(random, "ab", 2), RandomText(random, characters, i % 7 == 0 ? 300 : 12));
      }
      all.push_back(builder.Build());
    }
    CheckOrder(all);
  }
}
