// What Alertmanagers are sent (surface.md 6.5; Alertmanager API v2).
#include <algorithm>
#include <condition_variable>

#include <nlohmann/json.hpp>

#include "alerting/notify/manager.h"
#include "alerting/notify/targets.h"
#include "tests/support/catch.h"

namespace vigia::alerting {
namespace {

using storage::Labels;

// Remembers what was posted; can be made to fail, or to hold requests back until it is opened.
class FakeTransport : public Transport {
 public:
  storage::Result<int> Post(const AlertPost& post) override {
    std::unique_lock lock(mu);
    ++entered;
    changed.notify_all();
    changed.wait(lock, post.cancel, [this] { return open; });
    if (post.cancel.stop_requested()) return storage::Error{storage::Errc::kCancelled, "cancelled"};
    posts.emplace_back(post.url, nlohmann::json::parse(post.body));
    timeout_ms = post.timeout_ms;
    if (status == 0) return storage::Error{storage::Errc::kTimeout, "timed out"};
    return status;
  }
  void Open() {
    const std::lock_guard lock(mu);
    open = true;
    changed.notify_all();
  }
  void AwaitEntered(int n) {
    std::unique_lock lock(mu);
    changed.wait_for(lock, std::chrono::seconds(10), [&] { return entered >= n; });
  }
  // "url:a,b" per request, the names of its alerts.
  std::vector<std::string> Log() {
    const std::lock_guard lock(mu);
    std::vector<std::string> out;
    for (const auto& [url, body] : posts) {
      std::string names;
      for (const auto& alert : body)
        names += (names.empty() ? "" : ",") + alert["labels"]["alertname"].get<std::string>();
      out.push_back(url + ":" + names);
    }
    return out;
  }

  std::mutex mu;
  std::condition_variable_any changed;
  bool open = true;
  int entered = 0;
  int status = 200;
  storage::DurationMs timeout_ms = 0;
  std::vector<std::pair<std::string, nlohmann::json>> posts;
};

WireAlert Named(std::string_view name) {
  WireAlert alert;
  alert.labels = Labels{{"alertname", name}, {"instance", "a:9100"}};
  return alert;
}

std::vector<WireAlert> Named(std::initializer_list<std::string_view> names) {
  std::vector<WireAlert> out;
  for (const std::string_view name : names) out.push_back(Named(name));
  return out;
}

AlertmanagerSource Source(std::vector<std::string> addresses) {
  AlertmanagerSource source;
  source.groups.push_back({std::move(addresses), {}});
  return source;
}

config::RelabelRule Rule(std::string label, std::string regex, config::RelabelAction action) {
  config::RelabelRule rule;
  rule.source_labels = {std::move(label)};
  rule.regex = config::RelabelRegex::Create(std::move(regex)).value();
  rule.action = action;
  return rule;
}

double Metric(const storage::Registry& registry, std::string_view name, std::string_view url = "") {
  for (const auto& family : registry.Collect()) {
    if (family.name != name) continue;
    for (const auto& point : family.points) {
      if (url.empty() || point.labels.Get("alertmanager") == url) return point.value;
    }
  }
  return -1;
}

constexpr std::string_view kUrl = "http://am:9093/api/v2/alerts";

TEST_CASE("the JSON of an alert") {
  WireAlert alert = Named("Down");
  alert.annotations = {{"summary", "it \"is\" down \xff"}};
  alert.starts_at_ms = 1'435'065'584'128;
  alert.ends_at_ms = 1'435'065'824'000;
  alert.generator_url = "http://x/graph?g0.expr=up&g0.tab=1";
  const auto json = nlohmann::json::parse(EncodeAlerts(std::span(&alert, 1)));
  REQUIRE(json.size() == 1);
  CHECK(json[0]["labels"] == nlohmann::json({{"alertname", "Down"}, {"instance", "a:9100"}}));
  CHECK(json[0]["annotations"]["summary"] == "it \"is\" down \xef\xbf\xbd");
  CHECK(json[0]["startsAt"] == "2015-06-23T13:19:44.128000000Z");
  CHECK(json[0]["endsAt"] == "2015-06-23T13:23:44.000000000Z");
  CHECK(json[0]["generatorURL"] == "http://x/graph?g0.expr=up&g0.tab=1");
}

TEST_CASE("the path of the API under a prefix") {
  CHECK(AlertsPath("") == "/api/v2/alerts");
  CHECK(AlertsPath("/") == "/api/v2/alerts");
  CHECK(AlertsPath("/am/") == "/am/api/v2/alerts");
  CHECK(AlertsPath("a//b") == "/a/b/api/v2/alerts");
}

TEST_CASE("targets become URLs through relabelling") {
  config::AlertmanagerConfig config;
  config.path_prefix = "/am";
  config.relabel_configs.push_back(Rule("__address__", "drop.*", config::RelabelAction::kDrop));
  config::RelabelRule tls = Rule("tls", "yes", config::RelabelAction::kReplace);
  tls.target_label = "__scheme__";
  tls.replacement = "https";
  config.relabel_configs.push_back(tls);
  config::RelabelRule path = Rule("__address__", "p:.*", config::RelabelAction::kReplace);
  path.target_label = "__alerts_path__";
  path.replacement = "/own";
  config.relabel_configs.push_back(path);
  const std::vector<config::TargetGroup> groups = {{{"a:9093", "a:9093", "drop:1", "p:2"}, {}},
                                                   {{"b:9093", "bad/host"}, Labels{{"tls", "yes"}}}};
  const AlertmanagerTargets targets = ResolveAlertmanagers(config, groups);
  CHECK(targets.active == std::vector<std::string>{"http://a:9093/am/api/v2/alerts", "http://p:2/own",
                                                   "https://b:9093/am/api/v2/alerts"});
  CHECK(targets.dropped ==
        std::vector<std::string>{"http://drop:1/am/api/v2/alerts", "http://bad/host/am/api/v2/alerts"});
}

TEST_CASE("every Alertmanager is told, each once") {
  FakeTransport transport;
  storage::Registry registry;
  NotifyManager manager({}, transport, registry);
  NotifyConfig config;
  config.sources.push_back(Source({"am:9093", "other:9093"}));
  config.sources.push_back(Source({"am:9093"}));
  config.sources[0].config.timeout_ms = 3'000;
  manager.Update(config);
  CHECK(manager.ActiveAlertmanagers() ==
        std::vector<std::string>{"http://am:9093/api/v2/alerts", "http://other:9093/api/v2/alerts"});
  CHECK(Metric(registry, "prometheus_notifications_alertmanagers_discovered") == 2);
  CHECK(Metric(registry, "prometheus_notifications_queue_capacity") == 10'000);
  manager.Send(Named({"A"}));
  manager.Stop();
  auto log = transport.Log();
  std::sort(log.begin(), log.end());
  CHECK(log == std::vector<std::string>{"http://am:9093/api/v2/alerts:A", "http://other:9093/api/v2/alerts:A"});
  CHECK(transport.timeout_ms == 3'000);
  CHECK(Metric(registry, "prometheus_notifications_sent_total", kUrl) == 1);
  manager.Send(Named({"B"}));
  CHECK(transport.Log().size() == 2);
}

TEST_CASE("external labels fill in what is missing, rules rewrite and drop") {
  WireAlert alert = Named("A");
  auto out = Relabelled(alert, Labels{{"region", "eu"}, {"instance", "no"}}, {});
  REQUIRE(out.has_value());
  CHECK(out->labels == Labels{{"alertname", "A"}, {"instance", "a:9100"}, {"region", "eu"}});
  const std::vector<config::RelabelRule> drop = {Rule("region", "eu", config::RelabelAction::kDrop)};
  CHECK_FALSE(Relabelled(alert, Labels{{"region", "eu"}}, drop).has_value());
}

TEST_CASE("global rules drop for all, those of a source for its Alertmanagers only") {
  FakeTransport transport;
  storage::Registry registry;
  NotifyManager manager({}, transport, registry);
  NotifyConfig config;
  config.alert_relabel_configs.push_back(Rule("alertname", "Never", config::RelabelAction::kDrop));
  config.sources.push_back(Source({"am:9093"}));
  config.sources.push_back(Source({"picky:9093"}));
  config.sources[1].config.alert_relabel_configs.push_back(Rule("alertname", "B", config::RelabelAction::kKeep));
  manager.Update(config);
  manager.Send(Named({"A", "Never", "B"}));
  manager.Stop();
  auto log = transport.Log();
  std::sort(log.begin(), log.end());
  CHECK(log == std::vector<std::string>{"http://am:9093/api/v2/alerts:A,B", "http://picky:9093/api/v2/alerts:B"});
}

TEST_CASE("batches and the limit of the queue") {
  FakeTransport transport;
  transport.open = false;
  storage::Registry registry;
  NotifyManager manager({.queue_capacity = 5, .max_batch = 2, .drain_on_shutdown = true}, transport, registry);
  NotifyConfig config;
  config.sources.push_back(Source({"am:9093"}));
  manager.Update(config);
  manager.Send(Named({"first"}));
  transport.AwaitEntered(1);  // It is under way; all others wait.
  manager.Send(Named({"1", "2", "3", "4"}));
  manager.Send(Named({"5", "6", "7"}));
  CHECK(Metric(registry, "prometheus_notifications_queue_length", kUrl) == 5);
  CHECK(Metric(registry, "prometheus_notifications_dropped_total", kUrl) == 2);
  transport.Open();
  manager.Stop();
  const std::string url(kUrl);
  CHECK(transport.Log() == std::vector<std::string>{url + ":first", url + ":3,4", url + ":5,6", url + ":7"});
  CHECK(Metric(registry, "prometheus_notifications_sent_total", kUrl) == 6);
  CHECK(Metric(registry, "prometheus_notifications_queue_length", kUrl) == 0);
}

TEST_CASE("a failed batch is counted and not sent again") {
  for (const int status : {500, 400, 302, 0}) {
    FakeTransport transport;
    transport.status = status;
    storage::Registry registry;
    std::string log;
    NotifyManager manager({}, transport, registry, [&log](std::string_view text) { log += text; });
    NotifyConfig config;
    config.sources.push_back(Source({"am:9093"}));
    manager.Update(config);
    manager.Send(Named({"A", "B"}));
    manager.Stop();
    CHECK(transport.Log().size() == 1);
    CHECK(Metric(registry, "prometheus_notifications_errors_total", kUrl) == 2);
    CHECK(Metric(registry, "prometheus_notifications_dropped_total", kUrl) == 2);
    CHECK(Metric(registry, "prometheus_notifications_sent_total", kUrl) == 0);
    CHECK(log.find(std::string(kUrl)) != std::string::npos);
  }
}

TEST_CASE("a slow Alertmanager holds up no other, and one that is gone is cancelled") {
  FakeTransport slow;
  slow.open = false;
  storage::Registry registry;
  NotifyManager manager({.queue_capacity = 10, .max_batch = 1, .drain_on_shutdown = true}, slow, registry);
  NotifyConfig config;
  config.sources.push_back(Source({"am:9093", "other:9093"}));
  manager.Update(config);
  manager.Send(Named({"A"}));
  slow.AwaitEntered(2);  // Both are under way at the same time.
  config.sources[0] = Source({"am:9093"});
  manager.Update(config);  // Does not wait for the transport.
  CHECK(manager.ActiveAlertmanagers() == std::vector<std::string>{std::string(kUrl)});
  CHECK(Metric(registry, "prometheus_notifications_sent_total", "http://other:9093/api/v2/alerts") == -1);
  manager.Send(Named({"B"}));
  slow.Open();
  manager.Stop();
  CHECK(slow.Log() == std::vector<std::string>{std::string(kUrl) + ":A", std::string(kUrl) + ":B"});
}

TEST_CASE("an update with the same URL keeps the queue") {
  FakeTransport transport;
  transport.open = false;
  storage::Registry registry;
  NotifyManager manager({}, transport, registry);
  NotifyConfig config;
  config.sources.push_back(Source({"am:9093"}));
  manager.Update(config);
  manager.Send(Named({"A"}));
  transport.AwaitEntered(1);
  manager.Send(Named({"B"}));
  config.sources[0].config.timeout_ms = 77;
  manager.Update(config);
  transport.Open();
  manager.Stop();
  CHECK(transport.Log().size() == 2);
  CHECK(transport.timeout_ms == 77);
}

TEST_CASE("without draining a shutdown drops what waits") {
  FakeTransport transport;
  transport.open = false;
  storage::Registry registry;
  NotifyManager manager({.queue_capacity = 10, .max_batch = 1, .drain_on_shutdown = false}, transport, registry);
  NotifyConfig config;
  config.sources.push_back(Source({"am:9093"}));
  manager.Update(config);
  manager.Send(Named({"A", "B", "C"}));
  transport.AwaitEntered(1);
  manager.Stop();
  CHECK(transport.Log().empty());
  CHECK(Metric(registry, "prometheus_notifications_dropped_total", kUrl) == 3);
}

}  // namespace
}  // namespace vigia::alerting
