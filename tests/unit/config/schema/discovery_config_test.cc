// The mechanisms of discovery that ask an API. Defaults and rules are Prometheus' (docs: configuration).
#include <fmt/format.h>

#include "config/schema/config.h"
#include "tests/support/catch.h"

using namespace vigia::config;
using Catch::Matchers::Contains;

namespace {

std::string Text(const std::string& mechanism, const std::string& section) {
  return fmt::format("scrape_configs: [{{job_name: j, {}_sd_configs: [{}]}}]", mechanism, section);
}

DiscoveryConfig Read(const std::string& mechanism, const std::string& section) {
  const auto config = ParseConfig(Text(mechanism, section), "/etc/vigia/prometheus.yml");
  INFO((config ? "" : config.error().what));
  REQUIRE(config.has_value());
  return (*config)->scrape_configs.at(0).discovery;
}

std::string Fault(const std::string& mechanism, const std::string& section) {
  const auto config = ParseConfig(Text(mechanism, section), "prometheus.yml");
  return config ? "" : config.error().what;
}

// What is shown of the section, below its key.
std::string Shown(const std::string& mechanism, const std::string& section) {
  const auto config = ParseConfig(Text(mechanism, section), "/etc/vigia/prometheus.yml");
  REQUIRE(config.has_value());
  const std::string text = ToYaml(**config);
  const std::string key = "  " + mechanism + "_sd_configs:\n";
  REQUIRE(text.find(key) != std::string::npos);
  return text.substr(text.find(key) + key.size());
}

}  // namespace

TEST_CASE("docker_sd_configs") {
  const DockerSdConfig plain = Read("docker", "{host: 'unix:///var/run/docker.sock'}").docker_sd_configs.at(0);
  CHECK(plain.host == "unix:///var/run/docker.sock");
  CHECK(plain.port == 80);
  CHECK(plain.host_networking_host == "localhost");
  CHECK(plain.match_first_network);
  CHECK(plain.refresh_interval_ms == 60'000);
  CHECK(plain.filters.empty());
  const DockerSdConfig full = Read("docker",
                                   "{host: 'https://h:2376', port: 9100, host_networking_host: 10.0.0.1, "
                                   "match_first_network: false, refresh_interval: 5s, basic_auth: {username: u}, "
                                   "filters: [{name: label, values: [a, b=c]}]}")
                                  .docker_sd_configs.at(0);
  CHECK(full.port == 9100);
  CHECK(full.host_networking_host == "10.0.0.1");
  CHECK_FALSE(full.match_first_network);
  CHECK(full.refresh_interval_ms == 5'000);
  CHECK(full.http.basic_auth->username == "u");
  CHECK(full.filters == std::vector<DockerFilter>{{"label", {"a", "b=c"}}});
}

TEST_CASE("docker_sd_configs: faults and how it is shown") {
  CHECK_THAT(Fault("docker", "{port: 1}"), Contains("host missing"));
  CHECK_THAT(Fault("docker", "{host: docker}"),
             Contains("host must be a URL with the scheme unix, tcp, http or https"));
  CHECK_THAT(Fault("docker", "{host: 'ssh://me@h'}"), Contains("host must be a URL"));
  CHECK_THAT(Fault("docker", "{host: 'unix://'}"), Contains("host must be a URL"));
  CHECK_THAT(Fault("docker", "{host: 'tcp://h:1', role: x}"), Contains("unknown field"));
  CHECK(Shown("docker", "{host: 'tcp://h:1', filters: [{name: status, values: [running]}]}") ==
        "  - follow_redirects: true\n    enable_http2: true\n    host: tcp://h:1\n    port: 80\n    filters:\n"
        "    - name: status\n      values:\n      - running\n    host_networking_host: localhost\n"
        "    refresh_interval: 1m\n    match_first_network: true\n");
}

TEST_CASE("kubernetes_sd_configs") {
  const KubernetesSdConfig plain = Read("kubernetes", "{role: pod}").kubernetes_sd_configs.at(0);
  CHECK(plain.role == KubernetesRole::kPod);
  CHECK(plain.api_server.empty());
  CHECK(plain.namespaces == KubernetesNamespaces{});
  CHECK(plain.attach_metadata == KubernetesAttachMetadata{});
  const KubernetesSdConfig full =
      Read("kubernetes",
           "{role: endpointslice, api_server: 'https://k:6443/proxy', bearer_token_file: token, "
           "namespaces: {names: [a, b]}, attach_metadata: {node: true, namespace: true, deployment: true, job: true, "
           "cronjob: true}, selectors: [{role: pod, label: 'app in (x, y),!old', field: spec.nodeName=n}]}")
          .kubernetes_sd_configs.at(0);
  CHECK(full.api_server == "https://k:6443/proxy");
  CHECK(full.http.authorization->credentials_file == "/etc/vigia/token");
  CHECK(full.namespaces.names == std::vector<std::string>{"a", "b"});
  CHECK(full.attach_metadata == KubernetesAttachMetadata{true, true, true, true, true});
  CHECK(full.selectors ==
        std::vector<KubernetesSelector>{{KubernetesRole::kPod, "app in (x, y),!old", "spec.nodeName=n"}});
  CHECK(Read("kubernetes", "{role: node, kubeconfig_file: kube/config}").kubernetes_sd_configs.at(0).kubeconfig_file ==
        "/etc/vigia/kube/config");
  CHECK(Read("kubernetes", "{role: pod, namespaces: {own_namespace: true}}")
            .kubernetes_sd_configs.at(0)
            .namespaces.own_namespace);
}

TEST_CASE("kubernetes_sd_configs: faults") {
  const auto fault = [](const std::string& rest) { return Fault("kubernetes", "{role: pod, " + rest + "}"); };
  CHECK_THAT(Fault("kubernetes", "{api_server: 'http://k'}"),
             Contains("role missing (one of: pod, service, endpoints, endpointslice, node, ingress)"));
  CHECK_THAT(Fault("kubernetes", "{role: deployment}"), Contains("\"deployment\" is not one of pod, service"));
  CHECK_THAT(fault("api_server: 'http://k', kubeconfig_file: f"),
             Contains("cannot use 'kubeconfig_file' and 'api_server' simultaneously"));
  CHECK_THAT(fault("kubeconfig_file: f, bearer_token: t"),
             Contains("cannot use a custom HTTP client configuration together with 'kubeconfig_file'"));
  CHECK_THAT(fault("bearer_token: t"), Contains("please provide the 'api_server' URL explicitly"));
  CHECK_THAT(fault("api_server: 'http://k', namespaces: {own_namespace: true}"),
             Contains("cannot use 'api_server' and 'namespaces.own_namespace' simultaneously"));
  CHECK_THAT(fault("kubeconfig_file: f, namespaces: {own_namespace: true}"),
             Contains("cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously"));
  CHECK_THAT(fault("api_server: k"), Contains("api_server must be an http or https URL"));
  CHECK_THAT(fault("selectors: [{role: service, label: a}]"), Contains("pod role supports only pod, node selectors"));
  CHECK_THAT(fault("selectors: [{role: pod, label: a}, {role: pod, label: b}]"),
             Contains("duplicated selector role: pod"));
  for (const std::string bad : {"a=", "a in x", "a in ()x", "=b", "a b", "a=b=c", "-a", "a,,b"}) {
    INFO(bad);
    const bool allowed = bad == "a=";  // An empty value is a value.
    CHECK(fault("selectors: [{role: pod, label: '" + bad + "'}]").empty() == allowed);
  }
  for (const std::string good : {"a", "!a", "a!=b", "a==b", "x.io/a in (b,c)", "a notin (b)", "a>1", " a = b , c "}) {
    INFO(good);
    CHECK(fault("selectors: [{role: pod, label: '" + good + "'}]").empty());
  }
  CHECK_THAT(fault("selectors: [{role: pod, field: status.phase}]"), Contains("invalid field selector"));
  CHECK(fault("selectors: [{role: pod, field: 'status.phase!=Failed,spec.nodeName=a'}]").empty());
}

TEST_CASE("kubernetes_sd_configs: how it is shown") {
  CHECK(Shown("kubernetes", "{role: pod, api_server: 'http://k:8080', namespaces: {names: [a]}}") ==
        "  - api_server: http://k:8080\n    role: pod\n    kubeconfig_file: \"\"\n    follow_redirects: true\n"
        "    enable_http2: true\n    namespaces:\n      own_namespace: false\n      names:\n      - a\n");
}

TEST_CASE("dockerswarm_sd_configs") {
  const DockerSwarmSdConfig plain =
      Read("dockerswarm", "{host: 'tcp://h:2375', role: tasks}").dockerswarm_sd_configs.at(0);
  CHECK(plain.role == SwarmRole::kTasks);
  CHECK(plain.port == 80);
  CHECK(plain.refresh_interval_ms == 60'000);
  CHECK_THAT(Fault("dockerswarm", "{host: 'tcp://h:2375'}"), Contains("role missing (one of: tasks, services, nodes)"));
  CHECK_THAT(Fault("dockerswarm", "{host: 'tcp://h:2375', role: x}"), Contains("\"x\" is not one of tasks"));
  CHECK_THAT(Fault("dockerswarm", "{role: nodes}"), Contains("host missing"));
}

TEST_CASE("consul_sd_configs") {
  const ConsulSdConfig plain = Read("consul", "{}").consul_sd_configs.at(0);
  CHECK(plain.server == "localhost:8500");
  CHECK(plain.scheme == "http");
  CHECK(plain.tag_separator == ",");
  CHECK(plain.allow_stale);
  CHECK(plain.refresh_interval_ms == 30'000);
  const ConsulSdConfig full =
      Read("consul",
           "{server: 'c:8501', scheme: https, path_prefix: /p, token: t, datacenter: d, namespace: n, partition: q, "
           "tag_separator: '|', allow_stale: false, refresh_interval: 5s, services: [a], tags: [b], node_meta: {k: v}, "
           "filter: f, health_filter: h, username: u, password: p}")
          .consul_sd_configs.at(0);
  CHECK(full.name_space == "n");
  CHECK(full.token.Reveal() == "t");
  CHECK(full.http.basic_auth->username == "u");
  CHECK(full.http.basic_auth->password.Reveal() == "p");
  CHECK(full.node_meta == StringMap{{"k", "v"}});
  CHECK(full.health_filter == "h");
}

TEST_CASE("consul_sd_configs: faults, and no secret is shown") {
  CHECK_THAT(Fault("consul", "{server: ''}"), Contains("consul SD configuration requires a server address"));
  CHECK_THAT(Fault("consul", "{server: 'http://c:8500'}"), Contains("server must be host:port"));
  CHECK_THAT(Fault("consul", "{scheme: ftp}"), Contains("scheme must be http or https"));
  CHECK_THAT(Fault("consul", "{username: u, basic_auth: {username: v}}"), Contains("and basic auth can be configured"));
  CHECK_THAT(Fault("consul", "{token: t, authorization: {credentials: c}}"),
             Contains("at most one of consul SD token, authorization, or oauth2"));
  const std::string shown = Shown("consul", "{token: hunter2, password: hunter2, username: u}");
  CHECK_THAT(shown, !Contains("hunter2") && Contains("server: localhost:8500\n    token: <secret>\n"));
}
