// The HTTP side of a scrape: what is asked, and what an answer means (surface.md 5.1, 5.2).
#pragma once

#include <stop_token>
#include <string>

#include "config/schema/scrape_config.h"
#include "server/http/client.h"
#include "server/scrape/scrape_body.h"
#include "server/scrape/target.h"
#include "storage/model/error.h"

namespace vigia::server {

// The configured protocols with falling weights.
std::string AcceptHeader(const config::ScrapeConfig& config);

// `accept` is AcceptHeader(config). A target on this machine, by its URL or at a local socket, is asked not to
// compress: that would cost both sides more than the bytes do.
HttpRequest MakeScrapeRequest(const config::ScrapeConfig& config, const std::string& accept, const Target& target,
                              std::stop_token stop);

FetchedBody ToFetchedBody(storage::Result<HttpResponse> response);

// True for URLs of localhost, 127.0.0.0/8 and ::1.
bool IsLoopback(std::string_view url);

}  // namespace vigia::server
