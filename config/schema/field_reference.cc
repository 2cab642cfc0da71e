#include "config/schema/config.h"
#include "config/schema/rule_sections.h"
#include "config/schema/sections.h"

namespace vigia::config {
namespace {

// A vertical bar would end the cell.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

template <class T>
void AppendTable(std::string& out, std::string_view title, const FieldTable<T>& fields) {
  out += "### " + std::string(title) + "\n\n| field | type | default | meaning |\n|---|---|---|---|\n";
  std::string_view part;
  std::string refused;
  for (const Field<T>& field : fields) {
    if (field.part_of != part && !field.part_of.empty()) {
      out += "| *fields of " + std::string(field.part_of) + "* | | | See there. |\n";
    }
    part = field.part_of;
    if (!part.empty()) continue;
    if (field.type == "not supported yet") {
      refused += (refused.empty() ? "`" : ", `") + std::string(field.key) + "`";
      continue;
    }
    const std::string default_cell = field.default_text.empty() ? "" : "`" + Cell(field.default_text) + "`";
    out += "| `" + std::string(field.key) + "` | " + Cell(field.type) + " | " + default_cell + " | " +
           Cell(field.sentence) + " |\n";
  }
  if (!refused.empty()) out += "\nRefused by name, because not supported yet: " + refused + ".\n";
  out += "\n";
}

}  // namespace

std::string FieldReference() {
  std::string out;
  AppendTable(out, "Top level", Schema<Config>::Fields());
  AppendTable(out, "global", Schema<GlobalConfig>::Fields());
  AppendTable(out, "runtime", Schema<RuntimeConfig>::Fields());
  AppendTable(out, "scrape_configs[]", Schema<ScrapeConfig>::Fields());
  AppendTable(out, "discovery", Schema<DiscoveryConfig>::Fields());
  AppendTable(out, "static_configs[]", Schema<TargetGroup>::Fields());
  AppendTable(out, "file_sd_configs[]", Schema<FileSdConfig>::Fields());
  AppendTable(out, "http_sd_configs[]", Schema<HttpSdConfig>::Fields());
  AppendTable(out, "dns_sd_configs[]", Schema<DnsSdConfig>::Fields());
  AppendTable(out, "docker_sd_configs[]", Schema<DockerSdConfig>::Fields());
  AppendTable(out, "dockerswarm_sd_configs[]", Schema<DockerSwarmSdConfig>::Fields());
  AppendTable(out, "docker_sd_configs[].filters[], dockerswarm_sd_configs[].filters[]", Schema<DockerFilter>::Fields());
  AppendTable(out, "consul_sd_configs[]", Schema<ConsulSdConfig>::Fields());
  AppendTable(out, "kubernetes_sd_configs[]", Schema<KubernetesSdConfig>::Fields());
  AppendTable(out, "kubernetes_sd_configs[].namespaces", Schema<KubernetesNamespaces>::Fields());
  AppendTable(out, "kubernetes_sd_configs[].selectors[]", Schema<KubernetesSelector>::Fields());
  AppendTable(out, "kubernetes_sd_configs[].attach_metadata", Schema<KubernetesAttachMetadata>::Fields());
  AppendTable(out, "relabel_configs[], metric_relabel_configs[], alert_relabel_configs[]",
              Schema<RelabelRule>::Fields());
  AppendTable(out, "http client", Schema<HttpClientConfig>::Fields());
  AppendTable(out, "basic_auth", Schema<BasicAuth>::Fields());
  AppendTable(out, "authorization", Schema<Authorization>::Fields());
  AppendTable(out, "oauth2", Schema<OAuth2>::Fields());
  AppendTable(out, "tls_config", Schema<TlsConfig>::Fields());
  AppendTable(out, "proxy", Schema<ProxyConfig>::Fields());
  AppendTable(out, "http_headers: <name>", Schema<HttpHeader>::Fields());
  AppendTable(out, "alerting", Schema<AlertingConfig>::Fields());
  AppendTable(out, "alertmanagers[]", Schema<AlertmanagerConfig>::Fields());
  AppendTable(out, "remote_write[]", Schema<RemoteWriteConfig>::Fields());
  AppendTable(out, "remote_write[].queue_config", Schema<QueueConfig>::Fields());
  AppendTable(out, "remote_write[].metadata_config", Schema<MetadataConfig>::Fields());
  AppendTable(out, "remote_read[]", Schema<RemoteReadConfig>::Fields());
  AppendTable(out, "sigv4", Schema<SigV4Config>::Fields());
  AppendTable(out, "otlp", Schema<OtlpConfig>::Fields());
  AppendTable(out, "storage", Schema<StorageConfig>::Fields());
  AppendTable(out, "storage.tsdb", Schema<TsdbConfig>::Fields());
  AppendTable(out, "storage.tsdb.retention", Schema<RetentionConfig>::Fields());
  AppendTable(out, "storage.exemplars", Schema<ExemplarsConfig>::Fields());
  AppendTable(out, "storage.retention_policies[]", Schema<RetentionPolicyConfig>::Fields());
  AppendTable(out, "storage.downsampling[]", Schema<DownsamplingConfig>::Fields());
  AppendTable(out, "Rule file: groups[]", RuleGroupFields());
  AppendTable(out, "Rule file: rules[]", RuleFields());
  return out;
}

}  // namespace vigia::config
