#include "server/reader/answer_memory.h"

#include <algorithm>

#include <fmt/format.h>

namespace vigia::server {
namespace {

using storage::Status;

// A time and a value, in vectors that grow by doubling.
constexpr std::uint64_t kBytesPerSample = 2 * (sizeof(storage::TimestampMs) + sizeof(double));
// Reserved at once: whoever asks is not to be asked for each sample.
constexpr std::uint64_t kStepBytes = 1u << 20;

std::uint64_t BytesOf(const storage::FloatHistogram& h) {
  const std::size_t numbers = h.positive_buckets.size() + h.negative_buckets.size() + h.custom_values.size() +
                              h.positive_spans.size() + h.negative_spans.size();
  return sizeof(h) + sizeof(storage::HistogramPtr) + 8 * numbers;
}

}  // namespace

AnswerMemory::~AnswerMemory() {
  if (asker_ != nullptr) asker_->Release(passing_bytes_);
}

Status AnswerMemory::Reserve(std::uint64_t bytes) {
  if (asker_ == nullptr) return {};
  Status status = asker_->Reserve(bytes);
  refused_ = refused_ || status.has_error();
  return status;
}

Status AnswerMemory::AddPassing(std::uint64_t bytes) {
  Status status = Reserve(bytes);
  if (status.has_value()) passing_bytes_ += bytes;
  return status;
}

Status AnswerMemory::Keep(std::uint64_t bytes) {
  kept_bytes_ += bytes;
  if (kept_bytes_ <= reserved_bytes_) return {};
  const std::uint64_t more = std::max(kStepBytes, kept_bytes_ - reserved_bytes_);
  Status status = Reserve(more);
  if (status.has_value()) reserved_bytes_ += more;
  return status;
}

Status AnswerMemory::AddSamples(std::size_t count) {
  if (count > samples_left()) {
    return storage::Error{storage::Errc::kLimit, fmt::format("exceeded sample limit ({})", max_samples_)};
  }
  samples_ += count;
  return Keep(count * kBytesPerSample);
}

Status AnswerMemory::AddHistograms(std::span<const storage::HistogramPtr> histograms) {
  std::uint64_t bytes = 0;
  for (const storage::HistogramPtr& h : histograms) bytes += h ? BytesOf(*h) : sizeof(h);
  return Keep(bytes);
}

}  // namespace vigia::server
