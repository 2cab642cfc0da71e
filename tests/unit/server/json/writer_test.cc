#include "server/json/writer.h"

#include <limits>

#include "tests/support/catch.h"

namespace vigia::server {
namespace {

std::string Quoted(std::string_view text, JsonEscape escape) {
  std::string out;
  AppendJsonString(out, text, escape);
  return out;
}

TEST_CASE("texts are copied as they are only if nothing in them is escaped") {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string plain(size, 'x');
    std::string copy(size, '-');
    CHECK(CopyPlainText(plain, copy.data()));
    CHECK(copy == plain);
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text = plain;
        text[at] = static_cast<char>(c);
        const bool as_is = Quoted(text, JsonEscape::kPlain) == "\"" + text + "\"" && c < 0x80;
        const bool copied = CopyPlainText(text, copy.data());
        if (copied && !as_is) FAIL("byte " << c << " at " << at << " of " << size);
        if (!copied && as_is) FAIL("byte " << c << " at " << at << " of " << size << " is plain");
        if (copied && copy != text) FAIL(copy);
      }
    }
  }
}

TEST_CASE("a byte is escaped wherever it stands") {
  for (const JsonEscape escape : {JsonEscape::kGo, JsonEscape::kPlain}) {
    for (int c = 0; c < 256; ++c) {
      const std::string alone = Quoted(std::string(1, static_cast<char>(c)), escape);
      const std::string inside = alone.substr(1, alone.size() - 2);
      for (const std::size_t before : {0u, 1u, 5u, 8u, 11u}) {
        for (const std::size_t behind : {0u, 2u, 3u, 7u, 9u}) {
          const std::string text = std::string(before, 'x') + static_cast<char>(c) + std::string(behind, 'y');
          const std::string expected = "\"" + std::string(before, 'x') + inside + std::string(behind, 'y') + "\"";
          if (Quoted(text, escape) != expected) FAIL("byte " << c << " behind " << before << " before " << behind);
        }
      }
    }
  }
}

TEST_CASE("strings are escaped as Go does") {
  CHECK(Quoted("", JsonEscape::kGo) == R"("")");
  CHECK(Quoted("a\"b\\c/", JsonEscape::kGo) == R"("a\"b\\c/")");
  CHECK(Quoted("\n\r\t\x01\x1f\x7f", JsonEscape::kGo) == "\"\\n\\r\\t\\u0001\\u001f\x7f\"");
  CHECK(Quoted(std::string_view("\0", 1), JsonEscape::kGo) == R"("\u0000")");
  CHECK(Quoted("<a>&", JsonEscape::kGo) == R"("\u003ca\u003e\u0026")");
  CHECK(Quoted("<a>&", JsonEscape::kPlain) == R"("<a>&")");
  CHECK(Quoted("π€😀", JsonEscape::kGo) == "\"π€😀\"");
  CHECK(Quoted("\xe2\x80\xa8x\xe2\x80\xa9", JsonEscape::kGo) == R"("\u2028x\u2029")");
}

TEST_CASE("bytes that are not UTF-8 become the replacement character") {
  for (const JsonEscape escape : {JsonEscape::kGo, JsonEscape::kPlain}) {
    CHECK(Quoted("a\xff"
                 "b",
                 escape) == R"("a\ufffdb")");
    CHECK(Quoted("\xc3", escape) == R"("\ufffd")");
    CHECK(Quoted("\xc0\x80", escape) == R"("\ufffd\ufffd")");
    CHECK(Quoted("\xed\xa0\x80", escape) == R"("\ufffd\ufffd\ufffd")");
    CHECK(Quoted("\xe2\x82", escape) == R"("\ufffd\ufffd")");
    CHECK(Quoted("\xf5\x80\x80\x80", escape) == R"("\ufffd\ufffd\ufffd\ufffd")");
  }
}

TEST_CASE("the writer puts commas where they belong") {
  std::string out;
  JsonWriter json(out, JsonEscape::kPlain);
  json.BeginObject().Field("status", "success").Key("data").BeginObject();
  json.Key("result").BeginArray();
  for (int i = 0; i < 2; ++i) {
    json.BeginArray().TimestampSeconds(1435781451781 + i).SampleValue(0.5 + i).EndArray();
  }
  json.EndArray().Key("empty").BeginObject().EndObject().Key("list").BeginArray().EndArray();
  json.EndObject()
      .Key("n")
      .Int(-3)
      .Key("u")
      .Uint(3)
      .Key("b")
      .Bool(true)
      .Key("z")
      .Null()
      .Key("r")
      .Raw("[1]")
      .EndObject();
  CHECK(out ==
        R"({"status":"success","data":{"result":[[1435781451.781,"0.5"],[1435781451.782,"1.5"]],"empty":{},"list":[]},)"
        R"("n":-3,"u":3,"b":true,"z":null,"r":[1]})");
}

TEST_CASE("JSON numbers follow Go's encoding/json") {
  std::string out;
  JsonWriter json(out);
  json.BeginArray().Double(1).Double(0.1).Double(1e-7).Double(1e21).Double(1e-10);
  json.Double(std::numeric_limits<double>::quiet_NaN()).EndArray();
  CHECK(out == "[1,0.1,1e-7,1e+21,1e-10,null]");
}

}  // namespace
}  // namespace vigia::server
