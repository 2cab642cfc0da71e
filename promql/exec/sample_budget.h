// How many samples one query holds in memory, counted as Prometheus counts them (promql/engine.go, currentSamples), and
// how much the engine itself sets aside for them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "promql/exec/memory_account.h"
#include "storage/model/error.h"

namespace vigia::promql {

// Thread-compatible.
class SampleBudget {
 public:
  // Slots are taken from `memory`, too, when it is given; it must outlive the budget.
  explicit SampleBudget(std::uint64_t max_samples, MemoryAccount* memory = nullptr)
      : max_samples_(max_samples), memory_(memory) {}

  // Adds `samples`; fails when there are then more than the limit.
  storage::Status Charge(std::uint64_t samples) {
    current_ += samples;
    return CheckPeak(0);
  }
  void Release(std::uint64_t samples) { current_ -= std::min(samples, current_); }
  // As if `extra` samples were held for a moment.
  storage::Status CheckPeak(std::uint64_t extra);

  // Before memory for `slots` doubles is allocated. Rows have a slot for each step, with or without a sample: a query
  // within its samples can still want too much memory, which is refused with the same words.
  storage::Status ReserveSlots(std::uint64_t slots);
  void ReleaseSlots(std::uint64_t slots);
  // Before functions and joins make labels, which a short text can ask any amount of. Held until the account dies.
  // Taken in portions, so that a label set costs little; fails, also without an account, beyond kMaxLabelBytes in all.
  storage::Status ReserveLabels(std::uint64_t bytes) {
    if (bytes > label_credit_) return ReserveMoreLabels(bytes);
    label_credit_ -= bytes;
    return {};
  }
  // Before a label value is made. Fails beyond kMaxLabelValueBytes.
  storage::Status CheckLabelValue(std::uint64_t bytes);
  // Memory that is not about slots: label sets of storage, results. Held until the account dies.
  storage::Status ReserveBytes(std::uint64_t bytes) { return memory_ ? memory_->Reserve(bytes) : storage::Status(); }
  std::uint64_t max_slots() const;

  std::uint64_t current() const { return current_; }
  std::uint64_t peak() const { return peak_; }
  std::uint64_t held_bytes() const { return slots_ * kBytesPerSlot; }
  // Whether the query failed for its samples or slots.
  bool exceeded() const { return exceeded_; }
  // Whether it failed for its labels: what it made, or the length of a value.
  bool labels_exceeded() const { return labels_exceeded_; }

  static constexpr std::uint64_t kBytesPerSlot = 9;  // A value and its validity.
  // Labels that one query makes, held at the same time or not: some three million label sets of 250 bytes.
  static constexpr std::uint64_t kMaxLabelBytes = std::uint64_t{1} << 30;
  // As long as the text of a query may be. Longer ones than 16 MB could not even be stored (storage/model/labels.h).
  static constexpr std::uint64_t kMaxLabelValueBytes = std::uint64_t{1} << 20;

 private:
  storage::Status ReserveMoreLabels(std::uint64_t bytes);

  const std::uint64_t max_samples_;
  MemoryAccount* const memory_;
  std::uint64_t current_ = 0;
  std::uint64_t peak_ = 0;
  std::uint64_t slots_ = 0;
  bool exceeded_ = false;
  std::uint64_t label_bytes_ = 0;   // Reserved for labels,
  std::uint64_t label_credit_ = 0;  // and not used of them.
  bool labels_exceeded_ = false;
};

// Slots reserved as long as the object lives.
class SlotReservation {
 public:
  explicit SlotReservation(SampleBudget& budget) : budget_(budget) {}
  SlotReservation(const SlotReservation&) = delete;
  SlotReservation& operator=(const SlotReservation&) = delete;
  ~SlotReservation() { budget_.ReleaseSlots(slots_); }
  storage::Status Add(std::uint64_t slots) {
    storage::Status status = budget_.ReserveSlots(slots);
    if (status) slots_ += slots;
    return status;
  }

 private:
  SampleBudget& budget_;
  std::uint64_t slots_ = 0;
};

}  // namespace vigia::promql
