// Loading with other defaults than the file format's own: what flags of the program decide.
#pragma once

#include <string>
#include <string_view>

#include "config/schema/config.h"
#include "storage/model/error.h"

namespace vigia::config {

struct LoadOptions {
  bool extra_scrape_metrics = false;  // Default of global.extra_scrape_metrics (surface.md 2.2).
};

// As those of config.h.
storage::Result<ConfigPtr> LoadConfig(const std::string& path, const LoadOptions& options);
storage::Result<ConfigPtr> ParseConfig(std::string_view text, const std::string& file_name, const LoadOptions& options);

}  // namespace vigia::config
