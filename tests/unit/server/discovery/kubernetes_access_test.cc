#include "server/discovery/kubernetes_access.h"

#include <filesystem>
#include <fstream>

#include <stdlib.h>

#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

using namespace vigia::server;
using Catch::Matchers::Contains;
using vigia::config::KubernetesSdConfig;
using vigia::tests::TempFolder;

namespace {

constexpr const char* kConfig = R"(apiVersion: v1
kind: Config
current-context: CURRENT
clusters:
- name: prod
  cluster: {server: 'https://10.0.0.1:6443/', certificate-authority: pki/ca.crt, tls-server-name: kube}
- name: test
  cluster: {server: 'https://test:6443', certificate-authority-data: UEVN, insecure-skip-tls-verify: true}
contexts:
- {name: prod-admin, context: {cluster: prod, user: admin, namespace: x}}
- {name: test-bot, context: {cluster: test, user: bot}}
- {name: test-file, context: {cluster: test, user: file}}
- {name: test-basic, context: {cluster: test, user: basic}}
- {name: test-cloud, context: {cluster: test, user: cloud}}
- {name: lost, context: {cluster: none, user: bot}}
- {name: nobody, context: {cluster: test, user: none}}
users:
- {name: admin, user: {client-certificate-data: Y2VydA==, client-key: /etc/key.pem}}
- {name: bot, user: {token: t0ken}}
- {name: file, user: {tokenFile: tok}}
- {name: basic, user: {username: u, password: p}}
- {name: cloud, user: {exec: {command: aws}}}
)";

vigia::storage::Result<KubernetesAccess> Context(const TempFolder& dir, const std::string& name) {
  std::string text = kConfig;
  text.replace(text.find("CURRENT"), 7, name);
  KubernetesSdConfig config;
  config.kubeconfig_file = dir.Write("config", text);
  return AccessTo(config, "agent", {});
}

}  // namespace

TEST_CASE("kubernetes: the API server by URL") {
  KubernetesSdConfig config;
  config.api_server = "http://k:8080/proxy/";
  config.http.authorization = vigia::config::Authorization{};
  config.http.authorization->credentials_file = "/token";
  const auto access = AccessTo(config, "agent", {});
  REQUIRE(access.has_value());
  CHECK(access->base_url == "http://k:8080/proxy");
  CHECK(access->options.authorization->credentials_file == "/token");
  CHECK(access->options.user_agent == "agent");
}

TEST_CASE("kubernetes: from within a pod") {
  const TempFolder dir;
  KubernetesSdConfig config;
  CHECK_THAT(AccessTo(config, "", {}).error().what, Contains("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT"));
  const PodSurroundings pod{"fd00::1", "443", dir.path()};
  const auto access = AccessTo(config, "agent", pod);
  REQUIRE(access.has_value());
  CHECK(access->base_url == "https://[fd00::1]:443");
  CHECK(access->options.authorization->type == "Bearer");
  CHECK(access->options.authorization->credentials_file == dir.Below("token"));  // Read for each request.
  CHECK(access->options.tls.ca_file == dir.Below("ca.crt"));
  config.namespaces.own_namespace = true;
  CHECK_THAT(AccessTo(config, "", pod).error().what, Contains("could not determine the pod's namespace"));
  dir.Write("namespace", "monitoring\n");
  CHECK(AccessTo(config, "", pod)->own_namespace == "monitoring");
}

TEST_CASE("kubernetes: a kubeconfig's current context") {
  const TempFolder dir;
  const auto admin = Context(dir, "prod-admin");
  REQUIRE(admin.has_value());
  CHECK(admin->base_url == "https://10.0.0.1:6443");
  CHECK(admin->options.tls.ca_file == dir.Below("pki/ca.crt"));
  CHECK(admin->options.tls.server_name == "kube");
  CHECK(admin->options.tls.cert_pem == "cert");
  CHECK(admin->options.tls.key_file == "/etc/key.pem");
  CHECK_FALSE(admin->options.authorization.has_value());
  const auto bot = Context(dir, "test-bot");
  CHECK(bot->options.tls.ca_pem == "PEM");
  CHECK(bot->options.tls.insecure_skip_verify);
  CHECK(bot->options.authorization->credentials == "t0ken");
  CHECK(Context(dir, "test-file")->options.authorization->credentials_file == dir.Below("tok"));
  CHECK(Context(dir, "test-basic")->options.basic_auth->username == "u");
}

TEST_CASE("kubernetes: a kubeconfig that does not work") {
  const TempFolder dir;
  CHECK_THAT(Context(dir, "test-cloud").error().what, Contains("\"exec\", which is not supported"));
  CHECK_THAT(Context(dir, "lost").error().what, Contains("cluster \"none\" does not exist"));
  CHECK_THAT(Context(dir, "nobody").error().what, Contains("user \"none\" does not exist"));
  CHECK_THAT(Context(dir, "other").error().what, Contains("context \"other\" does not exist"));
  KubernetesSdConfig config;
  config.kubeconfig_file = dir.Below("absent");
  CHECK_THAT(AccessTo(config, "", {}).error().what, Contains("unable to read kubeconfig_file"));
  config.kubeconfig_file = dir.Write("broken", "users: [{name: a, user: {token: s3cret}}\n");
  CHECK_THAT(AccessTo(config, "", {}).error().what, Contains("is not valid YAML") && !Contains("s3cret"));
  config.kubeconfig_file = dir.Write("empty", "");
  CHECK_THAT(AccessTo(config, "", {}).error().what, Contains("no current-context"));
}
