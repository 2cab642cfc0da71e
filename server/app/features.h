// What this server can do, for /api/v1/features (surface.md 1.5).
#pragma once

#include <map>
#include <string>

#include "server/api/status_api.h"
#include "server/app/options.h"

namespace vigia::server {

FeatureMap FeaturesOf(const Options& options);

}  // namespace vigia::server
