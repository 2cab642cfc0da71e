#include "promql/exec/sample_budget.h"

#include <string>

#include "promql/exec/evaluation_error.h"

namespace vigia::promql {
namespace {

constexpr std::uint64_t kSlotsPerSample = 3;
constexpr std::uint64_t kLabelPortionBytes = 4096;
constexpr std::uint64_t kMinSlots = 1u << 22;  // 32 MB: small limits are about samples, not about these.

storage::Error TooManySamples() {
  return EvaluationError("query processing would load too many samples into memory in query execution");
}

}  // namespace

storage::Status SampleBudget::CheckPeak(std::uint64_t extra) {
  peak_ = std::max(peak_, current_ + extra);
  if (current_ + extra <= max_samples_) return {};
  exceeded_ = true;
  return TooManySamples();
}

std::uint64_t SampleBudget::max_slots() const {
  constexpr std::uint64_t kCap = std::uint64_t{1} << 40;
  return std::max(kMinSlots, std::min(max_samples_, kCap) * kSlotsPerSample);
}

storage::Status SampleBudget::ReserveSlots(std::uint64_t slots) {
  if (slots > max_slots() || slots_ + slots > max_slots()) {
    exceeded_ = true;
    return TooManySamples();
  }
  if (storage::Status status = ReserveBytes(slots * kBytesPerSlot); !status) return status;
  slots_ += slots;
  return {};
}

storage::Status SampleBudget::ReserveMoreLabels(std::uint64_t bytes) {
  const std::uint64_t room = kMaxLabelBytes - label_bytes_;
  const std::uint64_t missing = bytes - label_credit_;
  if (missing > room) {
    labels_exceeded_ = true;
    return EvaluationError("query processing would need more memory than the limit of " +
                           std::to_string(kMaxLabelBytes) + " bytes for the labels of one query allows");
  }
  const std::uint64_t portion = std::min(std::max(missing, kLabelPortionBytes), room);
  if (storage::Status status = ReserveBytes(portion); !status) return status;
  label_bytes_ += portion;
  label_credit_ += portion - bytes;
  return {};
}

storage::Status SampleBudget::CheckLabelValue(std::uint64_t bytes) {
  if (bytes <= kMaxLabelValueBytes) return {};
  labels_exceeded_ = true;
  return EvaluationError("query processing would make a label value longer than the limit of " +
                         std::to_string(kMaxLabelValueBytes) + " bytes");
}

void SampleBudget::ReleaseSlots(std::uint64_t slots) {
  const std::uint64_t released = std::min(slots, slots_);
  slots_ -= released;
  if (memory_ != nullptr) memory_->Release(released * kBytesPerSlot);
}

}  // namespace vigia::promql
