#include "server/remote/receiver.h"

#include <memory>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/remote/content.h"
#include "server/remote/ingest.h"
#include "server/remote/snappy_block.h"

namespace vigia::server {
namespace {

// Unlike most errors, not in the API's JSON envelope: senders log the text.
Response Text(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.body.append(text).append("\n");
  return response;
}

// What one request needs beside its own bytes. Kept from request to request.
struct Workspace {
  explicit Workspace(IngestDeps deps) : ingest(deps) {}
  DecodeBuffer buffer;
  Ingest ingest;
};

// Thread-safe.
class Receiver {
 public:
  explicit Receiver(RemoteWriteDeps deps)
      : deps_(std::move(deps)),
        metrics_(deps_.registry, deps_.sent_on),
        cache_(deps_.options.max_cached_series, RandomSeed()) {
    deps_.registry.AddCallback(kCacheGauge, "Series that the remote write receiver knows without reading their labels.",
                               storage::InstrumentType::kGauge, [this] { return static_cast<double>(cache_.size()); });
  }
  ~Receiver() { deps_.registry.RemoveCallback(kCacheGauge); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  Response Handle(const Request& request) {
    const auto version = WriteVersionOf(request.headers.Get("Content-Type"));
    if (!version) return Unsupported(version.error().what);
    if (!Accepts(*version)) {
      return Unsupported(fmt::format("{} protobuf message is not accepted by this server; only accepts {}",
                                     MessageName(*version), AcceptedNames()));
    }
    const std::string_view encoding = request.headers.Get("Content-Encoding");
    if (!IsSnappy(encoding)) {
      return Unsupported(
          fmt::format("{} encoding (compression) is not accepted by this server; only snappy is acceptable", encoding));
    }
    std::unique_ptr<Workspace> workspace = Lease();
    Response response = Write(request.body, *version, *workspace);
    Return(std::move(workspace));
    return response;
  }

 private:
  static constexpr const char* kCacheGauge = "vigia_remote_write_cached_series";
  // Workspaces that wait for the next request; larger ones than usual are given back to the system.
  static constexpr std::size_t kMaxIdle = 8;
  static constexpr std::size_t kMaxIdleBytes = 4 << 20;

  static std::uint64_t RandomSeed() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }

  bool Accepts(WriteVersion version) const {
    return version == WriteVersion::kV1 ? deps_.options.accept_v1 : deps_.options.accept_v2;
  }
  std::string AcceptedNames() const {
    std::string names;
    for (const WriteVersion version : {WriteVersion::kV1, WriteVersion::kV2}) {
      if (Accepts(version)) names.append(names.empty() ? "" : ", ").append(MessageName(version));
    }
    return names;
  }
  Response Unsupported(std::string_view text) {
    metrics_.unsupported.Add();
    deps_.log.Error("Error decoding remote write request", {{"err", text}});
    return Text(415, text);
  }

  Response Write(std::string_view body, WriteVersion version, Workspace& workspace) {
    const auto decoded = DecodeSnappyBlock(body, deps_.options.max_decoded_bytes, workspace.buffer);
    if (!decoded) {
      (decoded.error().code == storage::Errc::kLimit ? metrics_.too_large : metrics_.undecodable).Add();
      deps_.log.Error("Error decompressing remote write request", {{"err", decoded.error()}});
      return Text(400, decoded.error().what);
    }
    const std::unique_ptr<WriteMessage> message =
        version == WriteVersion::kV1 ? NewMessageV1(*decoded) : NewMessageV2(*decoded);
    const WritePolicy policy = version == WriteVersion::kV1 ? WritePolicy::kAllOrNothing : WritePolicy::kPartial;
    const WriteResult result = workspace.ingest.Run(*message, policy, deps_.clock());
    if (deps_.metadata != nullptr && result.status == 204) deps_.metadata->Add(MetadataOf(*decoded, version));
    Response response;
    response.status = result.status;
    if (result.status != 204) response = Text(result.status, result.text);
    if (version == WriteVersion::kV2) {
      response.headers.Add("X-Prometheus-Remote-Write-Samples-Written", std::to_string(result.samples));
      response.headers.Add("X-Prometheus-Remote-Write-Histograms-Written", std::to_string(result.histograms));
      response.headers.Add("X-Prometheus-Remote-Write-Exemplars-Written", std::to_string(result.exemplars));
    }
    return response;
  }

  std::unique_ptr<Workspace> Lease() {
    {
      const std::lock_guard lock(mu_);
      if (!idle_.empty()) {
        std::unique_ptr<Workspace> workspace = std::move(idle_.back());
        idle_.pop_back();
        return workspace;
      }
    }
    return std::make_unique<Workspace>(IngestDeps{deps_.storage, cache_, metrics_, deps_.log, deps_.options.starts});
  }
  void Return(std::unique_ptr<Workspace> workspace) {
    if (workspace->buffer.capacity() > kMaxIdleBytes) return;
    const std::lock_guard lock(mu_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(workspace));
  }

  const RemoteWriteDeps deps_;
  WriteMetrics metrics_;
  SeriesRefCache cache_;
  std::mutex mu_;
  std::vector<std::unique_ptr<Workspace>> idle_;  // Guarded by mu_.
};

}  // namespace

void RegisterRemoteWrite(Router& router, RemoteWriteDeps deps) {
  constexpr const char* kPath = "/api/v1/write";
  if (!deps.options.enabled) {
    router.Add({"POST"}, kPath, [](const Request&) {
      return Text(404, "remote write receiver needs to be enabled with --web.enable-remote-write-receiver");
    });
    return;
  }
  const auto receiver = std::make_shared<Receiver>(std::move(deps));
  router.Add({"POST"}, kPath, [receiver](const Request& request) { return receiver->Handle(request); });
}

}  // namespace vigia::server
