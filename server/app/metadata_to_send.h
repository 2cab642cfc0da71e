// What remotes are told about scraped metrics.
#pragma once

#include <vector>

#include "server/scrape/snapshot.h"
#include "server/sender/write_request.h"

namespace vigia::server {

// Each family once, as the first target that has it says.
std::vector<RemoteMetadata> MetadataToSend(const std::vector<TargetMetadata>& targets);

}  // namespace vigia::server
