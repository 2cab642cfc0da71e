// The HTTP API of a Docker engine (Docker Engine API reference), as far as discovery asks it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "config/schema/docker_sd_config.h"
#include "config/yaml/node.h"
#include "server/http/client.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// Speaks the newest version of the API that both sides know, which it asks for before the first request. One request at
// a time; thread-compatible.
class DockerEngine {
 public:
  // `host`: unix:///path, tcp://host:port, http://… or https://…; `http` counts for the last two. kInvalid for a host
  // or client that cannot work.
  static storage::Result<std::unique_ptr<DockerEngine>> Make(const std::string& host,
                                                             const config::HttpClientConfig& http,
                                                             storage::DurationMs timeout_ms,
                                                             const std::string& user_agent,
                                                             boost::asio::any_io_executor executor);

  // The list at `path` ("/containers/json"). kIo with the engine's words when it refuses, kLimit for an answer beyond
  // 64 MiB or 4 million values.
  boost::asio::awaitable<storage::Result<config::yaml::Node>> List(std::string path,
                                                                   std::vector<config::DockerFilter> filters = {});

 private:
  DockerEngine(std::string base, ClientOptions options, storage::DurationMs timeout_ms,
               boost::asio::any_io_executor executor);
  boost::asio::awaitable<storage::Status> Negotiate();
  HttpRequest MakeRequest(const std::string& path) const;

  const std::string base_;  // URL in front of the version.
  const storage::DurationMs timeout_ms_;
  std::string version_;  // "v1.41"; "" before the engine told its own.
  HttpClient client_;
};

}  // namespace vigia::server
