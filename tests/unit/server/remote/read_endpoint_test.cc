#include "server/remote/read_endpoint.h"

#include <bit>

#include "server/remote/snappy_block.h"
#include "server/wire/wire_reader.h"
#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"
#include "tests/support/wire_encoder.h"

using namespace vigia;
using namespace vigia::server;
using namespace vigia::tests;

namespace {

std::string MatcherField(int type, std::string_view name, std::string_view value) {
  return BytesField(3, VarintField(1, static_cast<std::uint64_t>(type)) + BytesField(2, name) + BytesField(3, value));
}
std::string QueryField(std::int64_t start, std::int64_t end, const std::string& matchers) {
  return BytesField(1, VarintField(1, static_cast<std::uint64_t>(start)) +
                           VarintField(2, static_cast<std::uint64_t>(end)) + matchers);
}

struct Fixture {
  explicit Fixture(RemoteReadOptions options = {}) {
    for (int i = 0; i < 3; ++i) {
      memory.AddEvery({{"__name__", "m"}, {"i", std::to_string(2 - i)}}, 1'000, {1.0 * i, 2.0 * i, 3.0 * i});
    }
    RegisterRemoteRead(router, {memory, registry, Logger::Silent(),
                                [] {
                                  return storage::Labels{{"site", "here"}, {"i", "none"}};
                                },
                                options});
  }
  Response Post(const std::string& message) {
    Request request;
    request.method = "POST";
    request.body = EncodeSnappyBlock(message);
    return (*router.Find("POST", "/api/v1/read").handler)(request);
  }
  // "labels: t=v t=v; ..." of each result.
  std::string Samples(const std::string& message) {
    const Response response = Post(message);
    REQUIRE(response.status == 200);
    CHECK(response.content_type == "application/x-protobuf");
    CHECK(response.headers.Get("Content-Encoding") == "snappy");
    DecodeBuffer buffer;
    const auto body = DecodeSnappyBlock(response.body, 1 << 20, buffer);
    std::string out;
    for (WireReader results(*body); results.Next(); out += "|") {
      for (WireReader series(results.bytes()); series.Next(); out += ";") AppendSeries(series.bytes(), out);
    }
    return out;
  }
  static void AppendSeries(std::string_view bytes, std::string& out) {
    for (WireReader fields(bytes); fields.Next();) {
      std::string a;
      std::string b;
      for (WireReader inner(fields.bytes()); inner.Next();) {
        std::string& to = inner.field() == 1 ? a : b;
        if (fields.field() == 1) to = inner.bytes();
        if (fields.field() == 2 && inner.field() == 1)
          b = std::to_string(std::lround(std::bit_cast<double>(inner.number())));
        if (fields.field() == 2 && inner.field() == 2) a = std::to_string(inner.number());
      }
      out += a + "=" + b + " ";
    }
  }

  MemoryStorage memory;
  storage::Registry registry;
  Router router;
};

}  // namespace

TEST_CASE("samples, sorted by labels, with external labels") {
  Fixture fixture;
  CHECK(fixture.Samples(QueryField(1'000, 2'000, MatcherField(0, "__name__", "m"))) ==
        "__name__=m i=0 site=here 1000=4 2000=6 ;"
        "__name__=m i=1 site=here 1000=2 2000=3 ;"
        "__name__=m i=2 site=here 1000=0 2000=0 ;|");
  // Two queries, two results; regular expressions are anchored; a range without samples has no series.
  CHECK(fixture.Samples(QueryField(0, 0, MatcherField(2, "i", "[01]") + MatcherField(3, "i", "1")) +
                        QueryField(5'000, 6'000, MatcherField(0, "__name__", "m"))) ==
        "__name__=m i=0 site=here 0=2 ;||");
  // Asking for the value of an external label finds what lacks it.
  CHECK(fixture.Samples(QueryField(0, 0, MatcherField(0, "site", "here") + MatcherField(0, "i", "2"))) ==
        "__name__=m i=2 site=here 0=0 ;|");
  CHECK(fixture.Samples(QueryField(0, 0, MatcherField(0, "site", "there"))) == "|");
  CHECK(fixture.Samples("").empty());
}

TEST_CASE("the sample limit") {
  Fixture fixture({.sample_limit = 8});
  const Response response = fixture.Post(QueryField(0, 9'000, MatcherField(0, "__name__", "m")));
  CHECK(response.status == 400);
  CHECK(response.body == "exceeded sample limit (8)\n");
  CHECK(fixture.Post(QueryField(0, 1'000, MatcherField(0, "__name__", "m"))).status == 200);
}

TEST_CASE("malformed requests") {
  Fixture fixture;
  CHECK(fixture.Post("\x0a\x7f").status == 400);
  CHECK(fixture.Post(QueryField(0, 1, MatcherField(2, "i", "("))).status == 400);
  CHECK(fixture.Post(QueryField(0, 1, MatcherField(9, "i", "x"))).status == 400);
  Request request;
  request.body = "not snappy";
  CHECK((*fixture.router.Find("POST", "/api/v1/read").handler)(request).status == 400);
}

TEST_CASE("streamed chunks, when the client prefers them") {
  // A frame ends with the chunk that passes the limit.
  Fixture fixture({.max_bytes_in_frame = 10});
  const std::string types = VarintField(2, 7) + VarintField(2, 1) + VarintField(2, 0);
  Response response = fixture.Post(QueryField(0, 9'000, MatcherField(0, "__name__", "m")) + types);
  REQUIRE(response.status == 200);
  CHECK(response.content_type == "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  REQUIRE(response.source != nullptr);
  std::string body;
  while (response.source(body)) {
  }
  int frames = 0;
  for (std::string_view rest = body; !rest.empty(); ++frames) {
    const auto size = static_cast<unsigned char>(rest[0]);  // Below 128: one byte.
    REQUIRE(rest.size() >= 5u + size);
    const std::string_view message = rest.substr(5, size);
    WireReader response_fields(message);
    REQUIRE(response_fields.Next());
    CHECK(response_fields.field() == 1);
    WireReader series(response_fields.bytes());
    int chunks = 0;
    while (series.Next()) chunks += series.field() == 2;
    CHECK(chunks == 1);
    rest.remove_prefix(5u + size);
  }
  CHECK(frames == 3);
  // Packed, and SAMPLES first.
  response = fixture.Post(QueryField(0, 9, MatcherField(0, "i", "1")) + BytesField(2, std::string("\x00\x01", 2)));
  CHECK(response.content_type == "application/x-protobuf");
}
