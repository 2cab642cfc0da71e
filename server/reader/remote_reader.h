// One remote that is asked for samples (surface.md 3.8).
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "config/schema/remote_read_config.h"
#include "server/http/client.h"
#include "server/reader/read_answer.h"
#include "server/reader/read_query.h"
#include "server/reader/series_read.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

class RemoteReader;

// What a remote gave. Where it failed there is a text that says why, and nothing else.
struct TakenSeries {
  std::vector<SeriesRead> series;
  std::string failure;  // Reads «remote_read: ...» and holds no password.
};

// A request under way. Dropped, it is cancelled. Thread-compatible.
class PendingRead {
 public:
  PendingRead(std::shared_ptr<const RemoteReader> reader, RemoteQuery query, std::vector<std::string> taken_off);
  ~PendingRead();
  PendingRead(PendingRead&&) = default;
  PendingRead& operator=(PendingRead&&) = delete;

  // Waits for the answer. Series with samples within the query's time, their labels without those that were added for
  // the remote. An error is that of the hints' asker: no longer interested, or without memory. REQUIRES: called once.
  storage::Result<TakenSeries> Take();

 private:
  storage::Status Wait();

  std::shared_ptr<const RemoteReader> reader_;  // Null when moved from.
  RemoteQuery query_;
  std::vector<std::string> taken_off_;  // Sorted.
  std::stop_source stop_;
  std::chrono::steady_clock::time_point begin_;
  std::future<storage::Result<HttpResponse>> answer_;
};

// Thread-safe.
class RemoteReader : public std::enable_shared_from_this<RemoteReader> {
 public:
  RemoteReader(const config::RemoteReadConfig& config, storage::Labels external_labels,
               boost::asio::any_io_executor executor, ClientOptions options, storage::Registry& registry);

  // Asks. Nothing when the remote is not to be asked with these matchers.
  std::optional<PendingRead> Begin(storage::TimestampMs start_ms, storage::TimestampMs end_ms,
                                   const storage::SelectHints& hints, std::span<const storage::Matcher> matchers) const;

  const config::RemoteReadConfig& config() const { return config_; }
  const storage::Labels& external_labels() const { return external_labels_; }

  static constexpr std::uint64_t kMaxAnswerBytes = 512 << 20;
  static constexpr std::size_t kMaxSamples = 50'000'000;  // Of an answer.

 private:
  friend class PendingRead;
  std::future<storage::Result<HttpResponse>> Post(const RemoteQuery& query, std::stop_token stop) const;
  storage::Result<std::vector<SeriesRead>> Decode(const storage::Result<HttpResponse>& response,
                                                  std::chrono::steady_clock::duration took, AnswerMemory& memory) const;
  void Count(const char* kind, const std::string& code) const;
  bool HasRequired(std::span<const storage::Matcher> matchers) const;

  const config::RemoteReadConfig config_;
  const storage::Labels external_labels_;  // Empty when they are not to be filtered.
  const boost::asio::any_io_executor executor_;
  const std::unique_ptr<HttpClient> client_;
  storage::Registry& registry_;
  const storage::Labels labels_;  // Of its metrics.
  storage::Gauge& running_;
  storage::Counter& limited_;
};

}  // namespace vigia::server
