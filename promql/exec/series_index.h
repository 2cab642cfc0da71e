// Which of the series of a growing list have equal labels. It keeps no labels of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "promql/exec/sample_budget.h"
#include "promql/exec/series_info.h"
#include "storage/model/error.h"

namespace vigia::promql {

// Thread-compatible. `series` and `budget` outlive it; series that it was told of stay as they are.
class SeriesIndex {
 public:
  SeriesIndex(const std::vector<SeriesInfo>& series, SampleBudget& budget)
      : reserved_(budget), places_(0, Hash{&series}, Equal{&series}) {}

  // Once, before anything else. REQUIRES: `count` is at least the number of calls of FirstLike().
  storage::Status Reserve(std::size_t count);
  // The first of the series told of with this group whose labels are those of series `id`: `id` when it is the first.
  SeriesId FirstLike(SeriesId id, std::uint32_t group) { return places_.insert({id, group}).first->id; }

 private:
  struct Place {
    SeriesId id = 0;
    std::uint32_t group = 0;
  };
  struct Hash {
    const std::vector<SeriesInfo>* series;
    std::size_t operator()(const Place& place) const { return (*series)[place.id].labels.Hash() ^ place.group; }
  };
  struct Equal {
    const std::vector<SeriesInfo>* series;
    bool operator()(const Place& a, const Place& b) const {
      return a.group == b.group && (*series)[a.id].labels == (*series)[b.id].labels;
    }
  };
  static constexpr std::uint64_t kSlotsPerPlace = 5;  // A node and a bucket.

  SlotReservation reserved_;
  std::unordered_set<Place, Hash, Equal> places_;
};

inline storage::Status SeriesIndex::Reserve(std::size_t count) {
  if (storage::Status status = reserved_.Add(count * kSlotsPerPlace); !status) return status;
  places_.reserve(count);
  return {};
}

}  // namespace vigia::promql
