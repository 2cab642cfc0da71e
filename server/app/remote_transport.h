// Carries remote write requests over the HTTP client.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "config/schema/remote_config.h"
#include "server/sender/transport.h"

namespace vigia::server {

// The executor's threads run until after the last request. kInvalid for settings that the client has no code for.
storage::Result<std::shared_ptr<RemoteTransport>> MakeRemoteTransport(boost::asio::any_io_executor executor,
                                                                      std::string user_agent,
                                                                      const config::RemoteWriteConfig& config);

}  // namespace vigia::server
