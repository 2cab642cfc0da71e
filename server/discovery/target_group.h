// Targets as discovery finds them.
#pragma once

#include <string>
#include <vector>

#include "config/schema/target_group.h"
#include "storage/model/labels.h"

namespace vigia::server {

// One group of a source: a later group with the same source replaces it.
struct TargetGroup {
  std::string source;                    // "static/0", "path/of/file.yml:0", "http://sd/targets:0".
  std::vector<storage::Labels> targets;  // Each with __address__ and what is its own.
  storage::Labels labels;                // Of all; a target's own win.

  bool operator==(const TargetGroup&) const = default;
};

// The group of the configuration, with `extra` labels (e.g. __meta_filepath) added to its own.
TargetGroup MakeTargetGroup(std::string source, const config::TargetGroup& group, const storage::Labels& extra = {});

}  // namespace vigia::server
