// A query's result as JSON (surface.md 1.2), written piece by piece so that a large matrix is never held twice.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "promql/value/value.h"
#include "server/http/message.h"

namespace vigia::server {

enum class StatsMode { kNone, kBasic };

// The answer to /query and /query_range: sent in one piece when short, else streamed while it is written.
Response QueryResponse(promql::QueryResult result, StatsMode stats);

// {"count":"…","sum":"…","buckets":[[rule,"lo","hi","count"],…]}
void AppendHistogramJson(std::string& out, const storage::FloatHistogram& histogram);

// {"name":"value",…} without HTML escapes.
void AppendLabelsJson(std::string& out, const storage::Labels& labels);

}  // namespace vigia::server
