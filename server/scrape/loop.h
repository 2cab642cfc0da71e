// Scrapes one target for as long as it is one: waits for a slot, asks, stores.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "server/http/client.h"
#include "server/log/log.h"
#include "server/scrape/scrape_body.h"
#include "server/scrape/scrape_metrics.h"
#include "server/scrape/snapshot.h"
#include "server/scrape/target.h"
#include "storage/api/appender.h"
#include "storage/model/clock.h"

namespace vigia::server {

// Counts loops that still run, so that a manager can wait for the last one. Thread-safe.
class LoopCount {
 public:
  void Add();
  void Remove();
  void WaitForNone();

 private:
  std::mutex mu_;
  std::condition_variable none_;
  std::size_t running_ = 0;
};

// What all loops share. Outlives them.
struct ScrapeContext {
  storage::Appendable& storage;
  ScrapeMetrics& metrics;
  Logger log;
  storage::Clock clock;
  boost::asio::any_io_executor executor;
  std::stop_token shutdown;  // Requested: every loop ends at once and writes nothing more.
  LoopCount& count;
  ScrapeExtras extras;
  storage::DurationMs timestamp_tolerance_ms = 2;
};

// What the loops of one pool share. Immutable.
struct PoolSettings {
  ScrapeConfigPtr config;
  std::string accept;
  std::shared_ptr<HttpClient> client;
  std::optional<Logger> failure_log;  // scrape_failure_log_file.
  std::uint64_t offset_seed = 0;
};
using PoolSettingsPtr = std::shared_ptr<const PoolSettings>;

// A handle: the loop itself runs on a strand of the context's executor and lives until it has ended. Thread-safe.
class ScrapeLoop {
 public:
  // Starts at once; the first scrape comes at the target's next slot. `replaced`, if not null, scraped the same target
  // in another way: end it with End(false). This loop takes over what that one stored, once it has ended.
  ScrapeLoop(const ScrapeContext& context, Target target, PoolSettingsPtr settings,
             const ScrapeLoop* replaced = nullptr);
  ~ScrapeLoop();  // As End(false), unless End() was called.
  ScrapeLoop(const ScrapeLoop&) = delete;
  ScrapeLoop& operator=(const ScrapeLoop&) = delete;

  // From the next scrape on.
  void SetSettings(PoolSettingsPtr settings);
  // Every scrape fails with `error` until it is reset.
  void SetForcedError(std::optional<std::string> error);
  void SetDiscoveredLabels(storage::Labels labels);

  // No more scrapes; a running one is finished. With `markers`, the series go stale after two intervals and a tenth,
  // when a new loop for the same labels would have scraped (its newer samples then make storage refuse the markers,
  // whatever its out-of-order window is).
  void End(bool markers);

  ActiveTarget snapshot() const;  // `pool` is left empty.
  const MetadataCache& metadata() const;
  std::uint64_t target_hash() const;
  const storage::Labels& labels() const;
  const std::string& url() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace vigia::server
