// Signs a request of the HTTP client. Internal to the room.
#pragma once

#include "server/auth/sigv4_signature.h"
#include "server/http/client.h"
#include "server/http/url.h"

namespace vigia::server {

// Sets X-Amz-Date, X-Amz-Security-Token and Authorization; all headers of the request are signed.
void AddSignature(const Url& url, const SigningScope& scope, const AwsKeys& keys, HttpRequest& request);

}  // namespace vigia::server
