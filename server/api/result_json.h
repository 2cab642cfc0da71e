// A query's result as JSON (surface.md 1.2), written piece by piece so that a large matrix is never held twice.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "promql/value/value.h"
#include "server/http/message.h"

namespace vigia::server {

enum class StatsMode { kNone, kBasic };  // Lists by step are shown when the engine made them.

// The answer to /query and /query_range: sent in one piece when short, else streamed while it is written. With the plan
// when the query was analysed.
Response QueryResponse(promql::QueryResult result, StatsMode stats);

// {"timings":{…},"samples":{…}}
void AppendStatsJson(std::string& out, const promql::QueryStats& stats);

// {"count":"…","sum":"…","buckets":[[rule,"lo","hi","count"],…]}
void AppendHistogramJson(std::string& out, const storage::FloatHistogram& histogram);

// {"name":"value",…} without HTML escapes.
void AppendLabelsJson(std::string& out, const storage::Labels& labels);

}  // namespace vigia::server
