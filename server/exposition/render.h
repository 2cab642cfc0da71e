// Our own metrics: what /metrics answers (surface.md 5.8).
#pragma once

#include <string>
#include <vector>

#include "server/exposition/format.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// `families` in text 0.0.4, in OpenMetrics 1.0 with its # EOF, or in protobuf. A family without points is left out. In
// OpenMetrics a counter's family drops its _total; one that has none is of type unknown.
std::string Render(const std::vector<storage::CollectedFamily>& families, ExpositionFormat format);
// In protobuf.
std::string RenderProtobuf(const std::vector<storage::CollectedFamily>& families);

}  // namespace vigia::server
