#include "storage/rowgroup/tile_cache.h"

namespace vigia::storage {

Result<std::optional<LoadedTile>> LoadTile(const Store& store, const Run& run, std::uint32_t target, std::uint32_t page,
                                           std::uint32_t chunk) {
  auto value = store.Get(Family::kData, GroupKey(run, target, page, chunk));
  if (!value) return value.error();
  if (!value->has_value()) return std::optional<LoadedTile>();
  const auto tile = TileView::Open((*value)->view());
  if (!tile) return tile.error();
  auto times = tile->Times();
  if (!times) return times.error();
  return std::optional<LoadedTile>(LoadedTile{std::move(**value), *tile, std::move(*times)});
}

TileCache::Entry* TileCache::Find(std::uint64_t run, std::uint32_t chunk) {
  const auto is_it = [&](const Entry& entry) { return entry.run == run && entry.chunk == chunk; };
  if (next_ < entries_.size() && is_it(entries_[next_])) return &entries_[next_++];
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!is_it(entries_[i])) continue;
    next_ = i + 1;
    return &entries_[i];
  }
  return nullptr;
}

Result<LoadedTile*> TileCache::Get(const Store& store, const Run& run, std::uint32_t target, std::uint32_t page,
                                   std::uint32_t chunk) {
  if (store_ != &store || target_ != target || page_ != page) {
    store_ = &store;
    target_ = target;
    page_ = page;
    entries_.clear();
    next_ = 0;
  }
  const auto pointer = [](std::optional<LoadedTile>& tile) { return tile ? &*tile : nullptr; };
  if (Entry* entry = Find(run.id, chunk)) return pointer(entry->tile);
  auto loaded = LoadTile(store, run, target, page, chunk);
  if (!loaded) return loaded.error();
  if (entries_.size() == kMaxEntries) {
    beyond_ = *std::move(loaded);
    return pointer(beyond_);
  }
  entries_.push_back({run.id, chunk, *std::move(loaded)});
  next_ = entries_.size();
  return pointer(entries_.back().tile);
}

}  // namespace vigia::storage
