// Requests that AWS accepts: the section sigv4 (surface.md 3.7, 3.8; github.com/prometheus/sigv4).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/http/client_options.h"
#include "server/http/request_auth.h"
#include "storage/model/clock.h"

namespace vigia::server {

struct SigV4Options {
  std::string region;  // Empty: AWS_REGION, AWS_DEFAULT_REGION, or that of the profile.
  std::string access_key;
  std::string secret_key;
  std::string profile;      // Empty: AWS_PROFILE, or "default".
  std::string role_arn;     // Empty: none.
  std::string external_id;  // Of the role.
  bool use_fips_sts_endpoint = false;
  std::string service = "aps";
  ClientOptions client;  // Of the requests for keys.
  storage::Clock clock = storage::SystemClock();
  // Value of a variable of the environment; "" when it is not set.
  std::function<std::string(const char*)> environment;
};

// Adds X-Amz-Date, X-Amz-Security-Token and Authorization; the path is brought into its shortest form first. kInvalid
// from MakeSigV4() when no region is known; what is wrong with the keys is an error of the requests.
storage::Result<std::shared_ptr<RequestAuth>> MakeSigV4(SigV4Options options);

}  // namespace vigia::server
