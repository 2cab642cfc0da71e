#include "storage/index/label_index.h"

#include <random>

#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

TEST_CASE("removing many ids is the same as removing them one by one") {
  std::mt19937_64 random(4);
  Symbols symbols;
  LabelSets sets(symbols);
  for (int i = 0; i < 500; ++i) {
    sets.Intern(Labels{{"id", std::to_string(i)}, {"a", std::to_string(i % 7)}, {"b", std::to_string(random() % 5)}});
  }
  LabelIndex singly(symbols);
  LabelIndex at_once(symbols);
  for (std::uint32_t id = 1; id < sets.end(); ++id) {
    singly.Add(id, sets[id].pairs());
    at_once.Add(id, sets[id].pairs());
  }
  for (int round = 0; round < 6; ++round) {
    IdSet ids;
    for (const std::uint32_t id : singly.all()) {
      if (round == 5 || random() % 3 == 0) ids.push_back(id);
    }
    for (const std::uint32_t id : ids) singly.Remove(id, sets[id].pairs());
    at_once.RemoveAll(ids, [&](std::uint32_t id) { return sets[id].pairs(); });
    LabelIndex back(symbols);
    back.AddAll(at_once.all(), [&](std::uint32_t id) { return sets[id].pairs(); });
    IdSet evens;
    IdSet odds;
    for (const std::uint32_t id : at_once.all()) (id % 2 == 0 ? evens : odds).push_back(id);
    LabelIndex in_turns(symbols);
    in_turns.AddAll(odds, [&](std::uint32_t id) { return sets[id].pairs(); });
    in_turns.AddAll(evens, [&](std::uint32_t id) { return sets[id].pairs(); });
    REQUIRE(back.names() == at_once.names());
    REQUIRE(in_turns.names() == at_once.names());
    REQUIRE(in_turns.all() == at_once.all());
    REQUIRE(at_once.all() == singly.all());
    REQUIRE(at_once.names() == singly.names());
  }
  CHECK(at_once.all().empty());
  CHECK(at_once.names().empty());
}

TEST_CASE("matchers split the ids that have the label") {
  Symbols symbols;
  LabelSets sets(symbols);
  LabelIndex index(symbols);
  for (const Labels& labels : {Labels{{"x", "a"}}, Labels{{"x", "b"}}, Labels{{"y", "a"}}}) {
    const std::uint32_t id = sets.Intern(labels);
    index.Add(id, sets[id].pairs());
  }
  const auto split = index.Evaluate(*Matcher::Create(MatchType::kRegex, "x", "a|c"), true, true);
  CHECK(split.matching == IdSet{1});
  CHECK(split.other == IdSet{2});
  CHECK(index.Evaluate(Matcher::Equal("z", ""), true, true).other.empty());
}

}  // namespace
}  // namespace vigia::storage
