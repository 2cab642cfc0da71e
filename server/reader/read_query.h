// What a remote is asked (prometheus.ReadRequest; surface.md 1.9).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "storage/api/querier.h"
#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

struct RemoteQuery {
  storage::TimestampMs start_ms = 0;  // Inclusive, as is the next one.
  storage::TimestampMs end_ms = 0;
  std::vector<storage::Matcher> matchers;
  storage::SelectHints hints;
};

// The message, not yet compressed: streamed chunks are preferred, samples taken.
std::string EncodeReadRequest(const RemoteQuery& query);

}  // namespace vigia::server
