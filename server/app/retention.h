// Retention as the configuration and the flags want it, in the words of storage and of the status pages.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/schema/config.h"
#include "server/api/retention_api.h"
#include "server/app/options.h"
#include "storage/tsdb/tsdb.h"

namespace vigia::server {

struct Retention {
  storage::DurationMs time_ms = 0;
  std::uint64_t size_bytes = 0;
  double percentage = 0;  // Of the disk; `size_bytes` is that share then.
};

// The configuration's limits win over the flags', a percentage over a size; without any, samples are kept for 15 days.
Retention RetentionOf(const Options& options, const config::Config& config);
// "15d or 10GiB", "15d or 5%".
std::string ToString(const Retention& retention);

std::vector<storage::RetentionPolicy> PoliciesOf(const config::Config& config);
std::vector<storage::DownsamplingRule> DownsamplingOf(const config::Config& config);

// For the status endpoint. `tsdb` and `options` outlive it.
RetentionApiDeps MakeRetentionApi(const storage::Tsdb& tsdb, const Options& options,
                                  std::function<config::ConfigPtr()> current);

}  // namespace vigia::server
