// How much samples a remote may give, and whose memory they are. Internal to the room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/api/querier.h"
#include "storage/model/error.h"
#include "storage/model/histogram.h"

namespace vigia::server {

// Memory of one answer while it is decoded. What samples take is kept by whoever asks, the rest is given back.
// Thread-compatible.
class AnswerMemory {
 public:
  // `asker` may be null, and outlives this.
  AnswerMemory(std::size_t max_samples, storage::Asker* asker) : max_samples_(max_samples), asker_(asker) {}
  ~AnswerMemory();
  AnswerMemory(const AnswerMemory&) = delete;
  AnswerMemory& operator=(const AnswerMemory&) = delete;

  // For bytes that come and go with the answer.
  storage::Status AddPassing(std::uint64_t bytes);
  // Before samples are kept. kLimit beyond `max_samples`.
  storage::Status AddSamples(std::size_t count);
  storage::Status AddHistograms(std::span<const storage::HistogramPtr> histograms);

  std::size_t samples_left() const { return max_samples_ - samples_; }
  // The error is the asker's: it is not about the answer.
  bool refused() const { return refused_; }

 private:
  storage::Status Keep(std::uint64_t bytes);
  storage::Status Reserve(std::uint64_t bytes);

  const std::size_t max_samples_;
  storage::Asker* const asker_;
  std::size_t samples_ = 0;
  std::uint64_t passing_bytes_ = 0;
  std::uint64_t kept_bytes_ = 0;
  std::uint64_t reserved_bytes_ = 0;  // For what is kept.
  bool refused_ = false;
};

}  // namespace vigia::server
