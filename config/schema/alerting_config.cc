#include "config/schema/alerting_config.h"

#include "config/schema/codecs.h"
#include "config/schema/sections.h"

namespace vigia::config {
namespace {

// Only v2 is left: the field is read to be checked, and always shown.
Field<AlertmanagerConfig> ApiVersionField() {
  return Field<AlertmanagerConfig>{
      .key = "api_version",
      .type = "one of v2",
      .default_text = "v2",
      .sentence = "Version of Alertmanager's API.",
      .part_of = {},
      .read =
          [](Reader& in, const yaml::Node& node, AlertmanagerConfig&) {
            const auto text = ReadText(in, node);
            if (text && *text != "v2") {
              in.Fail(node, "expected Alertmanager api version to be one of [v2] but got " + *text);
            }
          },
      .write = [](const AlertmanagerConfig&,
                  yaml::Node& out) { out.Add("api_version", yaml::Node::Scalar("v2", true)); },
  };
}

}  // namespace

const FieldTable<AlertmanagerConfig>& Schema<AlertmanagerConfig>::Fields() {
  using T = AlertmanagerConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields;
    AppendInlined(fields, "http client", Schema<HttpClientConfig>::Fields(), &T::http);
    fields.push_back(
        MakeField<OptionalCodec<SectionCodec<SigV4Config>>>("sigv4", &T::sigv4, "", "Signs requests for AWS."));
    fields.push_back(MakeField<StringCodec>("scheme", &T::scheme, "http", "http or https."));
    fields.push_back(MakeField<StringCodec>("path_prefix", &T::path_prefix, "", "Stands before /api/v2/alerts."));
    fields.push_back(MakeField<DurationCodec>("timeout", &T::timeout_ms, "10s", "Deadline of a request."));
    fields.push_back(ApiVersionField());
    fields.push_back(MakeField<ListCodec<SectionCodec<RelabelRule>>>("relabel_configs", &T::relabel_configs, "",
                                                                     "Rewrites, keeps and drops Alertmanagers."));
    fields.push_back(MakeField<ListCodec<SectionCodec<RelabelRule>>>(
        "alert_relabel_configs", &T::alert_relabel_configs, "",
        "Rewrites, keeps and drops alerts for these Alertmanagers, after the rules for all."));
    AppendInlined(fields, "discovery", Schema<DiscoveryConfig>::Fields(), &T::discovery);
    return fields;
  }();
  return kFields;
}

void Schema<AlertmanagerConfig>::Check(Reader& in, const yaml::Node& node, AlertmanagerConfig& out) {
  if (out.scheme != "http" && out.scheme != "https") {
    in.Fail(node, "scheme must be http or https, not " + storage::Quoted(out.scheme));
  }
  Schema<HttpClientConfig>::Check(in, node, out.http);
  if (out.sigv4 && (out.http.basic_auth || out.http.authorization || out.http.oauth2)) {
    in.Fail(node, "at most one of basic_auth, authorization, oauth2, & sigv4 must be configured");
  }
  if (out.relabel_configs.empty()) CheckStaticTargets(in, node, out.discovery);
}

const FieldTable<AlertingConfig>& Schema<AlertingConfig>::Fields() {
  using T = AlertingConfig;
  static const FieldTable<T> kFields{
      MakeField<ListCodec<SectionCodec<RelabelRule>>>("alert_relabel_configs", &T::alert_relabel_configs, "",
                                                      "Rewrites, keeps and drops alerts before they are sent."),
      MakeField<ListCodec<SectionCodec<AlertmanagerConfig>>>("alertmanagers", &T::alertmanagers, "",
                                                             "Sets of Alertmanagers; every one gets every alert."),
  };
  return kFields;
}

void Schema<AlertingConfig>::Prepare(Reader& in, const yaml::Node&, AlertingConfig&) {
  in.SetValidation(in.global().metric_name_validation_scheme);
}

}  // namespace vigia::config
