#include <random>

#include "server/remote/receiver.h"
#include "storage/model/sample.h"
#include "tests/support/catch.h"
#include "tests/unit/server/remote/write_encoder.h"

using namespace vigia;
using namespace vigia::tests;
using Catch::Matchers::Contains;
using server::Response;
using storage::AppendOutcome;

namespace {

constexpr storage::TimestampMs kNow = 1'700'000'000'000;

std::string Refs(const std::vector<std::uint64_t>& refs) {
  std::string packed;
  for (const std::uint64_t ref : refs) packed += Varint(ref);
  return BytesField(1, packed);
}
std::string Symbols(const std::vector<std::string>& symbols) {
  std::string out;
  for (const std::string& symbol : symbols) out += BytesField(4, symbol);
  return out;
}
std::string Series(const std::vector<std::uint64_t>& refs, const std::string& parts) {
  return BytesField(5, Refs(refs) + parts);
}
const std::string kSymbols = Symbols({"", "__name__", "up", "job", "node", "\xff"});
constexpr const char* kUpText = R"(up{job="node"})";

struct Fixture {
  NotingStorage storage;
  storage::Registry registry;
  server::Router router;

  explicit Fixture(storage::StartUse starts = {}) {
    RegisterRemoteWrite(
        router,
        {storage, registry, [] { return kNow; }, server::Logger::Silent(), {.enabled = true, .starts = starts}});
  }
  Response Write(const std::string& message) {
    server::Request request;
    request.method = "POST";
    request.headers.Add("Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request");
    request.headers.Add("Content-Encoding", "snappy");
    request.body = Compressed(message);
    return (*router.Find("POST", "/api/v1/write").handler)(request);
  }
  double Metric(const std::string& name) {
    for (const auto& family : registry.Collect()) {
      if (family.name == name) return family.points.at(0).value;
    }
    return -1;
  }
};

std::string Written(const Response& response) {
  std::string text;
  for (const char* kind : {"Samples", "Histograms", "Exemplars"}) {
    text += std::string(response.headers.Get(std::string("X-Prometheus-Remote-Write-") + kind + "-Written")) + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("start timestamps of version 2 go where they are wanted", "[remote2]") {
  const std::string parts = BytesField(2, SampleMessage(1.5, 1000) + VarintField(3, 400)) + SampleField(2.5, 2000) +
                            BytesField(3, DoubleField(2, 0) + VarintField(15, 3000) + VarintField(17, 2500));
  const std::string message = kSymbols + Series({1, 2, 3, 4}, parts);
  const std::string up = kUpText;
  Fixture none;
  CHECK(none.Write(message).status == 204);
  CHECK(none.storage.starts.empty());
  CHECK(none.storage.zeros.empty());
  Fixture stored({.stored = true, .as_zeros = false});
  CHECK(stored.Write(message).status == 204);
  CHECK(stored.storage.starts == std::vector<std::string>{up + " 1000 400", up + " 3000 2500"});
  CHECK(stored.storage.zeros.empty());
  CHECK(stored.storage.stored.size() == 3);
  Fixture zeros({.stored = false, .as_zeros = true});
  CHECK(zeros.Write(message).status == 204);
  CHECK(zeros.storage.starts.empty());
  CHECK(zeros.storage.zeros == std::vector<std::string>{up + " 1000 400", up + " 3000 2500 histogram"});
}

TEST_CASE("version 2 with everything", "[remote2]") {
  Fixture fixture;
  const std::string parts = SampleField(1.5, 1000) + SampleField(2.5, 2000) +
                            BytesField(3, DoubleField(2, 0) + VarintField(15, 3000)) +
                            BytesField(4, Refs({3, 4}) + DoubleField(2, 9) + VarintField(3, 2000)) +
                            BytesField(5, VarintField(1, 2) + VarintField(3, 2) + VarintField(4, 0));
  const Response response = fixture.Write(kSymbols + Series({1, 2, 3, 4}, parts));
  CHECK(response.status == 204);
  CHECK(Written(response) == "2 1 1 ");
  REQUIRE(fixture.storage.stored.size() == 3);
  CHECK(fixture.storage.stored[0].series == kUpText);
  CHECK(fixture.storage.stored[2].t == 3000);
  REQUIRE(fixture.storage.exemplars.size() == 1);
  CHECK(fixture.storage.exemplars[0].second.labels == storage::Labels{{"job", "node"}});
  CHECK(fixture.Metric("prometheus_api_remote_write_without_metadata_appended_samples_total") == 0);
}

TEST_CASE("symbols may come last, references one by one", "[remote2]") {
  Fixture fixture;
  const std::string refs = VarintField(1, 1) + VarintField(1, 2);
  CHECK(fixture.Write(BytesField(5, SampleField(1, 1) + refs) + kSymbols).status == 204);
  CHECK(fixture.storage.stored.at(0).series == "up");
}

TEST_CASE("both versions share what is known about a series", "[remote2]") {
  Fixture fixture;
  fixture.Write(kSymbols + Series({1, 2, 3, 4}, SampleField(1, 1)));
  fixture.Write(Symbols({"node", "job", "up", "__name__"}) + Series({3, 2, 1, 0}, SampleField(2, 2)));
  CHECK(fixture.storage.resolved.size() == 1);
  CHECK(fixture.storage.stored.size() == 2);
}

TEST_CASE("what is good is stored, what is not is named", "[remote2]") {
  Fixture fixture;
  fixture.storage.judge = [](const std::string&, storage::TimestampMs t, double) {
    return t == 2 ? AppendOutcome::kOutOfOrder : AppendOutcome::kAdded;
  };
  const Response response = fixture.Write(kSymbols + Series({1, 2, 3, 4}, SampleField(1, 1) + SampleField(1, 2)) +
                                          Series({3, 4}, SampleField(1, 1) + SampleField(2, 2)) +
                                          Series({1, 2}, SampleField(1, kNow + 600'001) + SampleField(1, 3)));
  CHECK(response.status == 400);
  CHECK(response.body ==
        "out of order sample for series {__name__=\"up\", job=\"node\"}\n"
        "invalid metric name or labels, got {job=\"node\"}\n"
        "out of bounds: timestamp is too far in the future for series {__name__=\"up\"}\n");
  CHECK(Written(response) == "2 0 0 ");
  CHECK(fixture.storage.stored.size() == 2);
  CHECK(fixture.Metric("prometheus_api_remote_write_invalid_labels_samples_total") == 2);
}

TEST_CASE("series that are no good", "[remote2]") {
  Fixture fixture;
  const auto body = [&](const std::string& series) {
    const Response response = fixture.Write(kSymbols + series + Series({1, 2}, SampleField(1, 1)));
    CHECK(response.status == 400);
    CHECK(Written(response) == "1 0 0 ");
    return response.body;
  };
  CHECK_THAT(body(Series({1, 2, 3}, SampleField(1, 1))), Contains("invalid labelRefs length 3"));
  CHECK_THAT(body(Series({1, 6}, SampleField(1, 1))), Contains("labelRefs 6 is outside of the symbols table (size 6)"));
  CHECK_THAT(body(Series({1, UINT32_MAX}, SampleField(1, 1))), Contains("outside of the symbols table"));
  CHECK_THAT(body(Series({1, 2, 3, 4}, "")), Contains("TimeSeries must contain at least one sample or histogram"));
  CHECK_THAT(body(Series({1, 2}, "")), Contains("TimeSeries must contain at least one sample or histogram"));
  CHECK_THAT(body(Series({1, 2, 3, 4, 3, 4}, SampleField(1, 1))), Contains("duplicated label job"));
  CHECK_THAT(body(Series({1, 5}, SampleField(1, 1))), Contains("invalid metric name or labels"));
  CHECK_THAT(body(Series({1, 2}, SampleField(1, 1) + BytesField(5, VarintField(3, 9)))), Contains("parsing metadata"));
}

TEST_CASE("a malformed message stores nothing", "[remote2]") {
  Fixture fixture;
  const std::string message = kSymbols + Series({1, 2}, SampleField(1, kNow) + SampleField(2, kNow + 1));
  int good = 0;
  for (std::size_t size = kSymbols.size() + 1; size < message.size(); ++size) {
    const Response response = fixture.Write(message.substr(0, size));
    good += response.status == 204;
    CHECK(Written(response) == "0 0 0 ");
  }
  CHECK(good == 0);
  CHECK(fixture.storage.stored.empty());
}

TEST_CASE("storage failures roll back", "[remote2]") {
  Fixture fixture;
  fixture.storage.on_commit = [] { return storage::Status(storage::Error{storage::Errc::kIo, "disk is gone"}); };
  const Response response = fixture.Write(kSymbols + Series({1, 2}, SampleField(1, 1)));
  CHECK(response.status == 500);
  CHECK(Written(response) == "0 0 0 ");
}

TEST_CASE("an answer does not grow without bounds", "[remote2]") {
  Fixture fixture;
  fixture.storage.judge = [](const std::string&, storage::TimestampMs, double) { return AppendOutcome::kTooOld; };
  std::string message = kSymbols;
  for (int i = 0; i < 10'000; ++i) message += Series({1, 2}, SampleField(1, i));
  const Response response = fixture.Write(message);
  CHECK(response.status == 400);
  CHECK(response.body.size() < 66'000);
  CHECK_THAT(response.body, Contains(" more\n"));
  CHECK(fixture.Metric("vigia_remote_write_shortened_errors_total") == 1);
  CHECK(fixture.Metric("vigia_remote_write_refused_samples_total") == 10'000);
}

TEST_CASE("one long symbol, many references", "[remote2]") {
  Fixture fixture;
  std::vector<std::uint64_t> refs = {1, 2};
  for (int i = 0; i < 1000; ++i) refs.insert(refs.end(), {3, 6});
  const Response response =
      fixture.Write(kSymbols + Symbols({std::string(100'000, 'x')}) + Series(refs, SampleField(1, 1)));
  CHECK(response.status == 400);
  CHECK_THAT(response.body, Contains("too large"));
}
