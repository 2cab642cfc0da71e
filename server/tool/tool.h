// vigiatool: what promtool does, for scripts that call promtool (surface.md 7). Sub-commands:
//   check config|rules|healthy|ready, promql explain|format|label-matchers, query instant|range|series|labels,
//   tsdb analyze|list|dump|dump-openmetrics|create-blocks-from|verify
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "server/http/client.h"
#include "storage/model/clock.h"
#include "storage/model/error.h"

namespace vigia::server {

// What a command touches outside of files.
struct ToolWorld {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::function<storage::Result<HttpResponse>(HttpRequest)> fetch;
  storage::Clock clock;
};

// promtool's exit codes.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kLintFailure = 3;

// `words` are the arguments without the program's name. Returns the exit code.
int RunTool(const std::vector<std::string>& words, const ToolWorld& world);

}  // namespace vigia::server
