// What servers answer that are asked: remote read, tokens. And metadata of remote write.
#include "server/reader/chunk_decoder.h"
#include "server/reader/read_answer.h"
#include "server/remote/chunk_stream.h"
#include "server/remote/chunks.h"
#include "server/remote/metadata_store.h"
#include "server/remote/wire_encode.h"
#include "server/wire/wire_writer.h"
#include "tests/fuzz/decoders/target.h"

namespace vigia::fuzz {
namespace {

using namespace vigia::server;

constexpr std::size_t kMaxSamples = 100'000;

std::string FloatChunk() {
  const std::vector<storage::TimestampMs> t{1'000, 16'000, 31'000, 46'500, 1'000'000};
  const std::vector<double> v{1, 1, 2.5, -7, 1e300};
  return EncodeXorChunk(t, v);
}

std::string HistogramChunk(bool integer) {
  storage::FloatHistogram h;
  h.integer = integer;
  h.schema = 2;
  h.zero_threshold = 1e-128;
  h.count = 6;
  h.sum = 4.5;
  h.positive_spans = {{-1, 2}, {3, 1}};
  h.positive_buckets = {1, 2, 3};
  ChunkType type = ChunkType::kXor;
  return EncodeHistogramChunk(5, h, &type);
}

// The first byte is the encoding.
std::vector<std::string> ChunkSeeds() {
  return {"\x01" + FloatChunk(), "\x02" + HistogramChunk(true), "\x03" + HistogramChunk(false)};
}

void RunChunk(std::string_view input) {
  if (input.empty()) return;
  SamplesRead out;
  AnswerMemory memory(kMaxSamples, nullptr);
  const auto status = DecodeChunk(static_cast<unsigned char>(input[0]), input.substr(1), memory, out);
  MUST(out.size() <= kMaxSamples);
  MUST(out.v.size() == out.t.size() && (out.h.empty() || out.h.size() == out.t.size()));
  if (!status) return;
  out.Tidy(0, 1'000'000);
  for (std::size_t i = 1; i < out.size(); ++i) MUST(out.t[i - 1] < out.t[i]);
}

std::vector<std::string> FrameSeeds() {
  std::string series;
  EncodeLabels(series, 1, storage::Labels{{"__name__", "m"}, {"i", "1"}});
  std::string chunk;
  PutVarintField(chunk, 3, 1);
  PutBytesField(chunk, 4, FloatChunk());
  PutBytesField(series, 2, chunk);
  std::string message;
  PutBytesField(message, 1, series);
  return {message};
}

// The checksum would keep changes out: it is made here.
void RunFrame(std::string_view input) {
  std::string body;
  storage::PutVarint(body, input.size());
  const std::uint32_t crc = Crc32c(input);
  for (int shift = 24; shift >= 0; shift -= 8) body.push_back(static_cast<char>(crc >> shift & 0xff));
  body.append(input);
  AnswerMemory memory(kMaxSamples, nullptr);
  const auto series = DecodeChunkedAnswer(body, {}, memory);
  if (!series) return;
  for (const SeriesRead& one : *series) MUST(one.samples.size() <= kMaxSamples);
}

std::vector<std::string> MetadataSeeds() {
  std::string one;
  PutVarintField(one, 1, 3);
  PutBytesField(one, 2, "m");
  PutBytesField(one, 4, "help");
  std::string message;
  PutBytesField(message, 3, one);
  return {message};
}

void RunMetadata(std::string_view input) {
  for (const WriteVersion version : {WriteVersion::kV1, WriteVersion::kV2}) {
    for (const WrittenMetadata& one : MetadataOf(input, version)) MUST(one.type >= 0 && one.type < 8);
  }
}

constexpr Target kTargets[] = {
    {"chunk", &ChunkSeeds, nullptr, &RunChunk},
    {"read_frame", &FrameSeeds, nullptr, &RunFrame},
    {"metadata", &MetadataSeeds, nullptr, &RunMetadata},
};

}  // namespace

std::span<const Target> ReaderTargets() { return kTargets; }

}  // namespace vigia::fuzz
