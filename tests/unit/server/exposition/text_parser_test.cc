#include "server/exposition/text_parser.h"

#include <bit>
#include <string>

#include "storage/model/sample.h"
#include "tests/support/catch.h"
#include "tests/unit/server/exposition/transcript.h"

using namespace vigia::server;

namespace {
std::string Parse(std::string_view body) {
  TextParser parser(body);
  return Transcript(parser);
}
}  // namespace

TEST_CASE("text: metadata, samples, timestamps, comments and blank lines") {
  CHECK(Parse("# HELP go_gc Pause \\\\ of\\nGC \\\"q\\\"\n"
              "# TYPE go_gc gauge\n\n"
              "  \t\n"
              "# a comment\n#\n#HELP not help\n# HELPX is a comment\n"
              "go_gc{kind=\"a\",} 1.5\n"
              "go_gc{ kind = \"b\" , x=\"\" } -2 1395066363000\n"
              "go_gc 3 \t\n"
              "go_gc{}4\n") ==
        "help go_gc Pause \\ of\nGC \\\"q\\\"\n"
        "type go_gc gauge\n"
        "comment\ncomment\ncomment\ncomment\n"
        "go_gc{kind=a} 1.5\n"
        "go_gc{kind=b,x=} -2 @1395066363000\n"
        "go_gc 3\n"
        "go_gc 4\n"
        "eof");
}

TEST_CASE("text: a missing final line feed is tolerated, an empty body is valid") {
  CHECK(Parse("") == "eof");
  CHECK(Parse("a 1") == "a 1\neof");
  CHECK(Parse("a 1 5") == "a 1 @5\neof");
  CHECK(Parse("# TYPE a counter") == "type a counter\neof");
  CHECK(Parse("# HELP a") == "help a \neof");
  CHECK(Parse("# only a comment") == "comment\neof");
}

TEST_CASE("text: help keeps all but the first blank, and is empty when there are only blanks") {
  CHECK(Parse("# HELP a  two\n# HELP b   \n#\tHELP \tc\td\n") == "help a  two\nhelp b \nhelp c d\neof");
}

TEST_CASE("text: quoted names and label values with escapes") {
  CHECK(Parse("{\"my.metric\",\"a b\"=\"1\"} 1\n"
              "{\"only.name\"} 2\n"
              "{x=\"1\",\"name.last\"} 3\n"
              "m{p=\"C:\\\\x\\n\\\"q\\\" \\t\"} 4\n"
              "# TYPE \"quoted.name\" counter\n"
              "m{u=\"Ñandú\"} 5\n") ==
        "my.metric{a b=1} 1\n"
        "only.name 2\n"
        "name.last{x=1} 3\n"
        "m{p=C:\\x\n\"q\" \\t} 4\n"
        "type quoted.name counter\n"
        "m{u=Ñandú} 5\n"
        "eof");
}

TEST_CASE("text: le and quantile take their OpenMetrics form for histograms and summaries only") {
  CHECK(Parse("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1000000\"} 2\nh_bucket{le=\"+Inf\"} 3\n"
              "h_bucket{quantile=\"1\"} 3\nh_bucket{le=\"x\"} 3\n"
              "# TYPE s summary\ns{quantile=\"0\"} 1\ns{quantile=\"0.5\"} 1\n"
              "# TYPE g gauge\ng{le=\"1\"} 1\n") ==
        "type h histogram\nh_bucket{le=1.0} 1\nh_bucket{le=1e+06} 2\nh_bucket{le=+Inf} 3\n"
        "h_bucket{quantile=1} 3\nh_bucket{le=x} 3\n"
        "type s summary\ns{quantile=0.0} 1\ns{quantile=0.5} 1\n"
        "type g gauge\ng{le=1} 1\neof");
}

TEST_CASE("text: what Prometheus refuses") {
  for (const char* line : {"a",
                           "a\n",
                           "a{",
                           "a{b",
                           "a{b=",
                           "a{b=\"",
                           "a{b=\"c",
                           "a{b=\"c\"",
                           "a{b=\"c\"}",
                           "a{b=\"c\"} ",
                           "{} 1",
                           "{b=\"c\"} 1",
                           "a{\"b\"} 1",
                           "{\"a\",\"b\"} 1",
                           "a{b} 1",
                           "a{,} 1",
                           "a{b=\"1\",,c=\"2\"} 1",
                           "a{1b=\"x\"} 1",
                           "a{b=c} 1",
                           "a{b=\"\xff\"} 1",
                           "1a 1",
                           "a 0x10",
                           "a 1_0",
                           "a one",
                           "a 1 1.5",
                           "a 1 -5",
                           "a 1 5 6",
                           "a 1 99999999999999999999",
                           "a 1\r",
                           "a 1 # {} 1",
                           "a 1{",
                           "a\x00 1",
                           "# TYPE a foo",
                           "# TYPE a",
                           "# TYPE a unknown",
                           "# TYPE a  counter",
                           "# TYPE a counter ",
                           "# HELP 1a x",
                           "# HELP a \xff",
                           "a-b 1",
                           "a{b=\"x\ny\"",
                           "a{b=\"x\\\ny\"} 1"}) {
    INFO(line);
    CHECK(Parse(line).find("error") != std::string::npos);
  }
}

TEST_CASE("text: oddities of the reference are kept") {
  CHECK(Parse("a{b=\"1\" c=\"2\"} 1") == "a{b=1,c=2} 1\neof");      // A comma may be missing.
  CHECK(Parse("a{b=\"x\ny\"} 1") == "a{b=x\ny} 1\neof");            // A line feed in a value.
  CHECK(Parse(std::string_view("a 1\n\0b 2\n", 9)) == "a 1\neof");  // A NUL between lines ends the body.
}

TEST_CASE("text: errors carry the line") {
  TextParser parser("a 1\n# c\n\nb{\n");
  while (parser.Next() != EntryKind::kError) {
  }
  CHECK(parser.line_number() == 4);
  CHECK(parser.error() == "line 4: expected label name, got \"\\n\" while parsing: \"b{\\n\"");
}

TEST_CASE("text: NaN is the normal one") {
  TextParser parser("a nan\n");
  REQUIRE(parser.Next() == EntryKind::kSeries);
  CHECK(std::bit_cast<std::uint64_t>(parser.value()) == vigia::storage::kNormalNanBits);
}

TEST_CASE("text: the shortcut for plain samples takes these alone") {
  TextParser parser("a{b=\"1\"} 2.5\na 3 7\na NaN\na {c=\"1\"} 4\na\t5\na 6");
  REQUIRE(parser.TryPlain(parser.Upcoming(8)));
  CHECK(parser.series() == "a{b=\"1\"}");
  CHECK(parser.value() == 2.5);
  CHECK(parser.line_number() == 1);
  CHECK_FALSE(parser.timestamp_ms().has_value());
  for (const double value : {3.0, std::bit_cast<double>(vigia::storage::kNormalNanBits), 4.0, 5.0, 6.0}) {
    CHECK_FALSE(parser.TryPlain(parser.Upcoming(1)));  // A time, no digits, braces, another blank, no line feed.
    REQUIRE(parser.Next() == EntryKind::kSeries);
    CHECK(std::bit_cast<std::uint64_t>(parser.value()) == std::bit_cast<std::uint64_t>(value));
  }
  CHECK_FALSE(parser.TryPlain(parser.Upcoming(1)));
  CHECK(parser.Next() == EntryKind::kEof);
}

TEST_CASE("text: the shortcuts agree with the full parser or do not move") {
  TextParser parser("# TYPE a counter\na{b=\"1\"} 2 7\nab 3\na {c=\"1\"} 4\na 5\n");
  CHECK_FALSE(parser.TryLine("# TYPE b counter\n", MetricType::kCounter));
  REQUIRE(parser.TryLine("# TYPE a counter\n", MetricType::kCounter));
  CHECK(parser.type() == MetricType::kCounter);
  CHECK_FALSE(parser.TrySeries("a"));
  CHECK_FALSE(parser.TrySeries("a{b=\"2\"}"));
  REQUIRE(parser.TrySeries("a{b=\"1\"}"));
  CHECK(parser.value() == 2);
  CHECK(parser.timestamp_ms() == 7);
  CHECK_FALSE(parser.TrySeries("a"));  // The name goes on.
  REQUIRE(parser.Next() == EntryKind::kSeries);
  CHECK_FALSE(parser.TrySeries("a"));  // Braces follow the blank.
  REQUIRE(parser.Next() == EntryKind::kSeries);
  CHECK(parser.series() == "a {c=\"1\"}");
  REQUIRE(parser.TrySeries("a"));
  CHECK(parser.value() == 5);
  CHECK_FALSE(parser.TrySeries("a"));
  CHECK(parser.Next() == EntryKind::kEof);
}

TEST_CASE("text: bodies cut anywhere do not crash") {
  const std::string body =
      "# HELP h Some \\\\ help\n# TYPE h histogram\nh_bucket{le=\"1\",x=\"a\\\"b\"} 1 5\n{\"q.n\",\"l\"=\"v\"} +Inf\n# "
      "end\n";
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const std::string cut = body.substr(0, size);  // A copy, so that a sanitizer sees reads past the end.
    CHECK_FALSE(Parse(cut).empty());
    for (const char hostile : {'\0', '"', '{', '\\', '\n', '\xff'}) CHECK_FALSE(Parse(cut + hostile).empty());
  }
}
