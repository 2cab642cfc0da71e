// /labels, /label/<name>/values, /series (surface.md 1.3).
#pragma once

#include <string>
#include <string_view>

#include "server/http/router.h"
#include "storage/api/querier.h"

namespace vigia::server {

// `storage` is thread-safe and outlives the router.
void RegisterSeriesApi(Router& router, const storage::Queryable& storage);

// A label name as it may come in a path: "U__a_2e_b" is a.b (surface.md 5.7, scheme "values"). Other names are
// unchanged.
std::string UnescapeLabelName(std::string_view name);

}  // namespace vigia::server
