#include "server/remote/metadata_store.h"

#include <fstream>

#include "server/remote/receiver.h"
#include "server/remote/snappy_block.h"
#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"
#include "tests/support/temp_folder.h"
#include "tests/support/wire_encoder.h"

using namespace vigia;
using namespace vigia::server;
using namespace vigia::tests;

namespace {

std::string V1(int type, std::string_view metric, std::string_view help, std::string_view unit) {
  return BytesField(3, VarintField(1, static_cast<std::uint64_t>(type)) + BytesField(2, metric) + BytesField(4, help) +
                           BytesField(5, unit));
}

// A series of version 2 with one label, __name__: symbol 1 and the one at `name`.
std::string V2(std::uint64_t name, int type, std::uint64_t help, std::uint64_t unit) {
  const std::string refs = Varint(1) + Varint(name);
  return BytesField(5, BytesField(1, refs) + BytesField(2, DoubleField(1, 1) + VarintField(2, 1'000)) +
                           BytesField(5, VarintField(1, static_cast<std::uint64_t>(type)) + VarintField(3, help) +
                                             VarintField(4, unit)));
}

std::string Symbols(const std::vector<std::string>& symbols) {
  std::string out;
  for (const std::string& symbol : symbols) out += BytesField(4, symbol);
  return out;
}

struct Fixture {
  TempFolder folder;
  storage::Registry registry;
  storage::TimestampMs now = 1'000;
  MetadataStore Open() {
    return MetadataStore(
        folder.Below("metadata"), registry, [this] { return now; }, Logger::Silent());
  }
};

}  // namespace

// Field numbers: surface.md 1.9.
TEST_CASE("metadata of version 1") {
  const auto list = MetadataOf(
      V1(1, "a_total", "Help of a.", "") + BytesField(1, "series") + V1(3, "b", "", "seconds") + V1(99, "c", "x", ""),
      WriteVersion::kV1);
  REQUIRE(list.size() == 3);
  CHECK(list[0] == WrittenMetadata{"a_total", 1, "Help of a.", ""});
  CHECK(list[1] == WrittenMetadata{"b", 3, "", "seconds"});
  CHECK(list[2].type == 0);
}

TEST_CASE("metadata of version 2 is that of families") {
  const std::string message = Symbols({"", "__name__", "h_bucket", "Help.", "seconds", "h_sum", "c_total", "plain"}) +
                              V2(2, 3, 3, 4) + V2(5, 3, 3, 4) + V2(6, 1, 3, 0) + V2(7, 0, 0, 0) + V2(100, 1, 200, 300);
  const auto list = MetadataOf(message, WriteVersion::kV2);
  REQUIRE(list.size() == 2);
  CHECK(list[0] == WrittenMetadata{"h", 3, "Help.", "seconds"});
  CHECK(list[1] == WrittenMetadata{"c_total", 1, "Help.", ""});
}

TEST_CASE("hostile messages say nothing") {
  const std::string message = Symbols({"", "__name__", "m", "Help."}) + V2(2, 1, 3, 0) + V1(1, "a", "b", "c");
  for (std::size_t cut = 0; cut < message.size(); ++cut) {
    static_cast<void>(MetadataOf(message.substr(0, cut), WriteVersion::kV1));
    static_cast<void>(MetadataOf(message.substr(0, cut), WriteVersion::kV2));
  }
}

TEST_CASE("the newest metadata is kept, also over a restart") {
  Fixture f;
  {
    MetadataStore store = f.Open();
    store.Add({{"b", 2, "old", ""}, {"a", 1, "Help\nof a.", "bytes"}});
    store.Add({{"b", 2, "new", ""}});
    CHECK(store.List() == std::vector<WrittenMetadata>{{"a", 1, "Help\nof a.", "bytes"}, {"b", 2, "new", ""}});
    REQUIRE(store.Save().has_value());
  }
  CHECK(f.Open().List().size() == 2);
  CHECK(f.Open().List()[1].help == "new");
}

TEST_CASE("it is written by itself, once a minute") {
  Fixture f;
  MetadataStore store = f.Open();
  store.Add({{"a", 1, "", ""}});
  CHECK(f.Open().List().empty());
  f.now += 60'000;
  store.Add({{"b", 1, "", ""}});
  CHECK(f.Open().List().size() == 2);
}

TEST_CASE("a damaged file begins anew; limits are counted") {
  Fixture f;
  MetadataStore first = f.Open();
  first.Add({{"a", 1, "help", ""}});
  REQUIRE(first.Save().has_value());
  std::fstream(f.folder.Below("metadata"), std::ios::in | std::ios::out | std::ios::binary).seekp(14).put('x');
  MetadataStore store = f.Open();
  CHECK(store.List().empty());
  store.Add({{"long", 1, std::string(5'000, 'x'), ""}, {"", 1, "", ""}, {"bad\xff", 1, "", ""}, {"good", 1, "", ""}});
  CHECK(store.List().size() == 1);
  CHECK(f.registry.AddCounter("vigia_remote_write_metadata_dropped_total", "").value() == 3);
}

TEST_CASE("the receiver keeps metadata of requests that it stores") {
  Fixture f;
  MetadataStore store = f.Open();
  MemoryStorage memory;
  Router router;
  RemoteWriteDeps deps{memory, f.registry, [] { return storage::TimestampMs{1'000}; }, Logger::Silent(), {},
                       {},     &store};
  deps.options.enabled = true;
  RegisterRemoteWrite(router, deps);
  const auto post = [&](const std::string& message, const char* type) {
    Request request;
    request.method = "POST";
    request.headers.Add("Content-Type", type);
    request.body = EncodeSnappyBlock(message);
    return (*router.Find("POST", "/api/v1/write").handler)(request).status;
  };
  CHECK(post(V1(2, "one", "First.", ""), "application/x-protobuf") == 204);
  CHECK(post(Symbols({"", "__name__", "two", "Second."}) + V2(2, 2, 3, 0),
             "application/x-protobuf;proto=io.prometheus.write.v2.Request") == 204);
  CHECK(post("\x0a\x7f", "application/x-protobuf") == 400);
  CHECK(store.List() == std::vector<WrittenMetadata>{{"one", 2, "First.", ""}, {"two", 2, "Second.", ""}});
}
