// Whether the files that a configuration names are there and right: promtool's checkConfig.
#pragma once

#include <iosfwd>

#include "config/schema/config.h"
#include "storage/model/error.h"

namespace vigia::server {

// Rule files named without a wildcard, credentials and TLS files of jobs, and target files, which are read, too. The
// first fault is the error; a pattern of target files that matches nothing is a line of warning on `out`.
storage::Status CheckNamedFiles(const config::Config& config, std::ostream& out);

}  // namespace vigia::server
