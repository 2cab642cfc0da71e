// The answer to a streamed remote read, frame by frame: length, CRC-32C, ChunkedReadResponse (surface.md 1.9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/remote/read_request.h"
#include "server/remote/read_results.h"
#include "storage/api/querier.h"
#include "storage/model/labels.h"

namespace vigia::server {

// Thread-compatible.
class ChunkStream {
 public:
  // A frame ends with the chunk that passes `max_frame_bytes`. `storage` outlives the stream.
  ChunkStream(const storage::Queryable& storage, std::vector<ReadQuery> queries, storage::Labels external_labels,
              std::size_t max_frame_bytes)
      : storage_(storage),
        queries_(std::move(queries)),
        external_labels_(std::move(external_labels)),
        max_frame_bytes_(max_frame_bytes) {}

  // Appends the next frames: those of at least one series, if there is one. False: that was all.
  storage::Result<bool> Next(std::string& out);

 private:
  storage::Status AppendSeries(const ReadResults::Series& series, std::string& out);
  void AppendChunk(std::string_view data, std::uint8_t type, storage::TimestampMs min, storage::TimestampMs max,
                   const ReadResults::Series& series, std::string& out);
  void EndFrame(std::string& out);

  const storage::Queryable& storage_;
  const std::vector<ReadQuery> queries_;
  const storage::Labels external_labels_;
  const std::size_t max_frame_bytes_;
  storage::ReadBuffer buffer_;
  std::size_t query_ = 0;               // That is being answered.
  std::optional<ReadResults> results_;  // Of it.
  std::size_t next_ = 0;                // Series of results_.
  std::string frame_;                   // The message ChunkedSeries so far.
};

// CRC-32C (Castagnoli).
std::uint32_t Crc32c(std::string_view bytes);

}  // namespace vigia::server
