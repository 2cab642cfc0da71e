// /openapi.yaml: what there is below /api/v1, for programs (surface.md 1.5; OpenAPI 3.1 and 3.2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/http/router.h"

namespace vigia::server {

// The document about the endpoints of `router` below /api/v1, all that are there when it is asked for. `version`: of
// OpenAPI, "3.1.0" or "3.2.0".
std::string OpenApiYaml(const Router& router, std::string_view version);

// Endpoints of `router` below /api/v1 that the document has no words for, and such of the document that are not there.
std::vector<std::string> OpenApiGaps(const Router& router);

// Called last, with a router that stays where it is.
void RegisterOpenApi(Router& router);

}  // namespace vigia::server
