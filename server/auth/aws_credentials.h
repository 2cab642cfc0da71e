// Where keys for AWS come from. Internal to the room.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "server/auth/aws_metadata.h"
#include "server/auth/sigv4.h"
#include "server/auth/sigv4_signature.h"
#include "server/http/client.h"
#include "storage/model/error.h"

namespace vigia::server {

// The keys of the options; else those of the named profile, of the environment, of a web identity token's role, of the
// default profile, of the container or the instance. With them, those of the role when one is named. Thread-safe.
class AwsCredentials {
 public:
  explicit AwsCredentials(SigV4Options options);

  // Keys that are good for thirty seconds at least. Keys of a role are asked for from the Security Token Service; such
  // requests end at the deadline. kInvalid: there are none; kIo: the service did not give them.
  boost::asio::awaitable<storage::Result<AwsKeys>> Get(boost::asio::any_io_executor executor,
                                                       std::chrono::steady_clock::time_point deadline,
                                                       std::stop_token stop);
  // The region of the options, of the environment or of the profile; empty: nobody says one.
  std::string Region() const;

 private:
  std::string ProfileName() const;
  storage::Result<AwsKeys> OwnKeys() const;
  bool UsesWebIdentity() const;
  boost::asio::awaitable<storage::Result<AwsKeys>> BaseKeys(std::chrono::steady_clock::time_point deadline,
                                                            std::stop_token stop);
  boost::asio::awaitable<storage::Result<LeasedKeys>> AskSts(HttpRequest request,
                                                             std::chrono::steady_clock::time_point deadline,
                                                             std::stop_token stop);
  // What `lease` holds, if that is still good.
  std::optional<AwsKeys> Fresh(const std::optional<LeasedKeys>& lease);
  HttpRequest RoleRequest(const AwsKeys& own) const;
  storage::Result<HttpRequest> WebIdentityRequest() const;
  std::string StsUrl() const;

  const SigV4Options options_;
  std::mutex mu_;
  std::unique_ptr<HttpClient> client_;  // Made once, under mu_.
  std::optional<LeasedKeys> base_;      // Without the role. Guarded by mu_, as is the next one.
  std::optional<LeasedKeys> role_;
};

}  // namespace vigia::server
