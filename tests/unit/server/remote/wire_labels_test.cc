#include "server/remote/wire_labels.h"

#include "tests/support/catch.h"
#include "tests/unit/server/remote/write_encoder.h"

using namespace vigia;
using namespace vigia::tests;
using server::LabelFault;
using server::LabelParser;

TEST_CASE("labels are sorted, empty values are left out", "[labels]") {
  LabelParser parser;
  const auto parsed = parser.ParseSeries(LabelFields({{"z", "1"}, {"__name__", "up"}, {"empty", ""}, {"a", "é"}}));
  REQUIRE(parsed.fault == LabelFault::kNone);
  CHECK(parsed.labels == storage::Labels{{"__name__", "up"}, {"a", "é"}, {"z", "1"}});
}

TEST_CASE("label sets that are no series", "[labels]") {
  LabelParser parser;
  const auto fault = [&](const Pairs& labels) { return parser.ParseSeries(LabelFields(labels)).fault; };
  CHECK(fault({}) == LabelFault::kInvalid);
  CHECK(fault({{"a", "b"}}) == LabelFault::kInvalid);
  CHECK(fault({{"__name__", ""}}) == LabelFault::kInvalid);
  CHECK(fault({{"__name__", "up"}, {"", "x"}}) == LabelFault::kInvalid);
  CHECK(fault({{"__name__", "up\xff"}}) == LabelFault::kInvalid);
  CHECK(fault({{"__name__", "up"}, {"a\xc0", "x"}}) == LabelFault::kInvalid);
  CHECK(fault({{"__name__", "up"}, {"a", "\xed\xa0\x80"}}) == LabelFault::kInvalid);  // A lone surrogate.
  CHECK(fault({{"__name__", "up"}, {"a", "1"}, {"a", "1"}}) == LabelFault::kDuplicate);
  CHECK(fault({{"__name__", "up"}, {"a", ""}, {"a", "1"}}) == LabelFault::kDuplicate);
  CHECK(fault({{"__name__", "a.b c"}, {"µ-x", "1"}}) == LabelFault::kNone);  // UTF-8 names are good.
  CHECK(parser.ParseSeries(LabelFields({{"__name__", "up"}, {"a", "1"}, {"a", "\""}})).text ==
        R"({__name__="up", a="1", a="\""})");
}

TEST_CASE("malformed labels", "[labels]") {
  LabelParser parser;
  const std::string whole = LabelFields({{"__name__", "up"}, {"a", "b"}});
  const std::size_t first = LabelField("__name__", "up").size();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    CHECK((parser.ParseSeries(std::string_view(whole).substr(0, size)).fault == LabelFault::kMalformed) ==
          (size != first));
  }
  CHECK(parser.ParseSeries(BytesField(1, VarintField(1, 5))).fault == LabelFault::kMalformed);
}

TEST_CASE("the encoder for other protocols writes what the parser reads", "[labels]") {
  std::string wire;
  const std::string long_value(300, 'v');
  server::PutWireLabel(wire, "__name__", "up");
  server::PutWireLabel(wire, "l", long_value);
  CHECK(wire == LabelFields({{"__name__", "up"}, {"l", long_value}}));
}

TEST_CASE("job and instance name the target", "[labels]") {
  LabelParser parser;
  const auto target = [&](const Pairs& labels) { return parser.TargetLabels(LabelFields(labels)); };
  CHECK(target({{"__name__", "up"}, {"job", "j"}, {"instance", "i"}, {"x", "y"}}) ==
        storage::Labels{{"job", "j"}, {"instance", "i"}});
  CHECK(target({{"__name__", "up"}, {"job", "j"}}) == storage::Labels{{"job", "j"}});
  CHECK(target({{"__name__", "up"}}).empty());
  CHECK(target({{"__name__", "up"}, {"host", "h"}, {"x", "y"}}) == storage::Labels{{"host", "h"}});
  CHECK(target({{"job", "a"}, {"job", "b"}}).empty());
  CHECK(parser.TargetLabels("\xff").empty());
}
