// The section `sigv4`: how requests are signed for AWS (surface.md 3.7, 3.8; github.com/prometheus/sigv4).
#pragma once

#include <string>

#include "config/schema/secret.h"

namespace vigia::config {

// What is empty comes from AWS' environment variables and files. Both or none of the keys are set.
struct SigV4Config {
  std::string region;
  std::string access_key;
  Secret secret_key;
  std::string profile;
  std::string role_arn;
  std::string external_id;
  bool use_fips_sts_endpoint = false;
  std::string service_name;  // "" = aps.

  bool operator==(const SigV4Config&) const = default;
};

}  // namespace vigia::config
