// What is known of a cluster, and the targets that follow. Internal to the room.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "config/schema/kubernetes_sd_config.h"
#include "server/discovery/kubernetes_objects.h"
#include "server/discovery/target_group.h"

namespace vigia::server {

inline constexpr std::size_t kMaxKubernetesObjects = 250'000;  // Of a kind; an API server is not meant for more.

// Thread-safe.
class KubernetesStore {
 public:
  // `changed` is called after each change, on the thread that made it, with no lock held.
  KubernetesStore(config::KubernetesRole role, config::KubernetesAttachMetadata attach, std::function<void()> changed);

  // True if a key that was not known is new.
  bool Put(ObjectKind kind, const std::string& key, KubernetesObject object);
  void Remove(ObjectKind kind, const std::string& key);
  // Makes the objects of a kind in a namespace ("": in all) those of `objects`.
  void Replace(ObjectKind kind, const std::string& name_space, std::map<std::string, KubernetesObject> objects);
  std::size_t CountOf(ObjectKind kind) const;

  // The groups of the role.
  std::vector<TargetGroup> Groups() const;

 private:
  using Objects = std::map<std::string, KubernetesObject, std::less<>>;
  class Builder;

  const config::KubernetesRole role_;
  const config::KubernetesAttachMetadata attach_;
  const std::function<void()> changed_;
  mutable std::mutex mu_;
  std::array<Objects, kObjectKinds> objects_;  // Guarded by mu_.
};

}  // namespace vigia::server
