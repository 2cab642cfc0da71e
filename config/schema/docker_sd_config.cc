#include "config/schema/docker_sd_config.h"

#include <re2/re2.h>

#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "config/schema/words.h"

namespace vigia::config {
namespace {

// The schemes that a Docker client can reach from here; ssh:// and npipe:// it cannot.
void CheckHost(Reader& in, const yaml::Node& node, const std::string& host) {
  static const RE2 kHost(R"((unix:///.+|(tcp|http|https)://[^/?#\s]+(/[^?#\s]*)?))");
  if (host.empty()) {
    in.Fail(node, "host missing");
  } else if (!RE2::FullMatch(host, kHost)) {
    in.Fail(node, "host must be a URL with the scheme unix, tcp, http or https, not " + storage::Quoted(host));
  }
}

}  // namespace

const FieldTable<DockerFilter>& Schema<DockerFilter>::Fields() {
  using T = DockerFilter;
  static const FieldTable<T> kFields{
      MakeField<StringCodec>("name", &T::name, "", "Name of the engine's filter: label, network, status, …",
                             Show::kAlways),
      MakeField<ListCodec<StringCodec>>("values", &T::values, "", "What it may match.", Show::kAlways),
  };
  return kFields;
}

const FieldTable<DockerSdConfig>& Schema<DockerSdConfig>::Fields() {
  using T = DockerSdConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields;
    AppendInlined(fields, "http client", Schema<HttpClientConfig>::Fields(), &T::http);
    fields.push_back(MakeField<StringCodec>("host", &T::host, "",
                                            "Required. The engine: unix:///var/run/docker.sock, tcp://, http:// or "
                                            "https://. Fields of http client count for the last two.",
                                            Show::kAlways));
    fields.push_back(
        MakeField<PortCodec>("port", &T::port, "80", "Port of containers that expose none over TCP.", Show::kAlways));
    fields.push_back(MakeField<ListCodec<SectionCodec<DockerFilter>>>(
        "filters", &T::filters, "[]", "Filters of the engine's list of containers.", Show::kAlways));
    fields.push_back(MakeField<StringCodec>("host_networking_host", &T::host_networking_host, "localhost",
                                            "Address of containers in the network of the host.", Show::kAlways));
    fields.push_back(MakeField<DurationCodec>("refresh_interval", &T::refresh_interval_ms, "1m",
                                              "How often the engine is asked.", Show::kAlways));
    fields.push_back(MakeField<BoolCodec>("match_first_network", &T::match_first_network, "true",
                                          "Of a container's networks take only the first by name.", Show::kAlways));
    return fields;
  }();
  return kFields;
}

void Schema<DockerSdConfig>::Check(Reader& in, const yaml::Node& node, DockerSdConfig& out) {
  Schema<HttpClientConfig>::Check(in, node, out.http);
  CheckHost(in, node, out.host);
}

const FieldTable<DockerSwarmSdConfig>& Schema<DockerSwarmSdConfig>::Fields() {
  using T = DockerSwarmSdConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields;
    AppendInlined(fields, "http client", Schema<HttpClientConfig>::Fields(), &T::http);
    fields.push_back(MakeField<StringCodec>(
        "host", &T::host, "", "Required. A manager's engine, written as in docker_sd_configs.", Show::kAlways));
    fields.push_back(MakeField<WordCodec<SwarmRoleWords>>("role", &T::role, "", "Required. What targets are made of.",
                                                          Show::kAlways));
    fields.push_back(MakeField<PortCodec>(
        "port", &T::port, "80", "Port of nodes, and of services and tasks that publish none.", Show::kAlways));
    fields.push_back(MakeField<ListCodec<SectionCodec<DockerFilter>>>("filters", &T::filters, "[]",
                                                                      "Filters of the engine's list.", Show::kAlways));
    fields.push_back(MakeField<DurationCodec>("refresh_interval", &T::refresh_interval_ms, "1m",
                                              "How often the engine is asked.", Show::kAlways));
    return fields;
  }();
  return kFields;
}

void Schema<DockerSwarmSdConfig>::Check(Reader& in, const yaml::Node& node, DockerSwarmSdConfig& out) {
  Schema<HttpClientConfig>::Check(in, node, out.http);
  CheckHost(in, node, out.host);
  if (out.role == SwarmRole::kNone) in.Fail(node, "role missing (one of: tasks, services, nodes)");
}

std::string_view ToString(SwarmRole role) {
  switch (role) {
    case SwarmRole::kNone: return "";
    case SwarmRole::kServices: return "services";
    case SwarmRole::kTasks: return "tasks";
    case SwarmRole::kNodes: return "nodes";
  }
  return "";
}

}  // namespace vigia::config
