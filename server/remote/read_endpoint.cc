#include "server/remote/read_endpoint.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "server/remote/chunk_stream.h"
#include "server/remote/read_request.h"
#include "server/remote/read_results.h"
#include "server/remote/snappy_block.h"
#include "server/remote/wire_encode.h"
#include "server/wire/wire_writer.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;

Response Text(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.body.append(text).append("\n");
  return response;
}

// How many requests run at the same time. Thread-safe.
class Gate {
 public:
  explicit Gate(int limit) : limit_(limit) {}

  // A place, for as long as it lives.
  class Place {
   public:
    explicit Place(Gate& gate) : gate_(gate) {}
    ~Place() { gate_.Leave(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Gate& gate_;
  };
  // Waits for a place. Null: the client went away, or too many wait already; they hold threads that others need.
  std::shared_ptr<Place> Enter(const std::stop_token& gone) {
    constexpr int kMaxWaiting = 4;
    std::unique_lock lock(mu_);
    if (limit_ > 0 && running_ >= limit_) {
      if (waiting_ == kMaxWaiting) return nullptr;
      ++waiting_;
      const bool entered = free_.wait(lock, gone, [&] { return running_ < limit_; });
      --waiting_;
      if (!entered) return nullptr;
    }
    ++running_;
    return std::make_shared<Place>(*this);
  }

 private:
  void Leave() {
    {
      const std::lock_guard lock(mu_);
      --running_;
    }
    free_.notify_one();
  }

  const int limit_;
  std::mutex mu_;
  std::condition_variable_any free_;
  int running_ = 0;  // Guarded by mu_, as is the next one.
  int waiting_ = 0;
};

// Thread-safe. Shared with answers that are still being sent.
class Reader : public std::enable_shared_from_this<Reader> {
 public:
  explicit Reader(RemoteReadDeps deps)
      : deps_(std::move(deps)),
        gate_(deps_.options.concurrent_limit),
        running_(deps_.registry.AddGauge("prometheus_remote_read_handler_queries",
                                         "The current number of remote read queries that are either in execution or "
                                         "queued on the handler.")),
        refused_(deps_.registry.AddCounter("vigia_remote_read_refused_total",
                                           "Remote read requests refused because too many run already.")),
        limited_(deps_.registry.AddCounter("vigia_remote_read_sample_limit_total",
                                           "Remote read requests that selected more samples than one may.")) {}

  Response Handle(const Request& http) {
    running_.Add(1);
    Response response = Run(http);
    running_.Add(-1);
    return response;
  }

 private:
  Response Run(const Request& http) {
    const std::shared_ptr<Gate::Place> place = gate_.Enter(http.gone);
    if (place == nullptr) {
      refused_.Add();
      return Text(503, "too many remote read requests");
    }
    DecodeBuffer buffer;
    const auto message = DecodeSnappyBlock(http.body, deps_.options.max_decoded_bytes, buffer);
    if (!message) return Text(400, message.error().what);
    auto request = DecodeReadRequest(*message);
    if (!request) return Text(400, request.error().what);
    switch (request->response_type) {
      case ReadResponseType::kSamples: return Samples(*request, http.gone);
      case ReadResponseType::kStreamedXorChunks: return Streamed(std::move(*request), place);
    }
    return Text(400, "unknown response type");
  }

  Response Failure(const Error& error) {
    if (error.code == Errc::kLimit) limited_.Add();
    const bool client = error.code == Errc::kInvalid || error.code == Errc::kLimit;
    if (!client) deps_.log.Error("Error executing remote read", {{"err", error}});
    return Text(client ? 400 : 500, error.what);
  }

  Response Samples(const ReadRequest& request, const std::stop_token& gone) {
    const storage::Labels external = deps_.external_labels();
    std::string body;
    for (const ReadQuery& query : request.queries) {
      auto result = EncodeResult(query, external, gone);
      if (!result) return Failure(result.error());
      PutBytesField(body, 1, *result);
    }
    Response response;
    response.content_type = "application/x-protobuf";
    response.headers.Add("Content-Encoding", "snappy");
    response.body = EncodeSnappyBlock(body);
    return response;
  }

  // A message QueryResult.
  storage::Result<std::string> EncodeResult(const ReadQuery& query, const storage::Labels& external,
                                            const std::stop_token& gone) const {
    const auto results = ReadResults::Select(deps_.storage, query, external);
    if (!results) return results.error();
    std::string out;
    std::string message;
    std::string sample;
    storage::ReadBuffer buffer;
    std::uint64_t count = 0;
    for (const ReadResults::Series& series : results->series()) {
      if (gone.stop_requested()) return Error{Errc::kCancelled, "the client went away"};
      const auto samples = results->Read(series, buffer);
      if (!samples) return samples.error();
      if (samples->t.empty()) continue;
      count += samples->t.size();
      if (deps_.options.sample_limit > 0 && count > deps_.options.sample_limit) {
        return Error{Errc::kLimit, fmt::format("exceeded sample limit ({})", deps_.options.sample_limit)};
      }
      message.clear();
      EncodeLabels(message, 1, series.labels);
      for (std::size_t i = 0; i < samples->t.size(); ++i) {
        sample.clear();
        if (!samples->h.empty() && samples->h[i]) {
          EncodeHistogramMessage(sample, samples->t[i], *samples->h[i]);
          PutBytesField(message, 4, sample);
        } else {
          EncodeSample(sample, samples->t[i], samples->v[i]);
          PutBytesField(message, 2, sample);
        }
      }
      PutBytesField(out, 1, message);
    }
    return out;
  }

  Response Streamed(ReadRequest request, std::shared_ptr<Gate::Place> place) {
    auto stream = std::make_shared<ChunkStream>(deps_.storage, std::move(request.queries), deps_.external_labels(),
                                                deps_.options.max_bytes_in_frame);
    std::string first;
    const auto more = stream->Next(first);  // A fault before the first byte can still be told by a status.
    if (!more) return Failure(more.error());
    Response response;
    response.content_type = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
    response.source = [self = shared_from_this(), stream, place, first = std::move(first),
                       going = *more](std::string& out) mutable {
      if (!first.empty()) {
        out.append(std::exchange(first, {}));
        return going;
      }
      const auto next = stream->Next(out);
      if (next) return *next;
      // The status has been sent: a frame whose checksum is wrong tells the client that this is not the end.
      self->deps_.log.Error("Error streaming remote read", {{"err", next.error()}});
      out.append("\x01\0\0\0\0x", 6);
      return false;
    };
    return response;
  }

  const RemoteReadDeps deps_;
  Gate gate_;
  storage::Gauge& running_;
  storage::Counter& refused_;
  storage::Counter& limited_;
};

}  // namespace

void RegisterRemoteRead(Router& router, RemoteReadDeps deps) {
  const auto reader = std::make_shared<Reader>(std::move(deps));
  router.Add({"POST"}, "/api/v1/read", [reader](const Request& http) { return reader->Handle(http); });
}

}  // namespace vigia::server
