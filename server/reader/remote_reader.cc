#include "server/reader/remote_reader.h"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <xxhash.h>

#include "server/remote/snappy_block.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kSampled = "application/x-protobuf";
constexpr std::string_view kChunked = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
constexpr std::size_t kShownBytes = 1024;  // Of the text of an error.
// How often it is looked whether the answer is still wanted.
constexpr std::chrono::milliseconds kPatience(20);

storage::Labels MetricLabels(const config::RemoteReadConfig& config) {
  const std::string url = config::RedactedUrl(config.url);
  const std::string hash = fmt::format("{:016x}", XXH3_64bits(config.url.data(), config.url.size())).substr(0, 6);
  return {{"remote_name", config.name.empty() ? hash : config.name}, {"url", url}};
}

storage::Labels With(const storage::Labels& labels, std::string_view name, std::string_view value) {
  return storage::LabelsBuilder(labels).Set(name, value).Build();
}

std::string Shown(std::string text) {
  text.resize(std::min(text.size(), kShownBytes));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

PendingRead::PendingRead(std::shared_ptr<const RemoteReader> reader, RemoteQuery query,
                         std::vector<std::string> taken_off)
    : reader_(std::move(reader)),
      query_(std::move(query)),
      taken_off_(std::move(taken_off)),
      begin_(SteadyClock::now()),
      answer_(reader_->Post(query_, stop_.get_token())) {
  reader_->running_.Add(1);
}

PendingRead::~PendingRead() {
  if (reader_ == nullptr) return;
  stop_.request_stop();
  reader_->running_.Add(-1);
}

storage::Status PendingRead::Wait() {
  if (query_.hints.asker == nullptr) return {};
  while (answer_.wait_for(kPatience) != std::future_status::ready) {
    if (storage::Status status = query_.hints.asker->Interrupted(); !status) return status;
  }
  return {};
}

Result<TakenSeries> PendingRead::Take() {
  if (const storage::Status status = Wait(); !status) return status.error();
  const Result<HttpResponse> response = answer_.get();
  AnswerMemory memory(RemoteReader::kMaxSamples, query_.hints.asker);
  auto series = reader_->Decode(response, SteadyClock::now() - begin_, memory);
  if (memory.refused()) return series.error();
  if (series.has_error()) return TakenSeries{{}, Prefixed(series.error(), "remote_read").what};
  for (SeriesRead& one : *series) {
    one.samples.Tidy(query_.start_ms, query_.end_ms);
    if (!taken_off_.empty()) one.labels = one.labels.Drop(taken_off_);
  }
  std::erase_if(*series, [](const SeriesRead& one) { return one.samples.size() == 0; });
  return TakenSeries{*std::move(series), ""};
}

RemoteReader::RemoteReader(const config::RemoteReadConfig& config, storage::Labels external_labels,
                           boost::asio::any_io_executor executor, ClientOptions options, storage::Registry& registry)
    : config_(config),
      external_labels_(config.filter_external_labels ? std::move(external_labels) : storage::Labels()),
      executor_(executor),
      client_(std::make_unique<HttpClient>(executor, std::move(options))),
      registry_(registry),
      labels_(MetricLabels(config)),
      running_(registry.AddGauge("prometheus_remote_read_client_queries",
                                 "The number of in-flight remote read queries.", labels_)),
      limited_(registry.AddCounter("vigia_remote_read_client_limit_total",
                                   "Answers of remotes that were larger than an answer may be.", labels_)) {}

bool RemoteReader::HasRequired(std::span<const storage::Matcher> matchers) const {
  return std::ranges::all_of(config_.required_matchers, [&](const auto& required) {
    return std::ranges::any_of(matchers, [&](const storage::Matcher& matcher) {
      return matcher.type() == storage::MatchType::kEqual && matcher.name() == required.first &&
             matcher.value() == required.second;
    });
  });
}

std::optional<PendingRead> RemoteReader::Begin(storage::TimestampMs start_ms, storage::TimestampMs end_ms,
                                               const storage::SelectHints& hints,
                                               std::span<const storage::Matcher> matchers) const {
  RemoteQuery query;
  query.start_ms = std::max(start_ms, hints.start_ms);
  query.end_ms = std::min(end_ms, hints.end_ms);
  if (query.start_ms > query.end_ms || !HasRequired(matchers)) return std::nullopt;
  query.matchers.assign(matchers.begin(), matchers.end());
  query.hints = hints;
  std::vector<std::string> added;
  for (const storage::LabelView label : external_labels_) {
    // Who asks for another value of it means that one.
    const bool asked = std::ranges::any_of(matchers, [&](const auto& m) { return m.name() == label.name; });
    if (asked) continue;
    query.matchers.push_back(storage::Matcher::Equal(std::string(label.name), std::string(label.value)));
    added.emplace_back(label.name);
  }
  return PendingRead(shared_from_this(), std::move(query), std::move(added));
}

std::future<Result<HttpResponse>> RemoteReader::Post(const RemoteQuery& query, std::stop_token stop) const {
  HttpRequest request;
  request.method = "POST";
  request.url = config_.url;
  for (const auto& [name, value] : config_.headers) request.headers.Set(name, value);
  request.headers.Set("Content-Encoding", "snappy");
  request.headers.Set("Accept-Encoding", "snappy");
  request.headers.Set("Content-Type", "application/x-protobuf");
  request.headers.Set("X-Prometheus-Remote-Read-Version", "0.1.0");
  request.body = EncodeSnappyBlock(EncodeReadRequest(query));
  request.timeout_ms = config_.remote_timeout_ms;
  request.max_body_bytes = kMaxAnswerBytes;
  request.stop = std::move(stop);
  return boost::asio::co_spawn(executor_, client_->Do(std::move(request)), boost::asio::use_future);
}

void RemoteReader::Count(const char* kind, const std::string& code) const {
  registry_
      .AddCounter("prometheus_remote_read_client_queries_total", "The total number of remote read queries.",
                  With(With(labels_, "response_type", kind), "code", code))
      .Add();
}

Result<std::vector<SeriesRead>> RemoteReader::Decode(const Result<HttpResponse>& response, SteadyClock::duration took,
                                                     AnswerMemory& memory) const {
  if (response.has_error()) {
    if (response.error().code == Errc::kLimit) limited_.Add();
    return Prefixed(response.error(), "error sending request");
  }
  const std::string code = std::to_string(response->status);
  const std::string_view type = response->headers.Get("Content-Type");
  const bool good = response->status / 100 == 2;
  const char* const kind = good && type.starts_with(kSampled)   ? "sampled"
                           : good && type.starts_with(kChunked) ? "chunked"
                                                                : "unsupported";
  registry_
      .AddHistogram("prometheus_remote_read_client_request_duration_seconds",
                    "Histogram of the latency for remote read requests.",
                    {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25, 60}, With(labels_, "response_type", kind))
      .Observe(std::chrono::duration<double>(took).count());
  AnswerLimits limits;
  limits.frame_bytes = config_.chunked_read_limit_bytes;
  if (kind[0] == 'u') {
    Count(kind, code);
    if (good) return Error{Errc::kInvalid, fmt::format("unsupported content type: {}", type)};
    const std::string_view reason = response->reason.empty() ? StatusText(response->status) : response->reason;
    return Error{Errc::kIo,
                 fmt::format("remote server {} returned http status {} {}: {}", config::RedactedUrl(config_.url),
                             response->status, reason, Shown(response->body))};
  }
  if (const storage::Status status = memory.AddPassing(response->body.size()); !status) return status.error();
  const bool chunked = kind[0] == 'c';
  auto series = chunked ? DecodeChunkedAnswer(response->body, limits, memory)
                        : DecodeSampledAnswer(response->body, limits, memory);
  Count(kind, chunked && series.has_error() ? "aborted_stream" : code);
  if (series.has_error() && series.error().code == Errc::kLimit && !memory.refused()) limited_.Add();
  return series;
}

}  // namespace vigia::server
