#include "config/schema/remote_config.h"

#include <algorithm>
#include <array>
#include <span>

#include "config/relabel/letter_case.h"
#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "config/schema/words.h"

namespace vigia::config {
namespace {

struct MessageWords : ExactWord {
  using Value = RemoteWriteMessage;
  static constexpr std::array<Value, 2> kAll{RemoteWriteMessage::kV1, RemoteWriteMessage::kV2};
  static std::span<const Value> All() { return kAll; }
};

// The first one is a value of its own, not the absence of one: it is always shown.
struct MessageCodec : WordCodec<MessageWords> {
  static bool IsEmpty(RemoteWriteMessage) { return false; }
};

void CheckUrl(Reader& in, const yaml::Node& node, const std::string& url) {
  if (url.empty()) {
    in.Fail(node, "url for remote_write is empty");
  } else if (!url.starts_with("http://") && !url.starts_with("https://")) {
    in.Fail(node, "url for remote_write must begin with http:// or https://");
  }
}

void CheckHeaders(Reader& in, const yaml::Node& node, const StringMap& headers) {
  for (const auto& [name, value] : headers) {
    if (LowerCase(name) == "authorization") {
      in.Fail(node,
              "authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or "
              "google_iam parameter");
    } else if (IsReservedHeader(name)) {
      in.Fail(node, name + " is a reserved header. It must not be changed");
    }
  }
}

// Addresses of a name are tried one after the other, as the system gives them.
Field<RemoteWriteConfig> RoundRobinField() {
  return Field<RemoteWriteConfig>{
      .key = "round_robin_dns",
      .type = "boolean",
      .default_text = "false",
      .sentence = "Only false is accepted: the addresses of a name are tried in the system's order.",
      .part_of = {},
      .read =
          [](Reader& in, const yaml::Node& node, RemoteWriteConfig&) {
            bool wanted = false;
            BoolCodec::Read(in, node, wanted);
            if (wanted) in.Fail(node, "not supported yet");
          },
      .write = [](const RemoteWriteConfig&, yaml::Node&) {},
  };
}

void CheckAtLeast(Reader& in, const yaml::Node& node, std::string_view key, std::int64_t value, std::int64_t least) {
  if (value < least) in.Fail(node, std::string(key) + " must be at least " + std::to_string(least));
}

}  // namespace

std::string_view ToString(RemoteWriteMessage message) {
  switch (message) {
    case RemoteWriteMessage::kV1: return "prometheus.WriteRequest";
    case RemoteWriteMessage::kV2: return "io.prometheus.write.v2.Request";
  }
  return {};
}

const FieldTable<QueueConfig>& Schema<QueueConfig>::Fields() {
  using T = QueueConfig;
  static const FieldTable<T> kFields{
      MakeField<IntCodec>("capacity", &T::capacity, "10000", "Samples that may wait in one shard."),
      MakeField<IntCodec>("max_shards", &T::max_shards, "50", "Most requests under way at the same time."),
      MakeField<IntCodec>("min_shards", &T::min_shards, "1", "Fewest shards."),
      MakeField<IntCodec>("max_samples_per_send", &T::max_samples_per_send, "2000", "Most samples in one request."),
      MakeField<DurationCodec>("batch_send_deadline", &T::batch_send_deadline_ms, "5s",
                               "Longest time that a sample waits for others."),
      MakeField<DurationCodec>("min_backoff", &T::min_backoff_ms, "30ms",
                               "First pause before a request is sent again; doubles each time."),
      MakeField<DurationCodec>("max_backoff", &T::max_backoff_ms, "5s", "Longest such pause."),
      MakeField<BoolCodec>("retry_on_http_429", &T::retry_on_http_429, "false",
                           "Send again also after the answer 429."),
      MakeField<DurationCodec>("sample_age_limit", &T::sample_age_limit_ms, "0s",
                               "Older samples are dropped instead of sent; 0s: none."),
  };
  return kFields;
}

void Schema<QueueConfig>::Check(Reader& in, const yaml::Node& node, QueueConfig& out) {
  CheckAtLeast(in, node, "capacity", out.capacity, 1);
  CheckAtLeast(in, node, "min_shards", out.min_shards, 1);
  CheckAtLeast(in, node, "max_shards", out.max_shards, out.min_shards);
  CheckAtLeast(in, node, "max_samples_per_send", out.max_samples_per_send, 1);
}

const FieldTable<MetadataConfig>& Schema<MetadataConfig>::Fields() {
  using T = MetadataConfig;
  static const FieldTable<T> kFields{
      MakeField<BoolCodec>("send", &T::send, "true", "Send type, help and unit of scraped metrics.", Show::kAlways),
      MakeField<DurationCodec>("send_interval", &T::send_interval_ms, "1m", "How often."),
      MakeField<IntCodec>("max_samples_per_send", &T::max_samples_per_send, "2000", "Most metrics in one request."),
  };
  return kFields;
}

void Schema<MetadataConfig>::Check(Reader& in, const yaml::Node& node, MetadataConfig& out) {
  CheckAtLeast(in, node, "max_samples_per_send", out.max_samples_per_send, 1);
  if (out.send && out.send_interval_ms <= 0) in.Fail(node, "send_interval must be greater than 0");
}

const FieldTable<RemoteWriteConfig>& Schema<RemoteWriteConfig>::Fields() {
  using T = RemoteWriteConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields{
        MakeField<UrlCodec>("url", &T::url, "", "Required. Where samples are sent."),
        MakeField<DurationCodec>("remote_timeout", &T::remote_timeout_ms, "30s", "Deadline of a request."),
        MakeField<StringMapCodec>("headers", &T::headers, "", "Headers that are sent with each request."),
        MakeField<ListCodec<SectionCodec<RelabelRule>>>("write_relabel_configs", &T::write_relabel_configs, "",
                                                        "Rewrites, keeps and drops samples before they are sent."),
        MakeField<StringCodec>("name", &T::name, "", "Name in metrics and logs, unique; made of the URL when missing."),
        MakeField<BoolCodec>("send_exemplars", &T::send_exemplars, "false", "Send exemplars."),
        MakeField<BoolCodec>("send_native_histograms", &T::send_native_histograms, "false",
                             "Send native histograms; the second message always does."),
        MakeField<BoolCodec>("failed_request_logging", &T::failed_request_logging, "false",
                             "Log what a refused request held (first series and times)."),
        RoundRobinField(),
        MakeField<MessageCodec>("protobuf_message", &T::message, "prometheus.WriteRequest",
                                "Version of the protocol: 1.0 or 2.0."),
    };
    AppendInlined(fields, "http client", Schema<HttpClientConfig>::Fields(), &T::http);
    fields.push_back(
        MakeField<SectionCodec<QueueConfig>>("queue_config", &T::queue, "", "How samples are queued.", Show::kAlways));
    fields.push_back(MakeField<SectionCodec<MetadataConfig>>("metadata_config", &T::metadata, "",
                                                             "How metadata is sent.", Show::kAlways));
    fields.push_back(
        MakeField<OptionalCodec<SectionCodec<SigV4Config>>>("sigv4", &T::sigv4, "", "Signs requests for AWS."));
    fields.push_back(UnsupportedField<T>("azuread", "Authenticates at Azure."));
    fields.push_back(UnsupportedField<T>("google_iam", "Authenticates at Google Cloud."));
    return fields;
  }();
  return kFields;
}

void Schema<RemoteWriteConfig>::Prepare(Reader& in, const yaml::Node&, RemoteWriteConfig& out) {
  out.http.enable_http2 = false;
  in.SetValidation(in.global().metric_name_validation_scheme);
}

void Schema<RemoteWriteConfig>::Check(Reader& in, const yaml::Node& node, RemoteWriteConfig& out) {
  CheckUrl(in, node, out.url);
  CheckHeaders(in, node, out.headers);
  Schema<HttpClientConfig>::Check(in, node, out.http);
  if (out.sigv4 && (out.http.basic_auth || out.http.authorization || out.http.oauth2)) {
    in.Fail(node, "at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured");
  }
}

}  // namespace vigia::config
