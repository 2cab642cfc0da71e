#include "server/sender/manager.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <unistd.h>

#include "storage/tsdb/tsdb.h"
#include "tests/support/catch.h"
#include "tests/unit/server/sender/strict_receiver.h"

using namespace vigia;
using namespace vigia::server;
using storage::Labels;
using tests::StrictReceiver;

namespace {

constexpr storage::TimestampMs kStart = 1'700'000'000'000;

template <class Condition>
bool Within10s(const Condition& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < until) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

// Storage in memory, a remote, and a sender between them that can be started again.
struct Fixture {
  explicit Fixture(const std::string& remote_yaml, const std::string& external = "{}") {
    std::filesystem::remove_all(folder);
    storage::TsdbOptions options;
    options.path = "/memory";
    options.in_memory = true;
    options.background = false;
    options.clock = [this] { return now_ms.load(); };
    auto opened = storage::Tsdb::Open(options, registry);
    INFO((opened.has_value() ? "" : opened.error().what));
    REQUIRE(opened.has_value());
    tsdb = std::move(*opened);
    Configure(remote_yaml, external);
    Restart();
  }
  ~Fixture() {
    StopSender();
    std::filesystem::remove_all(folder);
  }

  void Configure(const std::string& remote_yaml, const std::string& external = "{}") {
    auto parsed =
        config::ParseConfig("global: {external_labels: " + external + "}\nremote_write:\n" + remote_yaml, "p.yml");
    INFO((parsed.has_value() ? "" : parsed.error().what));
    REQUIRE(parsed.has_value());
    config = *parsed;
  }
  void StopSender() {
    tsdb->SetCommitListener(nullptr);
    sender.reset();
  }
  void Restart() {
    StopSender();
    SenderDeps deps{
        .queue = {.storage = *tsdb,
                  .labels_of = [this](storage::SeriesRef ref) { return tsdb->LabelsOf(ref); },
                  .metadata = [] { return std::vector<RemoteMetadata>(); },
                  .clock = [this] { return now_ms.load(); },
                  .log = Logger::Silent()},
        .registry = registry,
        .transport = [this](const config::RemoteWriteConfig&) -> storage::Result<std::shared_ptr<RemoteTransport>> {
          return std::shared_ptr<RemoteTransport>(receiver);
        },
        .folder = folder,
        .flush_deadline_ms = 5'000};
    sender = std::make_unique<RemoteWriteSender>(std::move(deps));
    REQUIRE(sender->Apply(*config).has_value());
    tsdb->SetCommitListener(sender.get());
  }
  // One scrape of `series` series.
  void Scrape(int series) {
    now_ms += 1'000;
    const auto appender = tsdb->NewAppender({{"job", "j"}});
    for (int i = 0; i < series; ++i) {
      const auto ref = appender->Resolve({{"__name__", "m"}, {"job", "j"}, {"i", std::to_string(i)}});
      REQUIRE(ref.has_value());
      REQUIRE(appender->Append(*ref, now_ms, static_cast<double>(scrapes)) == storage::AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
    ++scrapes;
  }
  // Each of the series has all scrapes, in order.
  void CheckComplete(int series) {
    const auto expected = static_cast<std::size_t>(series) * static_cast<std::size_t>(scrapes);
    Within10s([&] { return receiver->samples() == expected; });
    CHECK(receiver->samples() == expected);
    const auto stored = receiver->stored();
    CHECK(stored.size() == static_cast<std::size_t>(series));
    for (const auto& [labels, samples] : stored) {
      REQUIRE(samples.size() == static_cast<std::size_t>(scrapes));
      for (int i = 0; i < scrapes; ++i) {
        REQUIRE(samples[static_cast<std::size_t>(i)].t == kStart + (i + 1) * 1'000);
        REQUIRE(samples[static_cast<std::size_t>(i)].v == i);
      }
    }
  }
  double Metric(const std::string& name) const {
    double sum = 0;
    for (const auto& family : registry.Collect()) {
      if (family.name != name) continue;
      for (const auto& point : family.points) sum += point.suffix.empty() ? point.value : 0;
    }
    return sum;
  }

  std::atomic<storage::TimestampMs> now_ms{kStart};
  int scrapes = 0;
  storage::Registry registry;
  std::string folder = std::filesystem::temp_directory_path() / ("vigia-sender-" + std::to_string(::getpid()));
  std::unique_ptr<storage::Tsdb> tsdb;
  config::ConfigPtr config;
  std::shared_ptr<StrictReceiver> receiver = std::make_shared<StrictReceiver>();
  std::unique_ptr<RemoteWriteSender> sender;
};

constexpr const char* kQuick =
    "- {url: 'http://x', queue_config: {batch_send_deadline: 10ms, min_backoff: 1ms, max_backoff: 20ms}}";

}  // namespace

TEST_CASE("what is committed is sent, relabelled, with external labels") {
  Fixture fixture(R"(- url: http://x
  name: far
  queue_config: {batch_send_deadline: 10ms}
  write_relabel_configs:
  - {source_labels: [i], regex: '1', action: drop}
  - {regex: i, action: labeldrop}
)",
                  "{site: here, job: other}");
  fixture.Scrape(2);
  fixture.Scrape(2);
  CHECK(Within10s([&] { return fixture.receiver->samples() == 2; }));
  const auto stored = fixture.receiver->stored();
  REQUIRE(stored.size() == 1);
  CHECK(stored.begin()->first == "__name__=m,job=j,site=here");
  CHECK(stored.begin()->second[1].t == kStart + 2'000);
  CHECK(fixture.Metric("prometheus_remote_storage_samples_total") == 2);
  CHECK(fixture.Metric("prometheus_remote_storage_samples_dropped_total") == 2);
  CHECK(Within10s([&] { return fixture.Metric("prometheus_remote_storage_samples_pending") == 0; }));
}

TEST_CASE("a remote that is away for a while misses nothing") {
  Fixture fixture(kQuick);
  fixture.Scrape(50);
  fixture.receiver->down = true;
  for (int i = 0; i < 10; ++i) fixture.Scrape(50);
  CHECK(Within10s([&] { return fixture.receiver->requests > 5; }));
  fixture.receiver->down = false;
  fixture.Scrape(50);
  fixture.CheckComplete(50);
  CHECK(fixture.receiver->refused == 0);
  CHECK(fixture.Metric("prometheus_remote_storage_samples_retried_total") > 0);
  CHECK(fixture.Metric("prometheus_remote_storage_samples_failed_total") == 0);
}

TEST_CASE("what was not sent before a restart is sent after it") {
  Fixture fixture(kQuick);
  fixture.Scrape(20);
  CHECK(Within10s([&] { return fixture.receiver->samples() == 20; }));
  fixture.receiver->down = true;
  for (int i = 0; i < 100; ++i) fixture.Scrape(20);
  fixture.Restart();
  for (int i = 0; i < 3; ++i) fixture.Scrape(20);
  fixture.receiver->down = false;
  fixture.Scrape(20);
  fixture.CheckComplete(20);
  CHECK(fixture.Metric("prometheus_remote_storage_samples_failed_total") == 0);
}

TEST_CASE("what was sent before a restart is not sent again") {
  Fixture fixture(kQuick);
  for (int i = 0; i < 5; ++i) fixture.Scrape(20);
  fixture.CheckComplete(20);
  fixture.Restart();
  const int requests = fixture.receiver->requests;
  fixture.Scrape(20);
  fixture.CheckComplete(20);
  CHECK(fixture.receiver->requests == requests + 1);
}

// More than fits into memory (100,000 samples) waits in storage.
TEST_CASE("a queue that is full goes on from storage") {
  Fixture fixture(
      "- {url: 'http://x', queue_config: {capacity: 100, max_shards: 2, max_samples_per_send: 5000, "
      "batch_send_deadline: 10ms, min_backoff: 1ms, max_backoff: 20ms}}");
  fixture.receiver->down = true;
  for (int i = 0; i < 70; ++i) fixture.Scrape(2'000);
  CHECK(fixture.Metric("vigia_remote_storage_queue_overflows_total") > 0);
  fixture.receiver->down = false;
  fixture.CheckComplete(2'000);
  CHECK(fixture.Metric("vigia_remote_storage_recovered_samples_total") > 0);
  CHECK(fixture.Metric("prometheus_remote_storage_samples_failed_total") == 0);
  fixture.Scrape(2'000);
  fixture.CheckComplete(2'000);
}

// The remote has a part of what is read from storage: its 400 must not cost the rest of the request.
TEST_CASE("repetitions after a crash cost nothing") {
  Fixture fixture(kQuick);
  for (int i = 0; i < 10; ++i) fixture.Scrape(20);
  fixture.CheckComplete(20);
  fixture.StopSender();
  for (const auto& file : std::filesystem::directory_iterator(fixture.folder)) {
    Position position;
    REQUIRE(position.Open(file.path()).has_value());
    position.Lower(kStart + 5'000);
  }
  for (int i = 0; i < 10; ++i) fixture.Scrape(20);
  fixture.Restart();
  // The samples of both the times are read: 10 scrapes that nobody watched, and 6 that the remote has.
  fixture.CheckComplete(20);
  CHECK(fixture.receiver->refused > 0);
}

TEST_CASE("a reload changes a queue and keeps what waits in it") {
  Fixture fixture(kQuick);
  fixture.receiver->down = true;
  for (int i = 0; i < 5; ++i) fixture.Scrape(20);
  fixture.Configure(
      "- {url: 'http://x', remote_timeout: 7s, queue_config: {batch_send_deadline: 5ms, max_backoff: 30ms}}");
  REQUIRE(fixture.sender->Apply(*fixture.config).has_value());
  fixture.Scrape(20);
  fixture.receiver->down = false;
  fixture.CheckComplete(20);
  // Removed, and forgotten.
  fixture.Configure("  []");
  REQUIRE(fixture.sender->Apply(*fixture.config).has_value());
  CHECK(fixture.sender->WillCommit(0) == nullptr);
  CHECK(std::filesystem::is_empty(fixture.folder));
  CHECK(fixture.Metric("prometheus_remote_storage_shards_max") == 0);
}

TEST_CASE("samples beyond the age limit are dropped") {
  Fixture fixture("- {url: 'http://x', queue_config: {batch_send_deadline: 10ms, sample_age_limit: 1m}}");
  const auto appender = fixture.tsdb->NewAppender({});
  const auto ref = appender->Resolve({{"__name__", "old"}});
  CHECK(appender->Append(*ref, kStart - 3'600'000, 1) == storage::AppendOutcome::kAdded);
  REQUIRE(appender->Commit().has_value());
  fixture.Scrape(1);
  CHECK(Within10s([&] { return fixture.receiver->samples() == 1; }));
  CHECK(Within10s([&] { return fixture.Metric("prometheus_remote_storage_samples_dropped_total") == 1; }));
}

TEST_CASE("a request that has become too old is not sent again") {
  Fixture fixture(
      "- {url: 'http://x', queue_config: {batch_send_deadline: 5ms, max_backoff: 5ms, sample_age_limit: 1m}}");
  fixture.receiver->down = true;
  fixture.Scrape(3);
  CHECK(Within10s([&] { return fixture.receiver->requests > 3; }));
  fixture.now_ms += 61'000;
  CHECK(Within10s([&] { return fixture.Metric("prometheus_remote_storage_samples_dropped_total") == 3; }));
  fixture.receiver->down = false;
  CHECK(Within10s([&] { return fixture.Metric("prometheus_remote_storage_samples_pending") == 0; }));
  CHECK(fixture.receiver->samples() == 0);
  CHECK(fixture.Metric("prometheus_remote_storage_samples_in_total") == 3);
}

TEST_CASE("a damaged position does not stop the server") {
  Fixture fixture(kQuick);
  fixture.Scrape(2);
  CHECK(Within10s([&] { return fixture.receiver->samples() == 2; }));
  fixture.StopSender();
  for (const auto& file : std::filesystem::directory_iterator(fixture.folder)) {
    std::ofstream(file.path(), std::ios::trunc) << std::string(41, '\0');
  }
  fixture.Restart();
  fixture.Scrape(2);
  fixture.CheckComplete(2);
}
