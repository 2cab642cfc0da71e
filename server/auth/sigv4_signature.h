// Signatures of requests to AWS (Signature Version 4; docs.aws.amazon.com, "Create a signed AWS API request"). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/model/timestamp.h"

namespace vigia::server {

struct AwsKeys {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // Empty: the keys are good without one.
};

struct SignedRequest {
  std::string_view method;
  std::string_view path;   // As sent.
  std::string_view query;  // As sent, without '?'.
  // All that are signed, in any order and case; Host among them.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
};

struct SigningScope {
  std::string region;
  std::string service;
  storage::TimestampMs now_ms = 0;
};

// "20150830T123600Z": the value of X-Amz-Date.
std::string AmzDate(storage::TimestampMs now_ms);

// The value of Authorization. The headers must hold X-Amz-Date of the same time, and X-Amz-Security-Token when there is
// a session token.
std::string SignV4(const SignedRequest& request, const SigningScope& scope, const AwsKeys& keys);

}  // namespace vigia::server
