#include "config/schema/kubernetes_sd_config.h"

#include <algorithm>

#include <re2/re2.h>

#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "config/schema/selector_syntax.h"
#include "config/schema/words.h"

namespace vigia::config {
namespace {

// Which objects a role looks at, and may hence be narrowed.
std::vector<KubernetesRole> SelectableRoles(KubernetesRole role) {
  using R = KubernetesRole;
  switch (role) {
    case R::kNone: return {};
    case R::kPod: return {R::kPod, R::kNode};
    case R::kEndpoints: return {R::kPod, R::kService, R::kEndpoints};
    case R::kEndpointSlice: return {R::kPod, R::kService, R::kEndpointSlice};
    case R::kNode:
    case R::kService:
    case R::kIngress: return {role};
  }
  return {};
}

void CheckServer(Reader& in, const yaml::Node& node, const KubernetesSdConfig& out) {
  static const RE2 kUrl(R"((?i)https?://[^/?#\s]+(/[^?#\s]*)?)");
  const bool has_client = !(out.http == HttpClientConfig{});
  if (!out.api_server.empty() && !RE2::FullMatch(out.api_server, kUrl)) {
    in.Fail(node, "api_server must be an http or https URL");
  }
  if (!out.api_server.empty() && !out.kubeconfig_file.empty()) {
    in.Fail(node, "cannot use 'kubeconfig_file' and 'api_server' simultaneously");
  }
  if (!out.kubeconfig_file.empty() && has_client) {
    in.Fail(node, "cannot use a custom HTTP client configuration together with 'kubeconfig_file'");
  } else if (out.api_server.empty() && has_client) {
    in.Fail(node, "to use custom HTTP client configuration please provide the 'api_server' URL explicitly");
  }
  if (!out.api_server.empty() && out.namespaces.own_namespace) {
    in.Fail(node, "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously");
  }
  if (!out.kubeconfig_file.empty() && out.namespaces.own_namespace) {
    in.Fail(node, "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously");
  }
}

void CheckSelectors(Reader& in, const yaml::Node& node, const KubernetesSdConfig& out) {
  const std::vector<KubernetesRole> allowed = SelectableRoles(out.role);
  std::vector<KubernetesRole> found;
  for (const KubernetesSelector& selector : out.selectors) {
    if (std::find(found.begin(), found.end(), selector.role) != found.end()) {
      in.Fail(node, "duplicated selector role: " + std::string(ToString(selector.role)));
    }
    found.push_back(selector.role);
    if (std::find(allowed.begin(), allowed.end(), selector.role) == allowed.end()) {
      std::string names;
      for (const KubernetesRole role : allowed) names += (names.empty() ? "" : ", ") + std::string(ToString(role));
      in.Fail(node, std::string(ToString(out.role)) + " role supports only " + names + " selectors");
    }
    if (const auto status = CheckFieldSelector(selector.field); !status) in.Fail(node, status.error().what);
    if (const auto status = CheckLabelSelector(selector.label); !status) in.Fail(node, status.error().what);
  }
}

}  // namespace

const FieldTable<KubernetesNamespaces>& Schema<KubernetesNamespaces>::Fields() {
  using T = KubernetesNamespaces;
  static const FieldTable<T> kFields{
      MakeField<BoolCodec>("own_namespace", &T::own_namespace, "false", "Also the namespace that the server runs in.",
                           Show::kAlways),
      MakeField<ListCodec<StringCodec>>("names", &T::names, "[]", "Namespaces; all by default.", Show::kAlways),
  };
  return kFields;
}

const FieldTable<KubernetesSelector>& Schema<KubernetesSelector>::Fields() {
  using T = KubernetesSelector;
  static const FieldTable<T> kFields{
      MakeField<WordCodec<KubernetesRoleWords>>("role", &T::role, "", "Which objects are narrowed."),
      MakeField<StringCodec>("label", &T::label, "", "Label selector, as for kubectl -l."),
      MakeField<StringCodec>("field", &T::field, "", "Field selector, as for kubectl --field-selector."),
  };
  return kFields;
}

const FieldTable<KubernetesAttachMetadata>& Schema<KubernetesAttachMetadata>::Fields() {
  using T = KubernetesAttachMetadata;
  static const FieldTable<T> kFields{
      MakeField<BoolCodec>("node", &T::node, "false",
                           "Labels of the node, for the roles pod, endpoints and endpointslice.", Show::kAlways),
      MakeField<BoolCodec>("namespace", &T::name_space, "false", "Labels and annotations of the namespace.",
                           Show::kAlways),
      MakeField<BoolCodec>("deployment", &T::deployment, "false", "Name of the deployment of a pod."),
      MakeField<BoolCodec>("job", &T::job, "false", "Name of the job of a pod."),
      MakeField<BoolCodec>("cronjob", &T::cronjob, "false", "Name of the cron job of a pod."),
  };
  return kFields;
}

const FieldTable<KubernetesSdConfig>& Schema<KubernetesSdConfig>::Fields() {
  using T = KubernetesSdConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields{
        MakeField<UrlCodec>("api_server", &T::api_server, "",
                            "URL of the API server. Without it and kubeconfig_file, that of the cluster in which the "
                            "server runs, with the token of its service account."),
        MakeField<WordCodec<KubernetesRoleWords>>("role", &T::role, "", "Required. What targets are made of.",
                                                  Show::kAlways),
        MakeField<PathCodec>("kubeconfig_file", &T::kubeconfig_file, "",
                             "File with the API server and credentials, as kubectl uses it.", Show::kAlways),
    };
    AppendInlined(fields, "http client", Schema<HttpClientConfig>::Fields(), &T::http);
    fields.push_back(MakeField<SectionCodec<KubernetesNamespaces>>("namespaces", &T::namespaces, "",
                                                                   "Where objects are looked for."));
    fields.push_back(MakeField<ListCodec<SectionCodec<KubernetesSelector>>>(
        "selectors", &T::selectors, "[]", "Which objects the API server sends; one of each role."));
    fields.push_back(MakeField<SectionCodec<KubernetesAttachMetadata>>(
        "attach_metadata", &T::attach_metadata, "",
        "What else targets are told of. Each needs the right to watch it."));
    return fields;
  }();
  return kFields;
}

void Schema<KubernetesSdConfig>::Check(Reader& in, const yaml::Node& node, KubernetesSdConfig& out) {
  if (out.role == KubernetesRole::kNone) {
    in.Fail(node, "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)");
    return;
  }
  Schema<HttpClientConfig>::Check(in, node, out.http);
  CheckServer(in, node, out);
  CheckSelectors(in, node, out);
}

std::string_view ToString(KubernetesRole role) {
  switch (role) {
    case KubernetesRole::kNone: return "";
    case KubernetesRole::kNode: return "node";
    case KubernetesRole::kPod: return "pod";
    case KubernetesRole::kService: return "service";
    case KubernetesRole::kEndpoints: return "endpoints";
    case KubernetesRole::kEndpointSlice: return "endpointslice";
    case KubernetesRole::kIngress: return "ingress";
  }
  return "";
}

}  // namespace vigia::config
