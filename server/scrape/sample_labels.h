// From the labels of an exposed line to those of the stored series (surface.md 5.6, "label merge" to "limits").
#pragma once

#include <string>
#include <vector>

#include "config/schema/scrape_config.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"

namespace vigia::server {

struct SampleLabels {
  bool dropped = false;      // By relabelling.
  bool over_limit = false;   // With an error: one of the label limits was passed.
  storage::Status status{};  // An error fails the whole scrape.
  storage::Labels labels;
};

// `exposed` as AppendLabels() gives them. The target's labels win over exposed ones, which are kept under a name with
// exported_ before it; with honor_labels it is the other way round, and an exposed empty value removes the target's.
// Then metric_relabel_configs, the check of names, and the label limits.
SampleLabels BuildSampleLabels(const config::ScrapeConfig& config, const storage::Labels& target,
                               const std::vector<storage::LabelView>& exposed);

// A series that the server writes about a target: `name` with the target's labels.
storage::Labels ReportLabels(const storage::Labels& target, std::string_view name);

}  // namespace vigia::server
