// The web page and its files; old paths of the reference's pages (surface.md 1.10).
#pragma once

#include "server/http/router.h"

namespace vigia::server {

// `prefix` is the route prefix, "" or "/x": redirects carry it.
void RegisterPages(Router& router, const std::string& prefix);

}  // namespace vigia::server
