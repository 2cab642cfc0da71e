#include "config/schema/consul_sd_config.h"

#include "config/schema/codecs.h"
#include "config/schema/sections.h"

namespace vigia::config {
namespace {

void AppendServerFields(FieldTable<ConsulSdConfig>& fields) {
  using T = ConsulSdConfig;
  fields.push_back(MakeField<StringCodec>("server", &T::server, "localhost:8500", "Address of the agent's HTTP API."));
  fields.push_back(MakeField<StringCodec>("path_prefix", &T::path_prefix, "", "Path in front of /v1, of a gateway."));
  fields.push_back(MakeField<SecretCodec>("token", &T::token, "", "ACL token."));
  fields.push_back(MakeField<StringCodec>("datacenter", &T::datacenter, "", "The agent's own by default."));
  fields.push_back(MakeField<StringCodec>("namespace", &T::name_space, "", "Namespace (Consul Enterprise)."));
  fields.push_back(MakeField<StringCodec>("partition", &T::partition, "", "Admin partition (Consul Enterprise)."));
  fields.push_back(MakeField<StringCodec>("tag_separator", &T::tag_separator, ",",
                                          "Stands between the tags in __meta_consul_tags, and around them."));
  fields.push_back(MakeField<StringCodec>("scheme", &T::scheme, "http", "Or https."));
  fields.push_back(MakeField<StringCodec>("username", &T::username, "", "Same as basic_auth.username."));
  fields.push_back(MakeField<SecretCodec>("password", &T::password, "", "Same as basic_auth.password."));
}

void AppendSelectionFields(FieldTable<ConsulSdConfig>& fields) {
  using T = ConsulSdConfig;
  fields.push_back(MakeField<BoolCodec>("allow_stale", &T::allow_stale, "true",
                                        "Any server may answer, not only the leader.", Show::kAlways));
  fields.push_back(MakeField<DurationCodec>("refresh_interval", &T::refresh_interval_ms, "30s",
                                            "Least time between two updates of a list."));
  fields.push_back(MakeField<ListCodec<StringCodec>>("services", &T::services, "[]", "Services; all by default."));
  fields.push_back(
      MakeField<ListCodec<StringCodec>>("tags", &T::tags, "[]", "Tags that an instance must have, all of them."));
  fields.push_back(MakeField<StringMapCodec>("node_meta", &T::node_meta, "", "Metadata that a node must have."));
  fields.push_back(
      MakeField<StringCodec>("filter", &T::filter, "", "Filter expression for the catalogue of services."));
  fields.push_back(MakeField<StringCodec>("health_filter", &T::health_filter, "",
                                          "Filter expression for the instances of a service."));
}

}  // namespace

const FieldTable<ConsulSdConfig>& Schema<ConsulSdConfig>::Fields() {
  static const FieldTable<ConsulSdConfig> kFields = [] {
    FieldTable<ConsulSdConfig> fields;
    AppendServerFields(fields);
    AppendSelectionFields(fields);
    AppendInlined(fields, "http client", Schema<HttpClientConfig>::Fields(), &ConsulSdConfig::http);
    return fields;
  }();
  return kFields;
}

void Schema<ConsulSdConfig>::Check(Reader& in, const yaml::Node& node, ConsulSdConfig& out) {
  if (out.server.find_first_not_of(" \t") == std::string::npos) {
    in.Fail(node, "consul SD configuration requires a server address");
  } else if (out.server.find_first_of("/?# \t@") != std::string::npos) {
    in.Fail(node, "server must be host:port, not " + storage::Quoted(out.server));
  }
  if (out.scheme != "http" && out.scheme != "https") {
    in.Fail(node, "scheme must be http or https, not " + storage::Quoted(out.scheme));
  }
  if (!out.username.empty() || !out.password.empty()) {
    if (out.http.basic_auth) {
      in.Fail(node, "at most one of consul SD configuration username and password and basic auth can be configured");
    } else {
      out.http.basic_auth = BasicAuth{out.username, "", out.password, ""};
    }
  }
  if (!out.token.empty() && (out.http.authorization || out.http.oauth2)) {
    in.Fail(node, "at most one of consul SD token, authorization, or oauth2 can be configured");
  }
  Schema<HttpClientConfig>::Check(in, node, out.http);
}

}  // namespace vigia::config
