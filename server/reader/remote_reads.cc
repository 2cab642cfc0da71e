#include "server/reader/remote_reads.h"

#include <algorithm>

namespace vigia::server {

RemoteReads::RemoteReads(RemoteReadsDeps deps)
    : deps_(std::move(deps)), readers_(std::make_shared<const RemoteReaders>()) {}

std::shared_ptr<const RemoteReaders> RemoteReads::Current() const {
  const std::lock_guard lock(mu_);
  return readers_;
}

storage::Status RemoteReads::Apply(const config::Config& config) {
  storage::Status result;
  const std::shared_ptr<const RemoteReaders> before = Current();
  auto next = std::make_shared<RemoteReaders>();
  for (const config::RemoteReadConfig& remote : config.remote_read) {
    const storage::Labels external = remote.filter_external_labels ? config.global.external_labels : storage::Labels();
    const auto same = std::ranges::find_if(
        *before, [&](const auto& known) { return known->config() == remote && known->external_labels() == external; });
    if (same != before->end()) {
      next->push_back(*same);
      continue;
    }
    auto options = deps_.client(remote);
    if (options.has_error()) {
      result = Prefixed(options.error(), "remote_read from " + config::RedactedUrl(remote.url));
      const auto known =
          std::ranges::find_if(*before, [&](const auto& reader) { return reader->config().url == remote.url; });
      if (known != before->end()) next->push_back(*known);
      continue;
    }
    next->push_back(
        std::make_shared<const RemoteReader>(remote, external, deps_.executor, *std::move(options), deps_.registry));
  }
  const std::lock_guard lock(mu_);
  readers_ = std::move(next);
  return result;
}

}  // namespace vigia::server
