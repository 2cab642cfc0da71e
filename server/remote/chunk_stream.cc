#include "server/remote/chunk_stream.h"

#include <algorithm>
#include <array>

#include "server/remote/chunks.h"
#include "server/remote/wire_encode.h"
#include "server/wire/wire_writer.h"

namespace vigia::server {
namespace {

constexpr std::array<std::uint32_t, 256> MakeCrcTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    table[i] = crc;
  }
  return table;
}

}  // namespace

std::uint32_t Crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = MakeCrcTable();
  std::uint32_t crc = ~0u;
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

storage::Result<bool> ChunkStream::Next(std::string& out) {
  constexpr std::size_t kEnough = 64 * 1024;
  while (query_ < queries_.size()) {
    if (!results_) {
      auto results = ReadResults::Select(storage_, queries_[query_], external_labels_);
      if (!results) return results.error();
      results_.emplace(std::move(*results));
      next_ = 0;
    }
    while (next_ < results_->series().size()) {
      if (auto status = AppendSeries(results_->series()[next_++], out); !status) return status.error();
      if (out.size() >= kEnough) return true;
    }
    results_.reset();
    ++query_;
  }
  return false;
}

storage::Status ChunkStream::AppendSeries(const ReadResults::Series& series, std::string& out) {
  const auto samples = results_->Read(series, buffer_);
  if (!samples) return samples.error();
  const auto is_histogram = [&](std::size_t i) { return !samples->h.empty() && samples->h[i] != nullptr; };
  for (std::size_t i = 0; i < samples->t.size();) {
    if (is_histogram(i)) {
      ChunkType type = ChunkType::kHistogram;
      const std::string data = EncodeHistogramChunk(samples->t[i], *samples->h[i], &type);
      AppendChunk(data, static_cast<std::uint8_t>(type), samples->t[i], samples->t[i], series, out);
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < samples->t.size() && end - i < kSamplesPerChunk && !is_histogram(end)) ++end;
    const std::string data = EncodeXorChunk(samples->t.subspan(i, end - i), samples->v.subspan(i, end - i));
    AppendChunk(data, static_cast<std::uint8_t>(ChunkType::kXor), samples->t[i], samples->t[end - 1], series, out);
    i = end;
  }
  EndFrame(out);
  return {};
}

void ChunkStream::AppendChunk(std::string_view data, std::uint8_t type, storage::TimestampMs min,
                              storage::TimestampMs max, const ReadResults::Series& series, std::string& out) {
  if (frame_.empty()) EncodeLabels(frame_, 1, series.labels);
  std::string chunk;
  PutIntField(chunk, 1, min);
  PutIntField(chunk, 2, max);
  PutVarintField(chunk, 3, type);
  PutBytesField(chunk, 4, data);
  PutBytesField(frame_, 2, chunk);
  if (frame_.size() >= max_frame_bytes_) EndFrame(out);
}

void ChunkStream::EndFrame(std::string& out) {
  if (frame_.empty()) return;
  std::string message;
  PutBytesField(message, 1, frame_);
  PutIntField(message, 2, static_cast<std::int64_t>(query_));
  storage::PutVarint(out, message.size());
  storage::PutKey(out, Crc32c(message));
  out += message;
  frame_.clear();
}

}  // namespace vigia::server
