#include "server/otlp/receiver.h"

#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "server/otlp/delta_streams.h"
#include "server/otlp/metrics_data.h"
#include "server/otlp/sample_writer.h"
#include "server/otlp/translator.h"

namespace vigia::server {
namespace {

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";
constexpr storage::DurationMs kMaxAheadMs = 10 * 60 * 1000;  // Samples further ahead of the clock are out of bounds.

// Not in the API's JSON envelope: senders log the text.
Response Text(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.body.append(text).append("\n");
  return response;
}

// Thread-safe.
class Receiver {
 public:
  explicit Receiver(OtlpDeps deps) : deps_(std::move(deps)), metrics_(deps_.registry) {
    if (deps_.options.adds_deltas) delta_streams_ = std::make_unique<DeltaStreams>(deps_.registry);
  }

  Response Handle(const Request& request) {
    const std::string_view type = request.headers.Get("Content-Type");
    if (type != kProtobuf && type != kJson) {
      return Unsupported(fmt::format("unsupported content type: {}, supported: [{}, {}]", type, kJson, kProtobuf));
    }
    // The server has undone gzip; of others it does not know better than we do.
    const std::string_view encoding = request.headers.Get("Content-Encoding");
    if (!encoding.empty() && encoding != "gzip") {
      return Unsupported(
          fmt::format("unsupported compression: {}. Only \"gzip\" or no compression supported", encoding));
    }
    SampleWriter writer(deps_.storage, metrics_, deps_.options.starts, deps_.clock() + kMaxAheadMs);
    OtlpTranslator translator({.config = deps_.config(),
                               .takes_deltas = deps_.options.takes_deltas,
                               .type_and_unit_labels = deps_.options.type_and_unit_labels,
                               .lookback_ms = deps_.options.lookback_ms},
                              writer);
    const storage::Status read = Walk(type, request.body, translator);
    if (!read) return Undecodable(read.error().what);
    SampleWriter::Outcome outcome = writer.Finish();
    if (outcome.status == 200) return {};
    deps_.log.Error("Error appending remote write", {{"err", outcome.text}});
    return Text(outcome.status, outcome.text);
  }

 private:
  storage::Status Walk(std::string_view type, std::string_view body, OtlpVisitor& translator) {
    std::optional<DeltaAccumulator> accumulator;
    if (delta_streams_) accumulator.emplace(*delta_streams_, translator, deps_.clock());
    OtlpVisitor& visitor = accumulator ? static_cast<OtlpVisitor&>(*accumulator) : translator;
    return type == kJson ? WalkOtlpJson(body, visitor) : WalkOtlpProtobuf(body, visitor);
  }
  Response Unsupported(std::string_view text) {
    metrics_.unsupported.Add();
    deps_.log.Error("Error decoding OTLP write request", {{"err", text}});
    return Text(400, text);
  }
  Response Undecodable(std::string_view text) {
    metrics_.undecodable.Add();
    deps_.log.Error("Error decoding OTLP write request", {{"err", text}});
    return Text(400, text);
  }

  const OtlpDeps deps_;
  OtlpMetrics metrics_;
  std::unique_ptr<DeltaStreams> delta_streams_;  // Null: deltas are not added up.
};

}  // namespace

void RegisterOtlp(Router& router, OtlpDeps deps) {
  constexpr const char* kPath = "/api/v1/otlp/v1/metrics";
  if (!deps.options.enabled) {
    router.Add({"POST"}, kPath, [](const Request&) {
      return Text(404, "otlp write receiver needs to be enabled with --web.enable-otlp-receiver");
    });
    return;
  }
  const auto receiver = std::make_shared<Receiver>(std::move(deps));
  router.Add({"POST"}, kPath, [receiver](const Request& request) { return receiver->Handle(request); });
}

}  // namespace vigia::server
