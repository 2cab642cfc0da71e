#include "config/schema/target_group.h"

#include <array>

#include <re2/re2.h>

#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "config/schema/words.h"
#include "config/yaml/parse.h"

namespace vigia::config {
namespace {

// Mechanisms of Prometheus that this server does not have. Named, so that a configuration which relies on one is
// refused with a clear word instead of "unknown field".
constexpr std::array<std::string_view, 27> kOtherMechanisms{

    "aws_sd_configs",       "azure_sd_configs",       "digitalocean_sd_configs", "ec2_sd_configs",
    "eureka_sd_configs",    "gce_sd_configs",         "hetzner_sd_configs",      "ionos_sd_configs",
    "kuma_sd_configs",      "lightsail_sd_configs",   "linode_sd_configs",       "marathon_sd_configs",
    "nerve_sd_configs",     "nomad_sd_configs",       "oci_sd_configs",          "openstack_sd_configs",
    "outscale_sd_configs",  "ovhcloud_sd_configs",    "puppetdb_sd_configs",     "scaleway_sd_configs",
    "serverset_sd_configs", "stackit_sd_configs",     "triton_sd_configs",       "uyuni_sd_configs",
    "vultr_sd_configs",     "elasticache_sd_configs", "msk_sd_configs"};

// A static group shows its targets even when it has none.
struct TargetsCodec : ListCodec<StringCodec> {
  static std::string Type() { return "list of addresses"; }
};

}  // namespace

const FieldTable<TargetGroup>& Schema<TargetGroup>::Fields() {
  using T = TargetGroup;
  static const FieldTable<T> kFields{
      MakeField<TargetsCodec>("targets", &T::targets, "[]", "Addresses, as host:port.", Show::kAlways),
      MakeField<LabelsCodec>("labels", &T::labels, "{}", "Labels that each of the targets gets."),
  };
  return kFields;
}

const FieldTable<FileSdConfig>& Schema<FileSdConfig>::Fields() {
  using T = FileSdConfig;
  static const FieldTable<T> kFields{
      MakeField<ListCodec<PathCodec>>("files", &T::files, "",
                                      "Required. Files (.json, .yml, .yaml) with target groups; `*` in the last "
                                      "segment only.",
                                      Show::kAlways),
      MakeField<DurationCodec>("refresh_interval", &T::refresh_interval_ms, "5m", "How often files are read again."),
  };
  return kFields;
}

void Schema<FileSdConfig>::Check(Reader& in, const yaml::Node& node, FileSdConfig& out) {
  static const RE2 kPattern(R"([^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML))");
  if (out.files.empty()) in.Fail(node, "file service discovery config must contain at least one path name");
  for (const std::string& file : out.files) {
    if (!RE2::FullMatch(file, kPattern)) {
      in.Fail(node, "path name " + storage::Quoted(file) + " is not valid for file discovery");
    }
  }
}

const FieldTable<HttpSdConfig>& Schema<HttpSdConfig>::Fields() {
  using T = HttpSdConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields;
    AppendInlined(fields, "http client", Schema<HttpClientConfig>::Fields(), &T::http);
    fields.push_back(
        MakeField<DurationCodec>("refresh_interval", &T::refresh_interval_ms, "1m", "How often the list is fetched."));
    fields.push_back(
        MakeField<UrlCodec>("url", &T::url, "", "Required. Where the list of target groups (JSON) is.", Show::kAlways));
    return fields;
  }();
  return kFields;
}

void Schema<HttpSdConfig>::Check(Reader& in, const yaml::Node& node, HttpSdConfig& out) {
  static const RE2 kUrl(R"((?i)(https?)://([^/?#]*@)?([^/?#@]*)(?:[/?#].*)?)");
  Schema<HttpClientConfig>::Check(in, node, out.http);
  if (out.url.empty()) {
    in.Fail(node, "URL is missing");
    return;
  }
  std::string host;
  if (!RE2::FullMatch(out.url, kUrl, nullptr, nullptr, &host)) {
    in.Fail(node, "URL scheme must be 'http' or 'https'");
  } else if (host.empty()) {
    in.Fail(node, "host is missing in URL");
  }
}

const FieldTable<DnsSdConfig>& Schema<DnsSdConfig>::Fields() {
  using T = DnsSdConfig;
  static const FieldTable<T> kFields{
      MakeField<ListCodec<StringCodec>>("names", &T::names, "", "Required. Names to look up.", Show::kAlways),
      MakeField<DurationCodec>("refresh_interval", &T::refresh_interval_ms, "30s", "How often names are looked up."),
      MakeField<WordCodec<DnsTypeWords>>("type", &T::type, "SRV", "Type of the records.", Show::kAlways),
      MakeField<PortCodec>("port", &T::port, "", "Port of the targets; required except for SRV.", Show::kAlways),
  };
  return kFields;
}

void Schema<DnsSdConfig>::Check(Reader& in, const yaml::Node& node, DnsSdConfig& out) {
  if (out.names.empty()) in.Fail(node, "DNS-SD config must contain at least one SRV record name");
  if (out.type != DnsType::kSrv && out.port == 0) {
    in.Fail(node, "a port is required in DNS-SD configs for all record types except SRV");
  }
}

const FieldTable<DiscoveryConfig>& Schema<DiscoveryConfig>::Fields() {
  using T = DiscoveryConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields{
        MakeField<ListCodec<SectionCodec<ConsulSdConfig>>>("consul_sd_configs", &T::consul_sd_configs, "",
                                                           "Targets from the services of a Consul agent."),
        MakeField<ListCodec<SectionCodec<DnsSdConfig>>>("dns_sd_configs", &T::dns_sd_configs, "",
                                                        "Targets from DNS records."),
        MakeField<ListCodec<SectionCodec<DockerSdConfig>>>("docker_sd_configs", &T::docker_sd_configs, "",
                                                           "Targets from the containers of a Docker engine."),
        MakeField<ListCodec<SectionCodec<DockerSwarmSdConfig>>>(
            "dockerswarm_sd_configs", &T::dockerswarm_sd_configs, "",
            "Targets from the services, tasks and nodes of a Docker swarm."),
        MakeField<ListCodec<SectionCodec<FileSdConfig>>>("file_sd_configs", &T::file_sd_configs, "",
                                                         "Targets from files that others write."),
        MakeField<ListCodec<SectionCodec<HttpSdConfig>>>("http_sd_configs", &T::http_sd_configs, "",
                                                         "Targets from lists fetched over HTTP."),
        MakeField<ListCodec<SectionCodec<KubernetesSdConfig>>>("kubernetes_sd_configs", &T::kubernetes_sd_configs, "",
                                                               "Targets from the objects of a Kubernetes cluster."),
        MakeField<ListCodec<SectionCodec<TargetGroup>>>("static_configs", &T::static_configs, "",
                                                        "Targets written here."),
    };
    for (const std::string_view name : kOtherMechanisms) {
      fields.push_back(UnsupportedField<T>(name, "Service discovery.",
                                           "service discovery \"" + std::string(name) + "\" is not supported yet"));
    }
    return fields;
  }();
  return kFields;
}

void CheckStaticTargets(Reader& in, const yaml::Node& node, const DiscoveryConfig& discovery) {
  const yaml::Node* groups = node.Find("static_configs");
  for (std::size_t i = 0; i < discovery.static_configs.size(); ++i) {
    for (const std::string& target : discovery.static_configs[i].targets) {
      if (target.find('/') == std::string::npos) continue;
      const auto key = in.Key("static_configs");
      const auto index = in.Index(i);
      const bool known = groups != nullptr && i < groups->items.size();
      in.Fail(known ? groups->items[i] : node, storage::Quoted(target) + " is not a valid hostname");
    }
  }
}

}  // namespace vigia::config
