// Our own metrics as text: what /metrics answers (surface.md 5.8).
#pragma once

#include <string>
#include <vector>

#include "server/exposition/format.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// `families` in text 0.0.4 or in OpenMetrics 1.0 with its # EOF. A family without points is left out. In OpenMetrics a
// counter's family drops its _total; one that has none is of type unknown. REQUIRES: format is not kProtobuf.
std::string Render(const std::vector<storage::CollectedFamily>& families, ExpositionFormat format);

}  // namespace vigia::server
