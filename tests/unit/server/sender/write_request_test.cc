#include "server/sender/write_request.h"

#include "server/remote/wire_samples.h"
#include "server/wire/wire_reader.h"
#include "tests/support/catch.h"
#include "tests/unit/server/sender/strict_receiver.h"

using namespace vigia;
using namespace vigia::server;

namespace {

RemoteSeriesPtr Series(const storage::Labels& labels) {
  return std::make_shared<RemoteSeries>(RemoteSeries{labels, labels.Hash()});
}

Outgoing Float(const RemoteSeriesPtr& series, storage::TimestampMs t, double v) {
  Outgoing out;
  out.series = series;
  out.t = t;
  out.v = v;
  return out;
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

}  // namespace

// By hand from the field numbers (surface.md 1.9): a TimeSeries of 22 bytes (0x16) in field 1, with the label a="b" in
// field 1 and the sample 1.0 (3ff0...) at 5 in field 2.
TEST_CASE("a request of version 1, byte by byte") {
  const Outgoing sample = Float(Series({{"a", "b"}}), 5, 1.0);
  CHECK(Hex(EncodeWriteRequest({&sample, 1}, config::RemoteWriteMessage::kV1)) ==
        "0a15"
        "0a060a016112"
        "0162"
        "120b09000000000000f03f1005");
}

// Symbols "", "a", "b" in field 4, then the series in field 5: references 1, 2 packed in field 1, the sample in
// field 2.
TEST_CASE("a request of version 2, byte by byte") {
  Outgoing sample = Float(Series({{"a", "b"}}), 5, 1.0);
  sample.start = 3;
  CHECK(Hex(EncodeWriteRequest({&sample, 1}, config::RemoteWriteMessage::kV2)) ==
        "2200"
        "220161"
        "220162"
        "2a13"
        "0a020102"
        "120d09000000000000f03f1005"
        "1803");
}

TEST_CASE("samples of one series share it") {
  const auto a = Series({{"n", "a"}});
  const auto b = Series({{"n", "b"}});
  const std::vector<Outgoing> samples{Float(a, 1, 1), Float(a, 2, 2), Float(b, 1, 3), Float(a, 3, 4)};
  const auto decoded = tests::DecodeWriteRequest(EncodeWriteRequest(samples, config::RemoteWriteMessage::kV1));
  REQUIRE(decoded.size() == 3);
  CHECK(decoded[0].samples.size() == 2);
  CHECK(decoded[1].labels == "n=b");
  CHECK(decoded[2].samples[0].t == 3);
}

TEST_CASE("histograms come back from the receiver's decoder as they were") {
  auto h = std::make_shared<storage::FloatHistogram>();
  h->integer = true;
  h->schema = -1;
  h->zero_threshold = 0.5;
  h->zero_count = 2;
  h->count = 12;
  h->sum = -3.25;
  h->positive_spans = {{-2, 2}, {3, 1}};
  h->positive_buckets = {4, 1, 5};
  h->hint = storage::CounterResetHint::kNotReset;
  Outgoing item = Float(Series({{"a", "b"}}), 77, 0);
  for (const bool integer : {true, false}) {
    h->integer = integer;
    item.h = h;
    const std::string request = EncodeWriteRequest({&item, 1}, config::RemoteWriteMessage::kV1);
    WireReader reader(request);
    REQUIRE(reader.Next());
    WireReader series(reader.bytes());
    REQUIRE(series.Next());
    REQUIRE(series.Next());
    REQUIRE(series.field() == 4);
    WireHistogram back;
    REQUIRE(DecodeHistogram(series.bytes(), back) == nullptr);
    CHECK(back.fault.empty());
    CHECK(back.t == 77);
    CHECK(back.h->integer == integer);
    CHECK(back.h->schema == -1);
    CHECK(back.h->count == 12);
    CHECK(back.h->sum == -3.25);
    CHECK(back.h->positive_spans == h->positive_spans);
    CHECK(back.h->positive_buckets == h->positive_buckets);
    CHECK(back.h->hint == storage::CounterResetHint::kNotReset);
  }
}

TEST_CASE("metadata") {
  const RemoteMetadata metric{"m", 1, "h", ""};
  // MetricMetadata in field 3: type 1, family "m", help "h", no unit.
  CHECK(Hex(EncodeMetadataRequest({&metric, 1})) ==
        "1a0a"
        "0801"
        "12016d"
        "220168"
        "2a00");
}
