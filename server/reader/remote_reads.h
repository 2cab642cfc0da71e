// All remotes of the section remote_read.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "config/schema/config.h"
#include "server/reader/remote_reader.h"
#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

struct RemoteReadsDeps {
  boost::asio::any_io_executor executor;  // Its threads run until after the last query.
  storage::Registry& registry;            // Outlives all queries.
  // For one entry of the configuration; kInvalid when its settings cannot work.
  std::function<storage::Result<ClientOptions>(const config::RemoteReadConfig&)> client;
};

using RemoteReaders = std::vector<std::shared_ptr<const RemoteReader>>;

// Thread-safe.
class RemoteReads {
 public:
  explicit RemoteReads(RemoteReadsDeps deps);

  // The remotes and external labels from now on; one whose settings are the same keeps its connections. After an error
  // the remote that it names is as it was, or missing.
  storage::Status Apply(const config::Config& config);

  // In the order of the configuration. Never null.
  std::shared_ptr<const RemoteReaders> Current() const;

 private:
  const RemoteReadsDeps deps_;
  mutable std::mutex mu_;
  std::shared_ptr<const RemoteReaders> readers_;  // Guarded by mu_.
};

}  // namespace vigia::server
