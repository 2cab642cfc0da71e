// Type, help and unit of the families that a target exposes: what /api/v1/metadata shows.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/exposition/parser.h"

namespace vigia::server {

struct MetricMetadata {
  std::string metric;
  MetricType type = MetricType::kUnknown;
  std::string help;
  std::string unit;

  bool operator==(const MetricMetadata&) const = default;
};

// Written by the one scrape loop, read by any thread.
class MetadataCache {
 public:
  using Id = std::uint32_t;

  // Say what a metadata line said, and that the family was there in this body. The id stays good while bodies keep
  // calling one of these or Touch().
  Id SetType(std::string_view family, MetricType type);
  Id SetHelp(std::string_view family, std::string help);
  Id SetUnit(std::string_view family, std::string_view unit);
  void Touch(Id id);
  // REQUIRES: the writer's thread; good until a call of it changes the family.
  const MetricMetadata& At(Id id) const { return slots_[id].metadata; }
  // The body ended; forgets families that the last ten bodies did not have.
  void EndBody();

  std::vector<MetricMetadata> List() const;  // In order of names.
  std::optional<MetricMetadata> Get(std::string_view metric) const;
  std::size_t size() const;
  std::size_t bytes() const;

 private:
  static constexpr std::uint32_t kKeepBodies = 10;
  struct Slot {
    MetricMetadata metadata;
    std::uint32_t last_body = 0;
  };
  static std::size_t Bytes(const MetricMetadata& metadata);
  Id Find(std::string_view family);
  template <class T>
  Id Set(std::string_view family, T MetricMetadata::*field, T value);

  std::uint32_t body_ = 0;  // Of the loop alone.
  std::size_t touched_ = 0;

  mutable std::mutex mu_;  // The loop may read without it, since nobody else writes.
  std::map<std::string, Id, std::less<>> ids_;
  std::vector<Slot> slots_;  // last_body is of the loop alone.
  std::vector<Id> free_;
  std::size_t bytes_ = 0;  // Of help, unit and type of all.
};

}  // namespace vigia::server
