#include "config/schema/remote_read_config.h"

#include "config/relabel/letter_case.h"
#include "config/schema/codecs.h"
#include "config/schema/sections.h"

namespace vigia::config {

const FieldTable<RemoteReadConfig>& Schema<RemoteReadConfig>::Fields() {
  using T = RemoteReadConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields{
        MakeField<UrlCodec>("url", &T::url, "", "Required. Where samples are asked for."),
        MakeField<DurationCodec>("remote_timeout", &T::remote_timeout_ms, "1m", "Deadline of a request."),
        MakeField<CountCodec>("chunked_read_limit", &T::chunked_read_limit_bytes, "50000000",
                              "Most bytes of one frame of a streamed answer."),
        MakeField<StringMapCodec>("headers", &T::headers, "", "Headers that are sent with each request."),
        MakeField<BoolCodec>("read_recent", &T::read_recent, "false",
                             "Ask also for times of which this server has all samples."),
        MakeField<StringCodec>("name", &T::name, "", "Name in metrics and logs, unique; made of the URL when missing."),
    };
    AppendInlined(fields, "http client", Schema<HttpClientConfig>::Fields(), &T::http);
    fields.push_back(
        MakeField<StringMapCodec>("required_matchers", &T::required_matchers, "",
                                  "Equality matchers that a selector must have for the remote to be asked."));
    fields.push_back(MakeField<BoolCodec>("filter_external_labels", &T::filter_external_labels, "true",
                                          "Add external_labels to selectors, and take them off the answers."));
    return fields;
  }();
  return kFields;
}

void Schema<RemoteReadConfig>::Check(Reader& in, const yaml::Node& node, RemoteReadConfig& out) {
  if (out.url.empty()) {
    in.Fail(node, "url for remote_read is empty");
  } else if (!out.url.starts_with("http://") && !out.url.starts_with("https://")) {
    in.Fail(node, "url for remote_read must begin with http:// or https://");
  }
  for (const auto& [name, value] : out.headers) {
    if (LowerCase(name) == "authorization") {
      in.Fail(node, "authorization header must be changed via the basic_auth, authorization or oauth2 parameter");
    } else if (IsReservedHeader(name)) {
      in.Fail(node, name + " is a reserved header. It must not be changed");
    }
  }
  for (const auto& [name, value] : out.required_matchers) {
    if (name.empty() || !storage::IsValidUtf8(name)) in.Fail(node, "invalid label name " + storage::Quoted(name));
  }
  Schema<HttpClientConfig>::Check(in, node, out.http);
}

}  // namespace vigia::config
