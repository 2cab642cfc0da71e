// The frames of the row log as samples, read without the engine.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "storage/kv/store.h"
#include "storage/wal/frame.h"

namespace vigia::storage {

struct LoggedFrame {
  Family family = Family::kWal0;
  std::uint64_t seq = 0;
  std::size_t bytes = 0;
  Frame frame;
};

// Follows the values of columns from frame to frame. Knows the columns that it was told of; without `known` all are.
class LogReader final : private FrameState {
 public:
  using KnowsColumn = std::function<bool(std::uint32_t target, std::uint32_t column)>;
  explicit LogReader(KnowsColumn known = nullptr) : known_(std::move(known)) {}

  // Calls `each` for all frames in the order in which they were committed, and `damaged` for those that do not decode.
  // Either may end the reading with an error, which is passed on.
  Status Read(const Store& store, const std::function<Status(const LoggedFrame&)>& each,
              const std::function<Status(Family, std::uint64_t seq, const Error&)>& damaged);

 private:
  struct Value {
    std::uint32_t epoch = 0;
    std::uint64_t bits = 0;
  };
  bool SetBases(std::uint32_t epoch, std::uint32_t target, std::span<FrameCell> cells) override;
  void Update(std::uint32_t epoch, std::uint32_t target, std::span<const FrameCell> cells) override;
  bool Has(std::uint32_t target, std::uint32_t column) override { return !known_ || known_(target, column); }
  void EndHistory(std::uint32_t target, std::uint32_t column) override { last_[target].erase(column); }
  void Forget(std::uint32_t target) override;

  const KnowsColumn known_;
  std::unordered_map<std::uint32_t, std::unordered_map<std::uint32_t, Value>> last_;  // By target, by column.
};

}  // namespace vigia::storage
