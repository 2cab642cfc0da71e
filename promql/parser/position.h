// Places in a query as messages show them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vigia::promql {

// "LINE:COLUMN" of a byte, both from 1; columns count bytes. For an empty query "unknown position", beyond its end
// "invalid position" (Prometheus posrange.StartPosInput).
std::string PositionText(std::string_view query, std::uint32_t at);

}  // namespace vigia::promql
