// The section `remote_read`: other servers that are asked for samples (surface.md 3.8).
#pragma once

#include <cstdint>
#include <string>

#include "config/schema/http_client_config.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

struct RemoteReadConfig {
  std::string url;  // May hold a password: show it through RedactedUrl().
  storage::DurationMs remote_timeout_ms = 60'000;
  std::uint64_t chunked_read_limit_bytes = 50'000'000;  // Of one frame of a streamed answer.
  StringMap headers;
  bool read_recent = false;     // Ask also for times of which this server has all samples.
  std::string name;             // "": has none; unique else.
  StringMap required_matchers;  // Asked only by selectors that hold all of them as `name="value"`.
  bool filter_external_labels = true;
  HttpClientConfig http;

  // Equal configurations keep their client on reload.
  bool operator==(const RemoteReadConfig&) const = default;
};

}  // namespace vigia::config
