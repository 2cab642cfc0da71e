// A query's plan as JSON; the shape is in README.md.
#pragma once

#include <string>

#include "promql/value/explain_node.h"

namespace vigia::server {

void AppendExplainJson(std::string& out, const promql::ExplainNode& node);

}  // namespace vigia::server
