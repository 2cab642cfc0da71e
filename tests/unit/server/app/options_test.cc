#include "server/app/options.h"

#include "server/app/flag_set.h"
#include "tests/support/catch.h"

using namespace vigia::server;

namespace {
std::string ErrorOf(const std::vector<std::string>& arguments) {
  const auto parsed = ParseOptions(arguments);
  return parsed.has_error() ? parsed.error().what : "";
}
}  // namespace

TEST_CASE("flags take their value after = or as the next argument") {
  const auto options = ParseOptions({"--config.file", "a.yml", "--storage.tsdb.retention.time=30d",
                                     "--storage.tsdb.retention.size=10GB", "--web.enable-lifecycle"});
  REQUIRE(options.has_value());
  CHECK(options->config_file == "a.yml");
  CHECK(options->retention_time_ms == std::int64_t{30} * 24 * 3600 * 1000);
  CHECK(options->retention_size_bytes == std::uint64_t{10} << 30);
  CHECK(options->enable_lifecycle);
  CHECK(options->values.at("storage.tsdb.retention.size") == "10GB");
  CHECK(options->values.at("query.timeout") == "2m");
}

TEST_CASE("repeatable flags replace the default") {
  const auto options = ParseOptions({"--web.listen-address=:9091", "--web.listen-address=127.0.0.1:9092"});
  REQUIRE(options.has_value());
  CHECK(options->listen_addresses == std::vector<std::string>{":9091", "127.0.0.1:9092"});
}

TEST_CASE("the remote write receiver takes the messages that are named") {
  const auto all = ParseOptions({});
  REQUIRE(all.has_value());
  CHECK(all->remote_write_messages.size() == 2);
  const std::string flag = "--web.remote-write-receiver.accepted-protobuf-messages=";
  const auto one = ParseOptions({flag + "io.prometheus.write.v2.Request"});
  REQUIRE(one.has_value());
  CHECK(one->remote_write_messages == std::vector<std::string>{"io.prometheus.write.v2.Request"});
  CHECK(ErrorOf({flag + "v3"}).find("expected one of prometheus.WriteRequest, io.prometheus.write.v2.Request") !=
        std::string::npos);
}

TEST_CASE("limits of memory and disk space are sizes") {
  const auto options = ParseOptions({"--query.max-memory=2GiB", "--storage.min-free-space=0B"});
  REQUIRE(options.has_value());
  CHECK(options->query_max_memory_bytes == std::uint64_t{2} << 30);
  CHECK(options->min_free_bytes == std::uint64_t{0});
  CHECK_FALSE(ParseOptions({})->min_free_bytes.has_value());
}

TEST_CASE("booleans can be negated") {
  CHECK_FALSE(
      ParseOptions({"--no-alertmanager.drain-notification-queue-on-shutdown"})->drain_notification_queue_on_shutdown);
  CHECK(ErrorOf({"--no-config.file"}).find("unknown flag \"--no-config.file\"") == 0);
}

TEST_CASE("mistakes are named, with the nearest flag") {
  CHECK(ErrorOf({"--config.fil=x"}) == "unknown flag \"--config.fil\" (did you mean \"--config.file\"?)");
  CHECK(ErrorOf({"--completely.different"}) == "unknown flag \"--completely.different\"");
  CHECK(ErrorOf({"--config.file"}) == "flag \"--config.file\" needs a value");
  CHECK(ErrorOf({"--config.file=a", "--config.file=b"}) == "flag \"--config.file\" cannot be repeated");
  CHECK(ErrorOf({"--query.timeout=soon"}) ==
        "flag \"--query.timeout\": \"soon\": expected a duration such as 15d or 1h30m");
  CHECK(ErrorOf({"--query.max-concurrency=0"}) ==
        "flag \"--query.max-concurrency\": \"0\": expected a whole number of at least 1");
  CHECK(ErrorOf({"--log.level=loud"}) == "flag \"--log.level\": \"loud\": expected one of debug, info, warn, error");
  CHECK(ErrorOf({"stray"}) == "unexpected argument \"stray\"");
}

TEST_CASE("feature names are a list, unknown ones are kept apart") {
  const auto options =
      ParseOptions({"--enable-feature=exemplar-storage,no-such", "--enable-feature=promql-experimental-functions"});
  REQUIRE(options.has_value());
  CHECK(options->HasFeature("exemplar-storage"));
  CHECK(options->HasFeature("promql-experimental-functions"));
  CHECK(options->unknown_features == std::vector<std::string>{"no-such"});
}

TEST_CASE("a feature is the default of extra_scrape_metrics") {
  CHECK_FALSE(ParseOptions({})->load().extra_scrape_metrics);
  CHECK(ParseOptions({"--enable-feature=extra-scrape-metrics"})->load().extra_scrape_metrics);
}

TEST_CASE("edit distance") {
  CHECK(EditDistance("kitten", "sitting") == 3);
  CHECK(EditDistance("", "abc") == 3);
  CHECK(EditDistance("same", "same") == 0);
}
