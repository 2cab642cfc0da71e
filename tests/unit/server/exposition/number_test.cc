#include "server/exposition/number.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "storage/model/sample.h"
#include "tests/support/catch.h"

using namespace vigia::server;

TEST_CASE("floats are read as strconv.ParseFloat reads them") {
  const double inf = std::numeric_limits<double>::infinity();
  struct Row {
    const char* text;
    double value;
  };
  for (const Row& row : {Row{"0", 0},
                         {"1", 1},
                         {"+1", 1},
                         {"-1.5", -1.5},
                         {".5", 0.5},
                         {"5.", 5},
                         {"1e3", 1000},
                         {"1E+3", 1000},
                         {"1e-3", 0.001},
                         {"1.7976931348623157e308", 1.7976931348623157e308},
                         {"5e-324", 5e-324},
                         {"1e-999", 0},
                         {"Inf", inf},
                         {"+inf", inf},
                         {"-INF", -inf},
                         {"infinity", inf},
                         {"-Infinity", -inf},
                         {"123456789012345678", 123456789012345678.0},
                         {"0.1", 0.1},
                         {"9007199254740993", 9007199254740992.0},
                         {"000000000000000000001", 1},
                         {"3.14159265358979323846", 3.14159265358979323846},
                         {"1427932800.123", 1427932800.123}}) {
    INFO(row.text);
    REQUIRE(ParseGoFloat(row.text).has_value());
    CHECK(*ParseGoFloat(row.text) == row.value);
  }
  CHECK(std::signbit(*ParseGoFloat("-0")));
  for (const char* text : {"nan", "NaN", "NAN"}) {
    CHECK(std::bit_cast<std::uint64_t>(ParseGoFloat(text).value()) == vigia::storage::kNormalNanBits);
  }
}

TEST_CASE("what strconv.ParseFloat refuses is refused") {
  for (const char* text :
       {"",     "+",    "-",      ".",  "e5",      "1e", "1e+", "1_000", "0x1p3", "0x10", "1e999", "-1e999",
        "+nan", "-nan", "nan(1)", "in", "infinit", "1 ", " 1",  "1\r",   "1.2.3", "--1",  "1f",    "1e5.0"}) {
    INFO(text);
    CHECK_FALSE(ParseGoFloat(text).has_value());
  }
}

TEST_CASE("floats are printed as strconv prints 'g' with the shortest precision") {
  struct Row {
    double value;
    const char* go;
    const char* openmetrics;
  };
  for (const Row& row : {Row{0, "0", "0.0"},
                         {1, "1", "1.0"},
                         {-1, "-1", "-1.0"},
                         {0.5, "0.5", "0.5"},
                         {100000, "100000", "100000.0"},
                         {1e6, "1e+06", "1e+06"},
                         {123456789, "1.23456789e+08", "1.23456789e+08"},
                         {0.0001, "0.0001", "0.0001"},
                         {0.00001, "1e-05", "1e-05"},
                         {1e100, "1e+100", "1e+100"},
                         {std::numeric_limits<double>::infinity(), "+Inf", "+Inf"},
                         {-std::numeric_limits<double>::infinity(), "-Inf", "-Inf"},
                         {std::nan(""), "NaN", "NaN"}}) {
    CHECK(FormatGoFloat(row.value) == row.go);
    CHECK(FormatOpenMetricsFloat(row.value) == row.openmetrics);
  }
}
