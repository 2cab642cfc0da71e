#include "server/reader/read_answer.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/reader/chunk_decoder.h"
#include "server/remote/chunk_stream.h"
#include "server/remote/snappy_block.h"
#include "server/remote/wire_labels.h"
#include "server/remote/wire_samples.h"
#include "server/wire/wire_reader.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

Error Malformed(std::string_view why) {
  return {Errc::kInvalid, fmt::format("unable to unmarshal response body: {}", why)};
}

// The labels of a message whose labels are field 1, written out as LabelParser reads them.
Result<storage::Labels> LabelsOf(std::string_view message, LabelParser& parser) {
  std::string wire;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.field() != 1 || !reader.Expect(WireType::kBytes)) continue;
    wire.push_back('\x0a');
    storage::PutVarint(wire, reader.bytes().size());
    wire.append(reader.bytes());
  }
  if (reader.error() != nullptr) return Malformed(reader.error());
  // Series of a remote may lack a name, as the results of its rules do.
  ParsedLabels parsed = parser.ParseExemplar(wire);
  switch (parsed.fault) {
    case LabelFault::kNone: return std::move(parsed.labels);
    case LabelFault::kMalformed: return Malformed("labels");
    case LabelFault::kInvalid: return Malformed("invalid labels " + parsed.text);
    case LabelFault::kDuplicate: return Malformed("duplicate label name " + storage::Quoted(parsed.duplicate_name));
  }
  return Malformed("labels");
}

class Sampled {
 public:
  explicit Sampled(AnswerMemory& memory) : memory_(memory) {}

  Status AddSeries(std::string_view message) {
    auto labels = LabelsOf(message, parser_);
    if (labels.has_error()) return labels.error();
    SeriesRead series{*std::move(labels), {}};
    WireReader reader(message);
    while (reader.Next()) {
      if (reader.field() != 2 && reader.field() != 4) continue;
      if (!reader.Expect(WireType::kBytes)) break;
      if (Status status = memory_.AddSamples(1); status.has_error()) return status;
      Status status = reader.field() == 2 ? AddSample(reader.bytes(), series) : AddHistogram(reader.bytes(), series);
      if (status.has_error()) return status;
    }
    if (reader.error() != nullptr) return Malformed(reader.error());
    out_.push_back(std::move(series));
    return {};
  }

  std::vector<SeriesRead> Take() { return std::move(out_); }

 private:
  Status AddSample(std::string_view bytes, SeriesRead& series) {
    storage::Sample sample;
    storage::TimestampMs start = 0;
    if (const char* error = DecodeSample(bytes, sample, start); error != nullptr) return Malformed(error);
    series.samples.Add(sample.t, sample.v);
    return {};
  }
  Status AddHistogram(std::string_view bytes, SeriesRead& series) {
    WireHistogram histogram;
    if (const char* error = DecodeHistogram(bytes, histogram); error != nullptr) return Malformed(error);
    if (!histogram.fault.empty()) return Malformed(histogram.fault);
    storage::HistogramPtr h = std::move(histogram.h);
    if (Status status = memory_.AddHistograms(std::span(&h, 1)); status.has_error()) return status;
    series.samples.AddHistogram(histogram.t, std::move(h));
    return {};
  }

  AnswerMemory& memory_;
  LabelParser parser_;
  std::vector<SeriesRead> out_;
};

class Chunked {
 public:
  explicit Chunked(AnswerMemory& memory) : memory_(memory) {}

  Status AddFrame(std::string_view message) {
    WireReader reader(message);
    while (reader.Next()) {
      if (reader.field() != 1) continue;
      if (!reader.Expect(WireType::kBytes)) break;
      if (Status status = AddSeries(reader.bytes()); status.has_error()) return status;
    }
    return reader.error() == nullptr ? Status() : Status(Malformed(reader.error()));
  }

  std::vector<SeriesRead> Take() { return std::move(out_); }

 private:
  // A large series comes in several frames, one after the other.
  Status AddSeries(std::string_view message) {
    auto labels = LabelsOf(message, parser_);
    if (labels.has_error()) return labels.error();
    if (out_.empty() || out_.back().labels != *labels) out_.push_back({*std::move(labels), {}});
    WireReader reader(message);
    while (reader.Next()) {
      if (reader.field() != 2) continue;
      if (!reader.Expect(WireType::kBytes)) break;
      if (Status status = AddChunk(reader.bytes(), out_.back().samples); status.has_error()) return status;
    }
    return reader.error() == nullptr ? Status() : Status(Malformed(reader.error()));
  }

  Status AddChunk(std::string_view message, SamplesRead& samples) {
    std::uint64_t encoding = 0;
    std::string_view data;
    WireReader reader(message);
    while (reader.Next()) {
      if (reader.field() == 3 && reader.Expect(WireType::kVarint)) encoding = reader.number();
      if (reader.field() == 4 && reader.Expect(WireType::kBytes)) data = reader.bytes();
    }
    if (reader.error() != nullptr) return Malformed(reader.error());
    return DecodeChunk(encoding, data, memory_, samples);
  }

  AnswerMemory& memory_;
  LabelParser parser_;
  std::vector<SeriesRead> out_;
};

// Cuts one frame off: its length as a varint, the checksum of the message, the message.
Result<std::string_view> NextFrame(std::string_view& body, const AnswerLimits& limits) {
  WireReader reader(body);
  std::uint64_t size = 0;
  if (!reader.Varint(size)) return Error{Errc::kInvalid, "unexpected EOF"};
  if (size > limits.frame_bytes) {
    return Error{Errc::kLimit, fmt::format("chunkedReader: message size exceeded the limit {} bytes; got: {} bytes",
                                           limits.frame_bytes, size)};
  }
  body.remove_prefix(static_cast<std::size_t>(reader.position() - body.data()));
  constexpr std::size_t kChecksumBytes = 4;
  if (body.size() < kChecksumBytes || body.size() - kChecksumBytes < size) {
    return Error{Errc::kInvalid, "unexpected EOF"};
  }
  std::uint32_t checksum = 0;
  for (std::size_t i = 0; i < kChecksumBytes; ++i) checksum = checksum << 8 | static_cast<unsigned char>(body[i]);
  const std::string_view message = body.substr(kChecksumBytes, size);
  if (Crc32c(message) != checksum) return Error{Errc::kInvalid, "chunkedReader: corrupted frame; checksum mismatch"};
  body.remove_prefix(kChecksumBytes + size);
  return message;
}

}  // namespace

Result<std::vector<SeriesRead>> DecodeSampledAnswer(std::string_view body, const AnswerLimits& limits,
                                                    AnswerMemory& memory) {
  DecodeBuffer buffer;
  const auto plain = DecodeSnappyBlock(body, limits.message_bytes, buffer);
  if (plain.has_error()) return Prefixed(plain.error(), "error reading response");
  if (const Status status = memory.AddPassing(plain->size()); status.has_error()) return status.error();
  Sampled out(memory);
  std::size_t results = 0;
  WireReader reader(*plain);
  while (reader.Next()) {
    if (reader.field() != 1 || !reader.Expect(WireType::kBytes)) continue;
    ++results;
    WireReader result(reader.bytes());
    while (result.Next()) {
      if (result.field() != 1 || !result.Expect(WireType::kBytes)) continue;
      if (const Status status = out.AddSeries(result.bytes()); status.has_error()) return status.error();
    }
    if (result.error() != nullptr) return Malformed(result.error());
  }
  if (reader.error() != nullptr) return Malformed(reader.error());
  if (results != 1) return Error{Errc::kInvalid, fmt::format("responses: want 1, got {}", results)};
  return out.Take();
}

Result<std::vector<SeriesRead>> DecodeChunkedAnswer(std::string_view body, const AnswerLimits& limits,
                                                    AnswerMemory& memory) {
  Chunked out(memory);
  while (!body.empty()) {
    const auto message = NextFrame(body, limits);
    if (message.has_error()) return message.error();
    if (const Status status = out.AddFrame(*message); status.has_error()) return status.error();
  }
  return out.Take();
}

}  // namespace vigia::server
