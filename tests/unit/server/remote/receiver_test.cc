#include "server/remote/receiver.h"

#include <random>
#include <utility>

#include "storage/model/sample.h"
#include "tests/support/catch.h"
#include "tests/unit/server/remote/write_encoder.h"

using namespace vigia;
using namespace vigia::tests;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using server::Response;
using storage::AppendOutcome;

namespace {

constexpr storage::TimestampMs kNow = 1'700'000'000'000;
const Pairs kUp = {{"__name__", "up"}, {"instance", "host:9100"}, {"job", "node"}};
constexpr const char* kUpText = R"(up{instance="host:9100", job="node"})";

struct Fixture {
  NotingStorage storage;
  storage::Registry registry;
  std::string log;
  server::Router router;

  explicit Fixture(server::RemoteWriteOptions options = {.enabled = true}) {
    const storage::Clock clock = [] { return kNow; };
    const auto logger = server::Logger::ToString(&log, server::LogLevel::kInfo, server::LogFormat::kLogfmt, clock);
    RegisterRemoteWrite(router, {storage, registry, clock, logger, options});
  }

  Response Post(std::string body, std::string content_type = "application/x-protobuf",
                std::string encoding = "snappy") {
    server::Request request;
    request.method = "POST";
    request.path = "/api/v1/write";
    if (!content_type.empty()) request.headers.Add("Content-Type", std::move(content_type));
    if (!encoding.empty()) request.headers.Add("Content-Encoding", std::move(encoding));
    request.body = std::move(body);
    return (*router.Find("POST", "/api/v1/write").handler)(request);
  }
  Response Write(const std::string& message) { return Post(Compressed(message)); }

  double Metric(const std::string& name) {
    for (const auto& family : registry.Collect()) {
      if (family.name == name) return family.points.at(0).value;
    }
    FAIL("no metric " << name);
    return 0;
  }
};

std::uint64_t Bits(double v) { return std::bit_cast<std::uint64_t>(v); }

}  // namespace

TEST_CASE("a request byte by byte", "[remote]") {
  // WriteRequest{timeseries: [{labels: [{"__name__", "up"}], samples: [{1.5, 1000}]}]}
  const std::string message = std::string(
      "\x0a\x1e\x0a\x0e\x0a\x08__name__\x12\x02up\x12\x0c\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x10\xe8\x07", 32);
  Fixture fixture;
  const Response response = fixture.Write(message);
  CHECK(response.status == 204);
  CHECK(response.body == "");
  REQUIRE(fixture.storage.stored == std::vector<StoredSample>{{"up", 1000, Bits(1.5), nullptr}});
  CHECK(OneSample({{"__name__", "up"}}, 1.5, 1000) == message);  // So much for the encoder of the other tests.
}

TEST_CASE("many series, many samples, order kept, metadata dropped", "[remote]") {
  Fixture fixture;
  std::string message;
  std::vector<StoredSample> expected;
  for (int i = 0; i < 1000; ++i) {
    std::string parts;
    const std::string host = "h" + std::to_string(i);
    for (int t = 0; t < 3; ++t) {
      parts += SampleField(i + t, 1000 * t);
      expected.push_back({"m{instance=\"" + host + "\"}", 1000 * t, Bits(i + t), nullptr});
    }
    message += SeriesV1({{"__name__", "m"}, {"instance", host}}, parts);
    if (i % 100 == 0) message += BytesField(3, VarintField(1, 1) + BytesField(2, "m") + BytesField(4, "help"));
  }
  CHECK(fixture.Write(message).status == 204);
  CHECK(fixture.storage.stored == expected);
  CHECK(fixture.storage.commits == 1);
  CHECK(fixture.Metric("prometheus_remote_storage_samples_in_total") == 3000);
  CHECK(fixture.Metric("prometheus_remote_storage_highest_timestamp_in_seconds") == 2);
  CHECK(fixture.Metric("prometheus_api_remote_write_without_metadata_appended_samples_total") == 3000);
}

TEST_CASE("the bits of NaN are kept", "[remote]") {
  Fixture fixture;
  const double payload = std::bit_cast<double>(std::uint64_t{0x7ff4000000000abc});
  fixture.Write(SeriesV1(kUp, SampleField(storage::kStaleNan, 1) + SampleField(storage::kNormalNan, 2) +
                                  SampleField(payload, 3) + SampleField(-0.0, 4)));
  REQUIRE(fixture.storage.stored.size() == 4);
  CHECK(fixture.storage.stored[0].bits == storage::kStaleNanBits);
  CHECK(fixture.storage.stored[1].bits == storage::kNormalNanBits);
  CHECK(fixture.storage.stored[2].bits == 0x7ff4000000000abc);
  CHECK(fixture.storage.stored[3].bits == 0x8000000000000000);
}

TEST_CASE("labels after the samples belong to the series, too", "[remote]") {
  Fixture fixture;
  const std::string scattered =
      LabelField("__name__", "up") + SampleField(1, 1) + LabelField("job", "node") + SampleField(2, 2);
  CHECK(fixture.Write(BytesField(1, scattered)).status == 204);
  CHECK(fixture.storage.stored == std::vector<StoredSample>{{"up{job=\"node\"}", 1, Bits(1), nullptr},
                                                            {"up{job=\"node\"}", 2, Bits(2), nullptr}});
}

TEST_CASE("a known series is not resolved again", "[remote]") {
  Fixture fixture;
  for (int t = 1; t <= 5; ++t) fixture.Write(OneSample(kUp, t, t));
  CHECK(fixture.storage.resolved == std::vector<std::string>{kUpText});
  CHECK(fixture.storage.stored.size() == 5);
  // The same labels in another order are the same series.
  fixture.Write(OneSample({kUp[2], kUp[1], kUp[0]}, 6, 6));
  CHECK(fixture.storage.resolved == std::vector<std::string>{kUpText, kUpText});
  CHECK(fixture.storage.stored.back().series == kUpText);
  CHECK(fixture.Metric("vigia_remote_write_cached_series") == 2);
}

TEST_CASE("a full cache is counted and only costs time", "[remote]") {
  Fixture fixture({.enabled = true, .max_cached_series = 2});
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i) fixture.Write(OneSample({{"__name__", "m" + std::to_string(i)}}, i, round));
  }
  CHECK(fixture.storage.stored.size() == 6);
  CHECK(fixture.Metric("vigia_remote_write_series_cache_flushes_total") > 0);
}

TEST_CASE("storage is told the targets", "[remote]") {
  Fixture fixture;
  const Pairs other = {{"__name__", "up"}, {"instance", "b"}, {"job", "node"}};
  fixture.Write(OneSample(kUp, 1, 1) + OneSample(other, 1, 1) + OneSample({{"__name__", "bare"}}, 1, 1));
  CHECK(fixture.storage.shared ==
        std::vector<std::string>{R"({instance="host:9100", job="node"})", R"({instance="b", job="node"})", "{}"});
  fixture.storage.shared.clear();
  fixture.Write(OneSample(other, 2, 2) + OneSample(kUp, 2, 2));
  CHECK(fixture.storage.shared == std::vector<std::string>{R"({instance="b", job="node"})"});
}

TEST_CASE("series without job and instance get targets, too", "[remote]") {
  Fixture fixture;
  fixture.Write(OneSample({{"__name__", "cpu"}, {"cpu", "0"}, {"host", "a"}}, 1, 1) +
                OneSample({{"__name__", "cpu"}, {"cpu", "1"}, {"host", "a"}}, 1, 1) +
                OneSample({{"__name__", "cpu"}, {"cpu", "0"}, {"host", "b"}}, 1, 1));
  CHECK(fixture.storage.shared == std::vector<std::string>{R"({host="a"})", R"({host="b"})"});
}

TEST_CASE("one refused sample refuses the request", "[remote]") {
  const std::pair<AppendOutcome, std::string> cases[] = {
      {AppendOutcome::kOutOfOrder, "out of order sample\n"},
      {AppendOutcome::kDuplicate, "duplicate sample for timestamp\n"},
      {AppendOutcome::kTooOld, "too old sample\n"},
      {AppendOutcome::kOutOfBounds, "out of bounds\n"}};
  for (const auto& [outcome, text] : cases) {
    Fixture fixture;
    fixture.storage.judge = [outcome = outcome](const std::string&, storage::TimestampMs t, double) {
      return t == 2 ? outcome : AppendOutcome::kAdded;
    };
    const Response response =
        fixture.Write(OneSample(kUp, 1, 1) + OneSample(kUp, 1, 2) + OneSample({{"__name__", "other"}}, 1, 1));
    CHECK(response.status == 400);
    CHECK(response.body == text);
    CHECK(response.content_type == "text/plain; charset=utf-8");
    CHECK(fixture.storage.stored.empty());
    CHECK(fixture.storage.rollbacks == 1);
    CHECK(fixture.Metric("prometheus_remote_storage_samples_in_total") == 0);
    CHECK(fixture.Metric("vigia_remote_write_refused_samples_total") == 1);
    CHECK_THAT(fixture.log, Contains("Out of order sample from remote write"));
  }
}

TEST_CASE("a series that storage has forgotten is resolved anew", "[remote]") {
  Fixture fixture;
  bool forgotten = false;
  fixture.storage.judge = [&](const std::string&, storage::TimestampMs, double) {
    return std::exchange(forgotten, false) ? AppendOutcome::kUnknownSeries : AppendOutcome::kAdded;
  };
  CHECK(fixture.Write(OneSample(kUp, 1, 1)).status < 300);
  forgotten = true;
  CHECK(fixture.Write(OneSample(kUp, 1, 2)).status < 300);
  CHECK(fixture.Write(OneSample(kUp, 1, 3)).status < 300);
  CHECK(fixture.storage.stored.size() == 3);
  CHECK(fixture.storage.resolved.size() == 2);
}

TEST_CASE("the same sample again is no error", "[remote]") {
  Fixture fixture;
  fixture.storage.judge = [](const std::string&, storage::TimestampMs, double) { return AppendOutcome::kSame; };
  CHECK(fixture.Write(OneSample(kUp, 1, 1)).status == 204);
}

TEST_CASE("ten minutes ahead are allowed", "[remote]") {
  Fixture fixture;
  CHECK(fixture.Write(OneSample(kUp, 1, kNow + 600'000)).status == 204);
  const Response response = fixture.Write(OneSample(kUp, 1, kNow + 600'001));
  CHECK(response.status == 400);
  CHECK(response.body == "out of bounds: timestamp is too far in the future\n");
  CHECK(fixture.storage.stored.size() == 1);
  CHECK(fixture.Metric("vigia_remote_write_too_far_ahead_samples_total") == 1);
}

TEST_CASE("series with bad labels are left out and counted", "[remote]") {
  Fixture fixture;
  const Response response = fixture.Write(OneSample({{"job", "x"}}, 1, 1) + OneSample(kUp, 1, 1) +
                                          OneSample({{"__name__", "up"}, {"a", "1"}, {"a", "2"}}, 1, 1) +
                                          OneSample({{"__name__", "\xff"}}, 1, 1));
  CHECK(response.status == 204);
  CHECK(fixture.storage.stored.size() == 1);
  CHECK(fixture.Metric("prometheus_api_remote_write_invalid_labels_samples_total") == 3);
  CHECK_THAT(fixture.log, Contains("Invalid metric names or labels"));
}

TEST_CASE("storage failures are the server's", "[remote]") {
  Fixture fixture;
  fixture.storage.on_commit = [] { return storage::Status(storage::Error{storage::Errc::kIo, "disk is gone"}); };
  const Response response = fixture.Write(OneSample(kUp, 1, 1));
  CHECK(response.status == 500);
  CHECK(response.body == "disk is gone\n");
  fixture.storage.on_commit = nullptr;
  fixture.storage.on_resolve = [](const storage::Labels&) {
    return storage::Status(storage::Error{storage::Errc::kUnavailable, "no space"});
  };
  CHECK(fixture.Write(OneSample({{"__name__", "new"}}, 1, 1)).status == 503);
  fixture.storage.on_resolve = [](const storage::Labels&) {
    return storage::Status(storage::Error{storage::Errc::kInvalid, "bad labels"});
  };
  CHECK(fixture.Write(OneSample({{"__name__", "new"}}, 1, 1)).status == 204);
  CHECK(fixture.storage.stored.empty());
}

TEST_CASE("content types and encodings", "[remote]") {
  Fixture fixture;
  const std::string body = Compressed(OneSample(kUp, 1, 1));
  for (const char* type : {"", "application/x-protobuf", "application/x-protobuf;proto=prometheus.WriteRequest",
                           "application/x-protobuf; proto=prometheus.WriteRequest", "application/x-protobuf;v=1"}) {
    CHECK(fixture.Post(body, type).status == 204);
  }
  for (const char* type : {"application/json", "text/plain", "application/x-protobuf;proto=x",
                           "application/x-protobuf;x", "application/x-protobuf;a=b=c", "application/x-protobufx"}) {
    CHECK(fixture.Post(body, type).status == 415);
  }
  CHECK(fixture.Post(body, "", "").status == 204);
  CHECK(fixture.Post(body, "", "Snappy").status == 204);
  for (const char* encoding : {"gzip", "zstd", "identity", "snapp"})
    CHECK(fixture.Post(body, "", encoding).status == 415);
  CHECK(fixture.Post(body, "", "gzip").body ==
        "gzip encoding (compression) is not accepted by this server; only snappy is acceptable\n");
  CHECK(fixture.Metric("vigia_remote_write_unsupported_total") == 11);
  CHECK(fixture.Post("", "").status == 400);
  CHECK(fixture.Post(Compressed(""), "").status == 204);
}

TEST_CASE("only the accepted messages", "[remote]") {
  const std::string body = Compressed(OneSample(kUp, 1, 1));
  Fixture only_v1({.enabled = true, .accept_v2 = false});
  CHECK(only_v1.Post(body, "application/x-protobuf").status == 204);
  const Response refused = only_v1.Post(body, "application/x-protobuf;proto=io.prometheus.write.v2.Request");
  CHECK(refused.status == 415);
  CHECK_THAT(refused.body, Contains("only accepts prometheus.WriteRequest\n"));
  Fixture only_v2({.enabled = true, .accept_v1 = false});
  CHECK(only_v2.Post(body, "").status == 415);
}

TEST_CASE("switched off", "[remote]") {
  Fixture fixture(server::RemoteWriteOptions{});
  const Response response = fixture.Write(OneSample(kUp, 1, 1));
  CHECK(response.status == 404);
  CHECK(response.body == "remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n");
}

TEST_CASE("the decoded size is limited by what the block declares", "[remote]") {
  Fixture fixture({.enabled = true, .max_decoded_bytes = 1000});
  const Response response = fixture.Post(Compressed(std::string(1001, 'x')));
  CHECK(response.status == 400);
  CHECK(response.body == "snappy: decoded block is too large: 1001 bytes, the limit is 1000\n");
  CHECK(fixture.Metric("vigia_remote_write_too_large_total") == 1);
  // Four thousand million bytes, by declaration alone.
  CHECK(fixture.Post(std::string("\xff\xff\xff\xff\x0f", 5)).status == 400);
  CHECK(fixture.Metric("vigia_remote_write_too_large_total") == 2);
}

TEST_CASE("a request cut off anywhere stores nothing", "[remote]") {
  const std::string first = OneSample(kUp, 1, kNow - 2000);
  const std::string message =
      first + SeriesV1(kUp, SampleField(2, kNow - 1000) + SampleField(3, kNow)) + VarintField(77, 1);
  Fixture fixture;
  for (std::size_t size = 0; size < message.size(); ++size) {
    const int status = fixture.Write(message.substr(0, size)).status;
    const bool boundary = size == 0 || size == first.size() || size == message.size() - VarintField(77, 1).size();
    CHECK(status == (boundary ? 204 : 400));
  }
  CHECK(fixture.storage.stored.size() == 1 + 3);
  const std::string block = Compressed(message);
  for (std::size_t size = 0; size < block.size(); ++size) CHECK(fixture.Post(block.substr(0, size)).status == 400);
  CHECK(fixture.storage.stored.size() == 1 + 3);
}

TEST_CASE("known fields of another type are malformed", "[remote]") {
  Fixture fixture;
  CHECK(fixture.Write(VarintField(1, 1)).status == 400);
  CHECK(fixture.Write(BytesField(1, VarintField(1, 1))).status == 400);
  CHECK(fixture.Write(BytesField(1, LabelFields(kUp) + VarintField(2, 1))).status == 400);
  CHECK(fixture.Write(BytesField(1, LabelFields(kUp) + DoubleField(3, 1))).status == 400);
  CHECK(fixture.Write(BytesField(1, LabelFields(kUp) + DoubleField(9, 1))).status == 204);
  CHECK_THAT(fixture.Write(VarintField(1, 1)).body, StartsWith("malformed remote write message: "));
  CHECK(fixture.Metric("vigia_remote_write_undecodable_total") == 5);
}

TEST_CASE("histograms", "[remote]") {
  Fixture fixture;
  const std::string good = DoubleField(2, 3) + DoubleField(3, 7.5) + DoubleField(7, 3) + VarintField(15, 5000);
  CHECK(fixture.Write(SeriesV1(kUp, BytesField(4, good))).status == 204);
  REQUIRE(fixture.storage.stored.size() == 1);
  REQUIRE(fixture.storage.stored[0].h != nullptr);
  CHECK(fixture.storage.stored[0].h->sum == 7.5);
  CHECK(fixture.storage.stored[0].t == 5000);
  CHECK(fixture.Metric("prometheus_remote_storage_histograms_in_total") == 1);

  const std::string bad = VarintField(1, 3) + VarintField(6, 2) + VarintField(15, 6000);
  const Response response = fixture.Write(OneSample({{"__name__", "x"}}, 1, 1) + SeriesV1(kUp, BytesField(4, bad)));
  CHECK(response.status == 400);
  CHECK_THAT(response.body, StartsWith("2 observations found in buckets, but the Count field is 3: "));
  CHECK(fixture.storage.stored.size() == 1);

  const std::string late = DoubleField(2, 3) + VarintField(15, kNow + 600'001);
  CHECK(fixture.Write(SeriesV1(kUp, BytesField(4, late))).status == 400);
  // The end of a series of histograms.
  CHECK(
      fixture.Write(SeriesV1(kUp, BytesField(4, DoubleField(3, storage::kStaleNan) + VarintField(15, 7000)))).status ==
      204);
  CHECK(fixture.storage.stored.back().bits == storage::kStaleNanBits);
}

TEST_CASE("exemplars never refuse a request", "[remote]") {
  Fixture fixture;
  const auto exemplar = [](const std::string& trace, std::int64_t t) {
    return BytesField(
        3, LabelField("trace_id", trace) + DoubleField(2, 0.5) + VarintField(3, static_cast<std::uint64_t>(t)));
  };
  CHECK(fixture.Write(SeriesV1(kUp, SampleField(1, 1) + exemplar("abc", 1))).status == 204);
  REQUIRE(fixture.storage.exemplars.size() == 1);
  CHECK(fixture.storage.exemplars[0].first == kUpText);
  CHECK(fixture.storage.exemplars[0].second.labels == storage::Labels{{"trace_id", "abc"}});
  CHECK(fixture.storage.exemplars[0].second.v == 0.5);
  CHECK(fixture.storage.exemplars[0].second.t == 1);
  CHECK(fixture.Write(SeriesV1(kUp, exemplar("alone", 2))).status == 204);
  CHECK(fixture.storage.exemplars.size() == 2);
  CHECK(fixture.Write(SeriesV1(kUp, exemplar(std::string(121, 'x'), 3))).status ==
        204);  // 129 characters with the name.
  CHECK(fixture.Write(SeriesV1(kUp, exemplar("future", kNow + 600'001))).status == 204);
  CHECK(fixture.storage.exemplars.size() == 2);
  CHECK(fixture.Metric("prometheus_remote_storage_exemplars_in_total") == 2);
  CHECK(fixture.Metric("vigia_remote_write_dropped_exemplars_total") == 2);
}

// A slow stand-in for a fuzzer: random damage to good requests. Whatever comes out, the server stands, the status is
// one of the protocol's, and a refused request stores nothing.
TEST_CASE("damaged requests", "[remote]") {
  Fixture fixture;
  std::mt19937 random(42);
  const std::string parts = SampleField(1, kNow) + SampleField(2, kNow + 1) +
                            BytesField(3, LabelField("a", "b") + DoubleField(2, 1)) +
                            BytesField(4, VarintField(1, 3) + BytesField(11, SignedField(1, 2) + VarintField(2, 1)) +
                                              BytesField(12, "\x06") + VarintField(15, 9));
  const std::string message = SeriesV1(kUp, parts) + BytesField(3, BytesField(2, "up")) + SeriesV1(kUp, parts);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = message;
    for (std::uint32_t damage = 0; damage <= random() % 4; ++damage) {
      const std::size_t at = random() % damaged.size();
      switch (random() % 4) {
        case 0: damaged[at] = static_cast<char>(random()); break;
        case 1: damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8)); break;
        case 2: damaged.erase(at, 1 + random() % 5); break;
        default:
          damaged.insert(at, std::string(1 + random() % 12, static_cast<char>(random() % 2 ? 0xff : random())));
          break;
      }
      if (damaged.empty()) damaged = "x";
    }
    const std::size_t before = fixture.storage.stored.size();
    const bool v2 = round % 4 == 3;
    const int status = fixture
                           .Post(Compressed(damaged), v2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request"
                                                         : "application/x-protobuf")
                           .status;
    REQUIRE((status == 204 || status == 400));
    if (status == 400 && !v2) REQUIRE(fixture.storage.stored.size() == before);
  }
}
