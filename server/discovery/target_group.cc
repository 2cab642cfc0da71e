#include "server/discovery/target_group.h"

#include <utility>

namespace vigia::server {

TargetGroup MakeTargetGroup(std::string source, const config::TargetGroup& group, const storage::Labels& extra) {
  TargetGroup out;
  out.source = std::move(source);
  out.targets.reserve(group.targets.size());
  for (const std::string& address : group.targets) out.targets.push_back(storage::Labels{{"__address__", address}});
  storage::LabelsBuilder labels(group.labels);
  for (const storage::LabelView label : extra) labels.Set(label.name, label.value);
  out.labels = labels.Build();
  return out;
}

}  // namespace vigia::server
