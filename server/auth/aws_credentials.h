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

#include "server/auth/sigv4.h"
#include "server/auth/sigv4_signature.h"
#include "server/http/client.h"
#include "storage/model/error.h"

namespace vigia::server {

// Keys, and until when they are good.
struct LeasedKeys {
  AwsKeys keys;
  storage::TimestampMs renew_ms = 0;  // 0: for ever.
};

// The keys of the options; else those of the named profile, of the environment, or of the default profile; with them,
// those of the role when one is named. Else, by the environment, the role of a web identity token. Thread-safe.
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
  HttpRequest RoleRequest(const AwsKeys& own) const;
  storage::Result<HttpRequest> WebIdentityRequest() const;
  std::string StsUrl() const;

  const SigV4Options options_;
  std::mutex mu_;
  std::unique_ptr<HttpClient> client_;  // Made once, under mu_.
  std::optional<LeasedKeys> leased_;    // Guarded by mu_.
};

}  // namespace vigia::server
