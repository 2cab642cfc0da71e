#include "storage/model/labels.h"

#include "tests/support/catch.h"

using namespace vigia::storage;

TEST_CASE("labels are sorted, unique and without empty values") {
  const Labels labels{{"job", "a"}, {"__name__", "up"}, {"gone", ""}, {"job", "b"}};
  CHECK(labels.ToString() == "up{job=\"b\"}");
  CHECK(labels.size() == 2);
  CHECK(labels.Get("gone").empty());
  CHECK(labels == Labels{{"__name__", "up"}, {"job", "b"}});
}

TEST_CASE("label order is lexicographic over pairs, not over the encoding") {
  // "a" has the longer value; comparing length bytes first would put it last.
  CHECK(Labels{{"l", "aaaa"}} < Labels{{"l", "b"}});
  CHECK(Labels{{"a", "1"}} < Labels{{"a", "1"}, {"b", "1"}});
  CHECK(Labels{{"a", "1"}, {"b", "1"}} < Labels{{"b", "1"}});
}

TEST_CASE("values longer than a length byte survive, and the encoding is checked") {
  const std::string longest(70'000, 'x');
  const Labels labels{{"a", longest}, {"b", std::string(255, 'y')}, {"c", std::string(254, 'z')}};
  CHECK(labels.Get("a") == longest);
  CHECK(labels.Get("b").size() == 255);
  CHECK(labels.Get("c").size() == 254);
  CHECK(Labels::IsWellFormed(labels.bytes()));
  CHECK(Labels::FromBytes(labels.bytes()) == labels);
  for (const std::size_t cut : {1u, 2u, 5u, 300u}) {
    CHECK_FALSE(Labels::IsWellFormed(std::string_view(labels.bytes()).substr(0, labels.bytes().size() - cut)));
  }
  CHECK_FALSE(
      Labels::IsWellFormed(std::string("\x01"
                                       "b\x01"
                                       "1\x01"
                                       "a\x01"
                                       "1")));
}

TEST_CASE("keep and drop by sorted names") {
  const Labels labels{{"__name__", "m"}, {"a", "1"}, {"b", "2"}, {"c", "3"}};
  CHECK(labels.Keep({"a", "c", "x"}).ToString() == "{a=\"1\", c=\"3\"}");
  CHECK(labels.Drop({"a", "c"}).ToString() == "m{b=\"2\"}");
  CHECK(labels.WithoutMetricName().ToString() == "{a=\"1\", b=\"2\", c=\"3\"}");
}

TEST_CASE("builder sets, replaces and deletes") {
  LabelsBuilder builder(Labels{{"a", "1"}, {"b", "2"}});
  builder.Set("c", "3").Set("a", "9").Set("b", "").Delete("none");
  CHECK(builder.Build() == Labels{{"a", "9"}, {"c", "3"}});
}

TEST_CASE("names outside the legacy set are quoted in the text form") {
  CHECK(Labels{{"__name__", "my.metric"}, {"l", "v\n\"\\"}}.ToString() == "{\"my.metric\", l=\"v\\n\\\"\\\\\"}");
  CHECK(Labels{{"a.b", "1"}}.ToString() == "{\"a.b\"=\"1\"}");
  CHECK(Labels{{"__name__", "up"}}.ToString() == "up");
  CHECK(Labels{}.ToString() == "{}");
}

TEST_CASE("UTF-8 is checked as Go checks it") {
  CHECK(IsValidUtf8("añ€😀"));
  CHECK_FALSE(IsValidUtf8("\xc0\x80"));          // Overlong.
  CHECK_FALSE(IsValidUtf8("\xed\xa0\x80"));      // Surrogate.
  CHECK_FALSE(IsValidUtf8("\xf4\x90\x80\x80"));  // Beyond U+10FFFF.
  CHECK_FALSE(IsValidUtf8("\xe2\x82"));          // Cut off.
}

TEST_CASE("the hash is XXH64 of the length-prefixed encoding") {
  // XXH64 with seed 0 of the empty string, from the xxHash specification.
  CHECK(Labels{}.Hash() == 0xEF46DB3751D8E999ull);
}
