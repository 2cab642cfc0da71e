// The bodies of remote write requests (prometheus.io/docs/specs/prw/remote_write_spec and _2_0).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/schema/remote_config.h"
#include "server/sender/outgoing.h"

namespace vigia::server {

// Type, help and unit of one metric family. `type` is that of the message MetricMetadata (surface.md 1.9).
struct RemoteMetadata {
  std::string family;
  int type = 0;
  std::string help;
  std::string unit;
};

// What comes after another of the same series goes into one TimeSeries with it. Not compressed.
std::string EncodeWriteRequest(std::span<const Outgoing> samples, config::RemoteWriteMessage message);
// Version 1 only.
std::string EncodeMetadataRequest(std::span<const RemoteMetadata> metadata);

}  // namespace vigia::server
