// What the mechanisms that ask a Docker engine have in common. Internal to the room.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/discovery/docker_engine.h"
#include "server/discovery/provider.h"

namespace vigia::server {

// Asks every refresh interval; a failure is logged and counted, and keeps the previous targets.
class EngineProvider : public Provider {
 public:
  // `mechanism`: "docker" or "dockerswarm".
  EngineProvider(std::string_view mechanism, const std::string& host, storage::DurationMs refresh_interval_ms,
                 std::unique_ptr<DockerEngine> engine, const std::string& job, SdMetrics& metrics, Logger log);

  boost::asio::awaitable<std::optional<std::vector<TargetGroup>>> Look() override;
  storage::DurationMs pause_ms() const override { return refresh_interval_ms_; }

 protected:
  virtual boost::asio::awaitable<storage::Result<TargetGroup>> Refresh(DockerEngine& engine) = 0;

 private:
  const std::string host_;
  const storage::DurationMs refresh_interval_ms_;
  const std::unique_ptr<DockerEngine> engine_;
  const Logger log_;
  storage::Counter& failures_;
  storage::Counter& refused_;
  storage::Summary& seconds_;
};

}  // namespace vigia::server
