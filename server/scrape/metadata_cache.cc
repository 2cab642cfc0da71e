#include "server/scrape/metadata_cache.h"

#include <utility>

namespace vigia::server {

MetadataCache::Id MetadataCache::Find(std::string_view family) {
  if (const auto at = ids_.find(family); at != ids_.end()) {
    Touch(at->second);
    return at->second;
  }
  const std::lock_guard lock(mu_);
  Id id = static_cast<Id>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  slots_[id] = Slot{{.metric = std::string(family), .help = {}, .unit = {}}, body_};
  ++touched_;
  bytes_ += Bytes(slots_[id].metadata);
  ids_.emplace(family, id);
  return id;
}

template <class T>
MetadataCache::Id MetadataCache::Set(std::string_view family, T MetricMetadata::*field, T value) {
  const Id id = Find(family);
  MetricMetadata& metadata = slots_[id].metadata;
  if (metadata.*field == value) return id;
  const std::lock_guard lock(mu_);
  bytes_ -= Bytes(metadata);
  metadata.*field = std::move(value);
  bytes_ += Bytes(metadata);
  return id;
}

MetadataCache::Id MetadataCache::SetType(std::string_view family, MetricType type) {
  return Set(family, &MetricMetadata::type, type);
}

MetadataCache::Id MetadataCache::SetHelp(std::string_view family, std::string help) {
  return Set(family, &MetricMetadata::help, std::move(help));
}

MetadataCache::Id MetadataCache::SetUnit(std::string_view family, std::string_view unit) {
  return Set(family, &MetricMetadata::unit, std::string(unit));
}

void MetadataCache::Touch(Id id) {
  if (slots_[id].last_body != body_) ++touched_;
  slots_[id].last_body = body_;
}

void MetadataCache::EndBody() {
  const bool all_there = touched_ == ids_.size();
  ++body_;
  touched_ = 0;
  if (all_there) return;
  const std::lock_guard lock(mu_);
  for (auto at = ids_.begin(); at != ids_.end();) {
    Slot& slot = slots_[at->second];
    if (body_ - slot.last_body <= kKeepBodies) {
      ++at;
      continue;
    }
    bytes_ -= Bytes(slot.metadata);
    slot.metadata = {};
    free_.push_back(at->second);
    at = ids_.erase(at);
  }
}

std::vector<MetricMetadata> MetadataCache::List() const {
  const std::lock_guard lock(mu_);
  std::vector<MetricMetadata> out;
  out.reserve(ids_.size());
  for (const auto& [name, id] : ids_) out.push_back(slots_[id].metadata);
  return out;
}

std::optional<MetricMetadata> MetadataCache::Get(std::string_view metric) const {
  const std::lock_guard lock(mu_);
  const auto at = ids_.find(metric);
  if (at == ids_.end()) return std::nullopt;
  return slots_[at->second].metadata;
}

std::size_t MetadataCache::size() const {
  const std::lock_guard lock(mu_);
  return ids_.size();
}

std::size_t MetadataCache::bytes() const {
  const std::lock_guard lock(mu_);
  return bytes_;
}

std::size_t MetadataCache::Bytes(const MetricMetadata& metadata) {
  return metadata.help.size() + metadata.unit.size() + ToString(metadata.type).size();
}

}  // namespace vigia::server
