#include "alerting/notify/targets.h"

#include <algorithm>

#include "config/relabel/relabel.h"

namespace vigia::alerting {
namespace {

constexpr std::string_view kScheme = "__scheme__";
constexpr std::string_view kAddress = "__address__";
constexpr std::string_view kPath = "__alerts_path__";

std::string UrlOf(const storage::LabelsBuilder& labels) {
  std::string url(labels.Get(kScheme));
  url.append("://").append(labels.Get(kAddress));
  const std::string_view path = labels.Get(kPath);
  if (!path.starts_with('/')) url += '/';
  return url.append(path);
}

bool IsUsable(const storage::LabelsBuilder& labels) {
  const std::string_view scheme = labels.Get(kScheme);
  const std::string_view address = labels.Get(kAddress);
  return (scheme == "http" || scheme == "https") && !address.empty() && address.find('/') == std::string_view::npos;
}

}  // namespace

std::string AlertsPath(std::string_view path_prefix) {
  std::string path;
  while (!path_prefix.empty()) {
    const std::size_t slash = std::min(path_prefix.find('/'), path_prefix.size());
    if (slash > 0) path.append("/").append(path_prefix.substr(0, slash));
    path_prefix.remove_prefix(std::min(slash + 1, path_prefix.size()));
  }
  return path + "/api/v2/alerts";
}

AlertmanagerTargets ResolveAlertmanagers(const config::AlertmanagerConfig& config,
                                         std::span<const config::TargetGroup> groups) {
  AlertmanagerTargets out;
  const std::string path = AlertsPath(config.path_prefix);
  for (const config::TargetGroup& group : groups) {
    for (const std::string& address : group.targets) {
      storage::LabelsBuilder labels(group.labels);
      labels.Set(kAddress, address).Set(kScheme, config.scheme).Set(kPath, path);
      const std::string before = UrlOf(labels);
      if (!config::Apply(config.relabel_configs, labels) || !IsUsable(labels)) {
        out.dropped.push_back(before);
        continue;
      }
      std::string url = UrlOf(labels);
      if (std::find(out.active.begin(), out.active.end(), url) == out.active.end())
        out.active.push_back(std::move(url));
    }
  }
  return out;
}

}  // namespace vigia::alerting
