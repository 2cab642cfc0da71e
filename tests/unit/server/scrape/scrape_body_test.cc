#include "server/scrape/scrape_body.h"

#include "tests/support/catch.h"
#include "tests/unit/server/scrape/fake_storage.h"

using namespace vigia::server;
using vigia::config::RelabelAction;
using vigia::config::RelabelRegex;
using vigia::config::RelabelRule;
using vigia::config::ScrapeConfig;
using vigia::storage::Errc;
using vigia::storage::Error;
using vigia::storage::Labels;
using vigia::storage::Registry;
using vigia::storage::TimestampMs;

namespace {

struct Fixture {
  explicit Fixture(ScrapeConfig scrape = {}, ScrapeExtras extras = {})
      : config(std::move(scrape)),
        body(storage, metrics, Logger::Silent(), Labels{{"job", "j"}}, 10'000,
             std::make_shared<const ScrapeConfig>(config), extras) {}

  ScrapeOutcome Scrape(TimestampMs at_ms, std::string text, std::string type = "text/plain") {
    FetchedBody fetched;
    fetched.body = std::move(text);
    fetched.content_type = std::move(type);
    return body.Store(fetched, at_ms, at_ms, [] { return 0.25; });
  }

  ScrapeOutcome Fail(TimestampMs at_ms) {
    FetchedBody fetched;
    fetched.status = Error{Errc::kIo, "refused"};
    return body.Store(fetched, at_ms, at_ms, [] { return 0.25; });
  }

  std::string Of(const std::string& name) { return storage.Samples(name + "{job=\"j\"}"); }
  double Metric(const std::string& name) { return registry.AddCounter(name, "").value(); }

  ScrapeConfig config;
  Registry registry;
  ScrapeMetrics metrics{registry};
  FakeStorage storage;
  ScrapeBody body;
};

RelabelRule DropNames(const char* regex) {
  RelabelRule rule;
  rule.action = RelabelAction::kDrop;
  rule.source_labels = {"__name__"};
  rule.regex = RelabelRegex::Create(regex).value();
  return rule;
}

}  // namespace

TEST_CASE("series that storage has forgotten are resolved anew, no sample is lost") {
  Fixture f;
  f.Scrape(1000, "a 1\nb 2\n");
  f.storage.Forget("b{job=\"j\"}");
  f.storage.Forget("up{job=\"j\"}");
  const ScrapeOutcome outcome = f.Scrape(2000, "a 3\nb 4\n");
  CHECK(outcome.samples == 2);
  CHECK(outcome.after_relabel == 2);
  CHECK(f.Of("a") == "1000:1 2000:3");
  CHECK(f.Of("b") == "1000:2 2000:4");
  CHECK(f.Of("up") == "1000:1 2000:1");
  f.Scrape(3000, "a 5\n");
  CHECK(f.Of("b") == "1000:2 2000:4 3000:stale");
}

TEST_CASE("a scrape stores its samples and its report") {
  Fixture f;
  const ScrapeOutcome outcome = f.Scrape(1000, "# TYPE a counter\na 1\nb{x=\"1\"} 2\n");
  CHECK(outcome.status.has_value());
  CHECK(outcome.samples == 2);
  CHECK(outcome.after_relabel == 2);
  CHECK(outcome.series_added == 2);
  CHECK(f.Of("a") == "1000:1");
  CHECK(f.storage.Samples("b{job=\"j\", x=\"1\"}") == "1000:2");
  CHECK(f.Of("up") == "1000:1");
  CHECK(f.Of("scrape_duration_seconds") == "1000:0.25");
  CHECK(f.Of("scrape_samples_scraped") == "1000:2");
  CHECK(f.Of("scrape_samples_post_metric_relabeling") == "1000:2");
  CHECK(f.Of("scrape_series_added") == "1000:2");
  CHECK(f.storage.Series().size() == 7);
}

TEST_CASE("type and unit become labels where they are wanted") {
  Fixture f({}, {.exemplars = false, .starts = {}, .type_and_unit_labels = true});
  const std::string body =
      "# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1\n# TYPE g gauge\n"
      "g{__type__=\"mine\",__unit__=\"own\"} 2\n# TYPE u unknown\nu 3\nother 4\n# EOF\n";
  for (const TimestampMs t : {1000, 2000}) CHECK(f.Scrape(t, body, "application/openmetrics-text").status.has_value());
  CHECK(f.storage.Samples(R"(a_seconds_total{__type__="counter", __unit__="seconds", job="j"})") == "1000:1 2000:1");
  CHECK(f.storage.Samples(R"(g{__type__="gauge", __unit__="own", job="j"})") == "1000:2 2000:2");
  CHECK(f.Of("u") == "1000:3 2000:3");
  CHECK(f.Of("other") == "1000:4 2000:4");
  // A line that comes later in a known body still knows its family.
  CHECK(f.Scrape(3000, "# TYPE g gauge\ng{x=\"1\"} 5\n# EOF\n", "application/openmetrics-text").status.has_value());
  CHECK(f.storage.Samples(R"(g{__type__="gauge", job="j", x="1"})") == "3000:5");
}

TEST_CASE("a second scrape resolves nothing and adds no series") {
  Fixture f;
  const std::string text = "# HELP a x\n# TYPE a counter\na 1\nb{x=\"1\"} 2\n# c\nc 3\n";
  f.Scrape(1000, text);
  const std::size_t resolves = f.storage.resolves;
  CHECK(f.Scrape(2000, text).series_added == 0);
  CHECK(f.Scrape(3000, "c 4\n" + text.substr(0, text.size() - 4)).samples == 3);  // In another order.
  CHECK(f.storage.resolves == resolves);
  CHECK(f.Of("a") == "1000:1 2000:1 3000:1");
  CHECK(f.Of("c") == "1000:3 2000:3 3000:4");
}

TEST_CASE("series that vanish go stale once, and count as added when they return") {
  Fixture f;
  f.Scrape(1000, "a 1\nb 2\n");
  f.Scrape(2000, "a 1\n");
  f.Scrape(3000, "a 1\n");
  CHECK(f.Of("b") == "1000:2 2000:stale");
  CHECK(f.Scrape(4000, "a 1\nb 3\n").series_added == 1);
  CHECK(f.Of("b") == "1000:2 2000:stale 4000:3");
  CHECK(f.Of("a") == "1000:1 2000:1 3000:1 4000:1");
}

TEST_CASE("a series under another line is not stale") {
  Fixture f;
  f.Scrape(1000, "a{x=\"1\",y=\"2\"} 1\n");
  f.Scrape(2000, "a{y=\"2\",x=\"1\"} 2\n");
  CHECK(f.storage.Samples("a{job=\"j\", x=\"1\", y=\"2\"}") == "1000:1 2000:2");
}

TEST_CASE("a failed request makes all series stale and up 0") {
  Fixture f;
  f.Scrape(1000, "a 1\nb 2\n");
  const ScrapeOutcome outcome = f.Fail(2000);
  CHECK(outcome.status.error().what == "refused");
  f.Fail(3000);
  CHECK(f.Of("a") == "1000:1 2000:stale");
  CHECK(f.Of("b") == "1000:2 2000:stale");
  CHECK(f.Of("up") == "1000:1 2000:0 3000:0");
  CHECK(f.Of("scrape_samples_scraped") == "1000:2 2000:0 3000:0");
  CHECK(f.Scrape(4000, "a 1\nb 2\n").series_added == 0);  // The lines were kept.
  CHECK(f.Of("a") == "1000:1 2000:stale 4000:1");
}

TEST_CASE("an empty body is a good scrape of nothing") {
  Fixture f;
  f.Scrape(1000, "a 1\n");
  CHECK(f.Scrape(2000, "", "").status.has_value());
  CHECK(f.Of("a") == "1000:1 2000:stale");
  CHECK(f.Of("up") == "1000:1 2000:1");
}

TEST_CASE("a body that breaks in the middle leaves nothing of itself") {
  Fixture f;
  f.Scrape(1000, "a 1\nb 2\nc 3\n");
  const ScrapeOutcome outcome = f.Scrape(2000, "a 2\nd 1\nb{ 2\nc 3\n");
  CHECK_FALSE(outcome.status.has_value());
  CHECK(outcome.samples == 2);
  CHECK(f.Of("a") == "1000:1 2000:stale");
  CHECK(f.Of("b") == "1000:2 2000:stale");
  CHECK(f.Of("c") == "1000:3 2000:stale");
  CHECK(f.Of("d").empty());
  CHECK(f.Of("up") == "1000:1 2000:0");
  CHECK(f.Of("scrape_samples_scraped") == "1000:3 2000:2");
  f.Scrape(3000, "a 3\nd 1\n");
  CHECK(f.Of("a") == "1000:1 2000:stale 3000:3");
  CHECK(f.Of("d") == "3000:1");
}

TEST_CASE("a content type without a parser fails the scrape") {
  Fixture f;
  CHECK(f.Scrape(1000, "a 1\n", "text/html").status.error().what ==
        "received unsupported Content-Type \"text/html\" and no fallback_scrape_protocol specified for target");
  ScrapeConfig config;
  config.fallback_scrape_protocol = vigia::config::ScrapeProtocol::kPrometheusText0_0_4;
  CHECK(Fixture(config).Scrape(1000, "a 1\n", "text/html").status.has_value());
  CHECK_FALSE(Fixture(config).Scrape(1000, "a 1\n", "application/openmetrics-text").status.has_value());  // No # EOF.
}

TEST_CASE("timestamps of the target are honoured, and such series do not go stale") {
  Fixture f;
  f.Scrape(10'000, "a 1 5000\nb 1\n");
  f.Scrape(20'000, "b 2\n");
  CHECK(f.Of("a") == "5000:1");
  ScrapeConfig ignore;
  ignore.honor_timestamps = false;
  Fixture g(ignore);
  g.Scrape(10'000, "a 1 5000\n");
  g.Scrape(20'000, "b 1\n");
  CHECK(g.Of("a") == "10000:1 20000:stale");
  ScrapeConfig track;
  track.track_timestamps_staleness = true;
  Fixture h(track);
  h.Scrape(10'000, "a 1 5000\n");
  h.Scrape(20'000, "b 1\n");
  CHECK(h.Of("a") == "5000:1 20000:stale");
}

TEST_CASE("refused samples are counted and do not fail the scrape") {
  Fixture f;
  CHECK(f.Scrape(10'000, "a 1 5000\nb 1\n").status.has_value());
  const ScrapeOutcome outcome = f.Scrape(20'000, "a 1 4000\nb 1 99999999\na 2 5000\nb 3\nb 4\n");
  CHECK(outcome.status.has_value());
  CHECK(outcome.out_of_order == 1);
  CHECK(outcome.out_of_bounds == 1);
  CHECK(outcome.duplicates == 3);  // a at its last time, and the last two lines: b was there already.
  CHECK(f.Metric("prometheus_target_scrapes_sample_out_of_order_total") == 1);
  CHECK(f.Metric("prometheus_target_scrapes_sample_out_of_bounds_total") == 1);
  CHECK(f.Metric("prometheus_target_scrapes_sample_duplicate_timestamp_total") == 3);
}

TEST_CASE("the same series twice in a body: the second is a duplicate") {
  Fixture f;
  const ScrapeOutcome outcome = f.Scrape(1000, "a 1\na 2\na 2\n");
  CHECK(outcome.duplicates == 2);
  CHECK(outcome.samples == 3);
  CHECK(outcome.after_relabel == 3);
  CHECK(f.Of("a") == "1000:1");
  CHECK(f.Scrape(2000, "a 5\na 6\na 7\n").duplicates == 2);
  CHECK(f.Of("a") == "1000:1 2000:5");
  CHECK(f.Scrape(3000, "t 1 1\nt 2 2\nt 3 3\na 1\n").duplicates == 0);  // Own times make them different samples.
  CHECK(f.Of("t") == "1:1 2:2 3:3");
}

TEST_CASE("metric relabelling drops without a trace but in the count") {
  ScrapeConfig config;
  config.metric_relabel_configs = {DropNames("go_.*")};
  Fixture f(config);
  for (const TimestampMs t : {1000, 2000}) {
    const ScrapeOutcome outcome = f.Scrape(t, "go_a 1\na 1\ngo_b 1\n");
    CHECK(outcome.samples == 3);
    CHECK(outcome.after_relabel == 1);
  }
  CHECK(f.Of("go_a").empty());
  CHECK(f.Of("a") == "1000:1 2000:1");
}

TEST_CASE("sample_limit counts after relabelling and fails the whole scrape") {
  ScrapeConfig config;
  config.sample_limit = 2;
  config.metric_relabel_configs = {DropNames("go_.*")};
  Fixture f(config);
  CHECK(f.Scrape(1000, "go_a 1\na 1\nb 1\n").status.has_value());
  const ScrapeOutcome outcome = f.Scrape(2000, "a 1\nb 1\nc 1\nd 1\n");
  CHECK(outcome.status.error().what == "sample limit exceeded");
  CHECK(outcome.samples == 4);
  CHECK(outcome.after_relabel == 4);
  CHECK(f.Of("a") == "1000:1 2000:stale");
  CHECK(f.Of("c").empty());
  CHECK(f.Of("up") == "1000:1 2000:0");
  CHECK(f.Metric("prometheus_target_scrapes_exceeded_sample_limit_total") == 1);
}

TEST_CASE("label limits and duplicate labels fail the whole scrape") {
  ScrapeConfig config;
  config.label_limit = 2;
  Fixture f(config);
  CHECK(f.Scrape(1000, "a 1\n").status.has_value());
  CHECK(f.Scrape(2000, "a 1\nb{x=\"1\"} 1\n").status.error().what ==
        "label_limit exceeded (metric: b, number of labels: 3, limit: 2)");
  CHECK(f.Of("a") == "1000:1 2000:stale");
  CHECK(f.Metric("prometheus_target_scrape_pool_exceeded_label_limits_total") == 1);
  Fixture g;
  CHECK(g.Scrape(1000, "a{x=\"1\",x=\"2\"} 1\n").status.error().what ==
        "label name \"x\" is not unique: invalid sample");
}

TEST_CASE("storage that takes no new series fails the scrape; a failed commit is reported") {
  Fixture f;
  f.storage.resolve_status = Error{Errc::kLimit, "too many series"};
  CHECK(f.Scrape(1000, "a 1\n").status.error().what == "too many series");
  f.storage.resolve_status = {};
  f.storage.commit_status = Error{Errc::kUnavailable, "disk full"};
  const ScrapeOutcome outcome = f.Scrape(2000, "a 1\n");
  CHECK(outcome.status.has_value());
  CHECK(outcome.commit.error().what == "disk full");
  CHECK(f.Of("a").empty());
}

TEST_CASE("extra metrics on request, with -1 for a body over its limit") {
  ScrapeConfig config;
  config.extra_scrape_metrics = true;
  config.sample_limit = 7;
  Fixture f(config);
  f.Scrape(1000, "a 1\n");
  FetchedBody over;
  over.status = Error{Errc::kLimit, "body size limit exceeded"};
  over.body_limit_hit = true;
  f.body.Store(over, 2000, 2000, [] { return 1.0; });
  CHECK(f.Of("scrape_timeout_seconds") == "1000:10 2000:10");
  CHECK(f.Of("scrape_sample_limit") == "1000:7 2000:7");
  CHECK(f.Of("scrape_body_size_bytes") == "1000:4 2000:-1");
}

TEST_CASE("the end of a target makes everything stale") {
  Fixture f;
  f.Scrape(1000, "a 1\n");
  CHECK(f.body.StoreEnd(2000).has_value());
  CHECK(f.Of("a") == "1000:1 2000:stale");
  CHECK(f.Of("up") == "1000:1 2000:stale");
  CHECK(f.Of("scrape_series_added") == "1000:1 2000:stale");
}

TEST_CASE("markers do not come behind newer samples of others, however late samples may be") {
  Fixture f;
  f.storage.takes_late = true;
  const auto write = [&](const char* name, TimestampMs t, double v) {
    const auto other = f.storage.NewAppender({});
    const auto ref = other->Resolve(Labels{{"__name__", name}, {"job", "j"}});
    CHECK(other->Append(*ref, t, v) == vigia::storage::AppendOutcome::kAdded);
    CHECK(other->Commit().has_value());
  };
  f.Scrape(1000, "a 1\nb 2\n");
  write("a", 5000, 9);
  write("b", 2500, 9);
  f.Scrape(2000, "b 3\n");  // A late sample of b is taken, a late marker of a is not.
  CHECK(f.Of("a") == "1000:1 5000:9");
  CHECK(f.Of("b") == "1000:2 2500:9 2000:3");
  write("up", 6000, 1);
  write("b", 6000, 9);
  CHECK(f.body.StoreEnd(3000).has_value());
  CHECK(f.Of("b") == "1000:2 2500:9 2000:3 6000:9");
  CHECK(f.Of("up") == "1000:1 2000:1 6000:1");
}

TEST_CASE("a body takes over what another one stored of the same target") {
  Fixture f;
  f.Scrape(1000, "a 1\nb 2\n");
  ScrapeBody next(f.storage, f.metrics, Logger::Silent(), Labels{{"job", "j"}}, 10'000,
                  std::make_shared<const ScrapeConfig>(), {});
  next.TakeOver(f.body.HandOver());
  FetchedBody fetched;
  fetched.body = "b 3\n";
  fetched.content_type = "text/plain";
  next.Store(fetched, 2000, 2000, [] { return 0.25; });
  CHECK(f.Of("a") == "1000:1 2000:stale");
  CHECK(f.Of("b") == "1000:2 2000:3");
  CHECK(f.Of("up") == "1000:1 2000:1");
  CHECK(f.body.StoreEnd(3000).has_value());
  CHECK(f.Of("b") == "1000:2 2000:3");
}

TEST_CASE("a reload that drops a series lets it go stale; one that keeps the rules keeps the cache") {
  Fixture f;
  f.Scrape(1000, "a 1\ngo_a 1\n");
  ScrapeConfig limits = f.config;
  limits.sample_limit = 10;
  f.body.SetConfig(std::make_shared<const ScrapeConfig>(limits));
  CHECK(f.Scrape(2000, "a 1\ngo_a 1\n").series_added == 0);
  ScrapeConfig drop = limits;
  drop.metric_relabel_configs = {DropNames("go_.*")};
  f.body.SetConfig(std::make_shared<const ScrapeConfig>(drop));
  f.Scrape(3000, "a 1\ngo_a 1\n");
  CHECK(f.Of("a") == "1000:1 2000:1 3000:1");
  CHECK(f.Of("go_a") == "1000:1 2000:1 3000:stale");
}

TEST_CASE("metadata is kept for ten scrapes after its family was last seen") {
  Fixture f;
  f.Scrape(1000, "# HELP a Help of a.\n# TYPE a counter\na 1\n# TYPE b untyped\nb 1\n");
  REQUIRE(f.body.metadata().Get("a").has_value());
  CHECK(*f.body.metadata().Get("a") == MetricMetadata{"a", MetricType::kCounter, "Help of a.", ""});
  CHECK(f.body.metadata().Get("b")->type == MetricType::kUnknown);
  CHECK(f.body.metadata().bytes() == 7 + 10 + 7);
  for (int i = 0; i < 9; ++i) f.Scrape(2000 + i, "# TYPE b gauge\nb 1\n");
  CHECK(f.body.metadata().size() == 2);
  for (int i = 0; i < 2; ++i) f.Scrape(3000 + i, "# TYPE b gauge\nb 1\n");
  CHECK(f.body.metadata().List() == std::vector<MetricMetadata>{{"b", MetricType::kGauge, "", ""}});
  f.Scrape(4000, "# HELP c New.\n# TYPE b gauge\nc 1\nb 1\n");
  CHECK(f.body.metadata().Get("c")->help == "New.");
  CHECK(f.body.metadata().Get("c")->type == MetricType::kUnknown);
}

TEST_CASE("exemplars reach storage when it wants them") {
  const std::string text = "a_total 1 # {id=\"x\"} 0.5 3.5\nb_total 1 # {} 2\n# EOF\n";
  Fixture off;
  off.Scrape(1000, text, "application/openmetrics-text");
  CHECK(off.storage.exemplars.empty());
  Fixture on({}, {.exemplars = true, .starts = {}});
  on.Scrape(1000, text, "application/openmetrics-text");
  on.Scrape(2000, text, "application/openmetrics-text");
  REQUIRE(on.storage.exemplars.size() == 4);
  CHECK(on.storage.exemplars[2].labels == Labels{{"id", "x"}});
  CHECK(on.storage.exemplars[2].t == 3500);
  CHECK(on.storage.exemplars[2].v == 0.5);
  CHECK(on.storage.exemplars[3].t == 2000);
  CHECK(on.storage.exemplars[2].has_own_time);
  CHECK_FALSE(on.storage.exemplars[3].has_own_time);
}

TEST_CASE("created lines tell since when samples count, and are no series then") {
  const std::string_view type = "application/openmetrics-text; version=1.0.0";
  const auto text = [](const std::string& created) {
    return "# TYPE c counter\nc_total{a=\"1\"} 5\nc_created{a=\"1\"} " + created +
           "\nc_total{a=\"2\"} 6\n"
           "# TYPE h histogram\nh_bucket{b=\"x\",le=\"1.0\"} 1\nh_bucket{b=\"x\",le=\"+Inf\"} 2\nh_count{b=\"x\"} 2\n"
           "h_sum{b=\"x\"} 3\nh_created{b=\"x\"} 0.75\n"
           "# TYPE s summary\ns{quantile=\"0.5\"} 4\ns_count 1\ns_created 0.25\n"
           "# TYPE g_created gauge\ng_created 7\n# EOF\n";
  };
  Fixture plain;
  CHECK(plain.Scrape(1000, text("0.5"), std::string(type)).samples == 12);
  CHECK(plain.storage.Samples("c_created{a=\"1\", job=\"j\"}") == "1000:0.5");
  CHECK(plain.storage.starts.empty());

  Fixture f({}, {.exemplars = false, .starts = {.stored = true, .as_zeros = false}});
  const ScrapeOutcome first = f.Scrape(1000, text("0.5"), std::string(type));
  REQUIRE(first.status.has_value());
  CHECK(first.samples == 9);
  CHECK(first.series_added == 9);
  using Starts = std::map<std::pair<std::string, TimestampMs>, TimestampMs>;
  const auto at = [](TimestampMs t, TimestampMs c) {
    return Starts{{{"c_total{a=\"1\", job=\"j\"}", t}, c},
                  {{"h_bucket{b=\"x\", job=\"j\", le=\"1.0\"}", t}, 750},
                  {{"h_bucket{b=\"x\", job=\"j\", le=\"+Inf\"}", t}, 750},
                  {{"h_count{b=\"x\", job=\"j\"}", t}, 750},
                  {{"h_sum{b=\"x\", job=\"j\"}", t}, 750},
                  {{"s{job=\"j\", quantile=\"0.5\"}", t}, 250},
                  {{"s_count{job=\"j\"}", t}, 250}};
  };
  CHECK(f.storage.starts == at(1000, 500));
  CHECK(f.Of("g_created") == "1000:7");
  // Lines that are known by now: the counter began anew.
  f.storage.starts.clear();
  CHECK(f.Scrape(2000, text("1.5"), std::string(type)).samples == 9);
  CHECK(f.storage.starts == at(2000, 1500));
  // A body that does not say it any more.
  f.storage.starts.clear();
  f.Scrape(3000, "# TYPE c counter\nc_total{a=\"1\"} 5\n# EOF\n", std::string(type));
  CHECK(f.storage.starts.empty());
  // Only this format has them.
  CHECK(f.Scrape(4000, "# TYPE c counter\nc_created{a=\"1\"} 1\n").samples == 1);
}

TEST_CASE("created lines may come late, and lines that come and go leave nothing behind") {
  Fixture f({}, {.exemplars = false, .starts = {.stored = true, .as_zeros = false}});
  const std::string type = "application/openmetrics-text";
  f.Scrape(1000, "# TYPE c counter\nc_total 1\n# EOF\n", type);
  CHECK(f.storage.starts.empty());
  f.Scrape(2000, "# TYPE c counter\nc_total 1\nc_created 1.5\n# EOF\n", type);
  CHECK(f.storage.starts.size() == 1);
  for (int i = 0; i < 5000; ++i) {
    f.Scrape(
        3000 + i,
        fmt::format(
            "# TYPE c counter\nc_total 1\nc_created 1.5\nc_total{{i=\"{0}\"}} 1\nc_created{{i=\"{0}\"}} 2\n# EOF\n", i),
        type);
  }
  CHECK(f.storage.starts.size() == 1 + 2 * 5000);
}

TEST_CASE("zeros at starts are asked for before the sample") {
  Fixture f({}, {.exemplars = false, .starts = {.stored = false, .as_zeros = true}});
  f.Scrape(1000, "# TYPE c counter\nc_total 5\nc_created 0.5\n# EOF\n", "application/openmetrics-text");
  CHECK(f.storage.starts.empty());
  CHECK(f.Of("c_total") == "500:0 1000:5");
}

TEST_CASE("failing bodies full of new lines do not grow the cache without bound") {
  Fixture f;
  for (int scrape = 0; scrape < 20; ++scrape) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += fmt::format("m{{s=\"{}\",i=\"{}\"}} 1\n", scrape, i);
    CHECK_FALSE(f.Scrape(1000 + scrape, text + "broken\n").status.has_value());
  }
  CHECK(f.Metric("prometheus_target_scrapes_cache_flush_forced_total") >= 4);
}

TEST_CASE("bodies that change a little each time are stored as by a parser without memory") {
  Fixture f;
  std::map<std::string, std::string> expected;
  std::vector<std::string> before;
  unsigned random = 1;
  for (TimestampMs t = 1; t <= 200; ++t) {
    std::vector<std::string> lines;
    for (int i = 0; i < 30; ++i) {
      random = random * 1664525u + 1013904223u;
      if ((random >> 24) < 40) continue;  // Missing this time.
      lines.push_back(fmt::format("m{}", i));
      if ((random >> 16 & 0xff) < 20 && lines.size() > 1) std::swap(lines.back(), lines[lines.size() - 2]);
    }
    std::string text;
    for (const auto& name : lines) text += fmt::format("# TYPE {0} gauge\n{0} {1}\n", name, t);
    REQUIRE(f.Scrape(t, text).status.has_value());
    for (const auto& name : lines) expected[name] += fmt::format("{}{}:{}", expected[name].empty() ? "" : " ", t, t);
    for (const auto& name : before) {
      if (std::find(lines.begin(), lines.end(), name) == lines.end()) expected[name] += fmt::format(" {}:stale", t);
    }
    before = lines;
  }
  for (const auto& [name, samples] : expected) CHECK(f.Of(name) == samples);
}

TEST_CASE("a warm cache reads damaged bodies as a cold one does") {
  const std::string text =
      "# HELP a Some \\\\ help\n# TYPE a histogram\na_bucket{le=\"1\",x=\"q\\\"r\"} 1 5\na_bucket{le=\"+Inf\"} 2\n"
      "a_sum 1.5e3\n{\"b.c\",\"l\"=\"v\"} NaN\n# note\nd -7\nd 8 6\n";
  const std::string openmetrics =
      "# TYPE a counter\n# UNIT a_s s\na_total{x=\"q\"} 1 0.5 # {t=\"1\"} 2 3\n{\"b.c\",\"l\"=\"v\"} +Inf\nd 1\n# "
      "EOF\n";
  constexpr std::string_view kBytes = "{}\"\\\n #,=aleE1.- \t\0\xff";
  unsigned random = 7;
  const auto next = [&random](std::size_t below) {
    random = random * 1664525u + 1013904223u;
    return static_cast<std::size_t>(random >> 8) % below;
  };
  for (int round = 0; round < 6000; ++round) {
    const bool om = round % 2 == 1;
    const std::string type = om ? "application/openmetrics-text" : "text/plain";
    const std::string& good = om ? openmetrics : text;
    std::string bad = good;
    for (std::size_t i = 0; i <= next(3); ++i) {
      const std::size_t at = next(bad.size());
      const std::size_t kind = next(4);
      if (kind == 0) bad.erase(at, 1 + next(5));
      if (kind == 1) bad.insert(at, 1, kBytes[next(kBytes.size())]);
      if (kind == 2) bad[at] = kBytes[next(kBytes.size())];
      if (kind == 3) bad.insert(at, good.substr(next(good.size()), 1 + next(40)));
      if (bad.empty()) bad = "x";
    }
    Fixture warm;
    Fixture cold;
    warm.Scrape(1000, good, type);
    const ScrapeOutcome a = warm.Scrape(2000, bad, type);
    const ScrapeOutcome b = cold.Scrape(2000, bad, type);
    INFO(bad);
    REQUIRE(a.status.has_value() == b.status.has_value());
    if (!a.status) REQUIRE(a.status.error().what == b.status.error().what);
    REQUIRE(a.samples == b.samples);
    REQUIRE(a.after_relabel == b.after_relabel);
    for (const std::string& series : cold.storage.Series()) {
      for (const FakeStorage::Point& p : cold.storage.Points(series)) {
        if (p.t != 2000 || series.starts_with("scrape_series_added")) continue;
        const auto points = warm.storage.Points(series);
        REQUIRE_FALSE(points.empty());
        REQUIRE(points.back().t == 2000);
        REQUIRE(std::bit_cast<std::uint64_t>(points.back().v) == std::bit_cast<std::uint64_t>(p.v));
      }
    }
  }
}
