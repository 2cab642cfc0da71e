#include "server/reader/read_answer.h"

#include "server/remote/chunk_stream.h"
#include "server/remote/chunks.h"
#include "server/remote/snappy_block.h"
#include "server/remote/wire_encode.h"
#include "storage/bytes/varint.h"
#include "tests/support/catch.h"
#include "tests/support/wire_encoder.h"

using namespace vigia;
using namespace vigia::server;
using namespace vigia::tests;
using storage::Errc;

namespace {

std::string LabelsOf(const storage::Labels& labels) {
  std::string out;
  EncodeLabels(out, 1, labels);
  return out;
}

std::string Sample(storage::TimestampMs t, double v) {
  std::string out;
  EncodeSample(out, t, v);
  return BytesField(2, out);
}

std::string Sampled(const std::string& series) { return EncodeSnappyBlock(BytesField(1, series)); }

std::string XorChunk(const std::vector<storage::TimestampMs>& t, const std::vector<double>& v) {
  return BytesField(2, VarintField(1, static_cast<std::uint64_t>(t.front())) +
                           VarintField(2, static_cast<std::uint64_t>(t.back())) + VarintField(3, 1) +
                           BytesField(4, EncodeXorChunk(t, v)));
}

std::string Frame(const std::string& series) {
  const std::string message = BytesField(1, series);
  std::string out;
  storage::PutVarint(out, message.size());
  const std::uint32_t crc = Crc32c(message);
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(crc >> shift & 0xff));
  return out + message;
}

constexpr std::size_t kMany = 1'000'000;

auto DecodeSampled(std::string_view body, const AnswerLimits& limits, std::size_t max_samples = kMany) {
  AnswerMemory memory(max_samples, nullptr);
  return DecodeSampledAnswer(body, limits, memory);
}

auto DecodeChunked(std::string_view body, const AnswerLimits& limits, std::size_t max_samples = kMany) {
  AnswerMemory memory(max_samples, nullptr);
  return DecodeChunkedAnswer(body, limits, memory);
}

}  // namespace

TEST_CASE("an answer of samples") {
  const std::string one = LabelsOf({{"__name__", "m"}, {"i", "1"}}) + Sample(10, 1.5) + Sample(20, -2);
  const std::string two = LabelsOf({{"i", "2"}}) + Sample(10, 3);  // A remote may have series without a name.
  const auto series = DecodeSampled(Sampled(BytesField(1, one) + BytesField(1, two)), {});
  REQUIRE(series.has_value());
  REQUIRE(series->size() == 2);
  CHECK((*series)[0].labels == storage::Labels{{"__name__", "m"}, {"i", "1"}});
  CHECK((*series)[0].samples.t == std::vector<storage::TimestampMs>{10, 20});
  CHECK((*series)[0].samples.v == std::vector<double>{1.5, -2});
  CHECK((*series)[1].labels == storage::Labels{{"i", "2"}});
  CHECK(DecodeSampled(Sampled(""), {})->empty());
}

TEST_CASE("native histograms in an answer of samples") {
  storage::FloatHistogram h;
  h.integer = true;
  h.count = 3;
  h.sum = 4;
  h.positive_spans = {{0, 2}};
  h.positive_buckets = {1, 2};
  std::string message;
  EncodeHistogramMessage(message, 15, h);
  const auto series =
      DecodeSampled(Sampled(BytesField(1, LabelsOf({{"__name__", "m"}}) + Sample(10, 1) + BytesField(4, message))), {});
  REQUIRE(series.has_value());
  const SamplesRead& samples = (*series)[0].samples;
  REQUIRE(samples.t == std::vector<storage::TimestampMs>{10, 15});
  CHECK(samples.h[0] == nullptr);
  CHECK(samples.h[1]->positive_buckets == std::vector<double>{1, 2});
}

TEST_CASE("an answer of samples that is none") {
  CHECK(DecodeSampled("no snappy", {}).error().what.starts_with("error reading response: "));
  CHECK(DecodeSampled(EncodeSnappyBlock(""), {}).error().what == "responses: want 1, got 0");
  CHECK(
      DecodeSampled(EncodeSnappyBlock("\x0a\x7f"), {}).error().what.starts_with("unable to unmarshal response body: "));
  const std::string twice = LabelsOf({{"a", "1"}}) + LabelsOf({{"a", "2"}});
  CHECK(DecodeSampled(Sampled(BytesField(1, twice)), {}).error().what ==
        "unable to unmarshal response body: duplicate label name \"a\"");
  const std::string two = BytesField(1, LabelsOf({{"a", "1"}}) + Sample(1, 1) + Sample(2, 1));
  CHECK(DecodeSampled(Sampled(two), {}, 1).error().what == "exceeded sample limit (1)");
  AnswerLimits limits;
  limits.message_bytes = 4;
  CHECK(DecodeSampled(Sampled(two), limits).error().code == Errc::kLimit);
}

TEST_CASE("a streamed answer; a series may take several frames") {
  const std::string a = LabelsOf({{"__name__", "m"}, {"i", "1"}});
  const std::string b = LabelsOf({{"__name__", "m"}, {"i", "2"}});
  const auto series = DecodeChunked(Frame(a + XorChunk({10, 20}, {1, 2}) + XorChunk({30}, {3})) +
                                        Frame(a + XorChunk({40}, {4})) + Frame(b + XorChunk({5}, {9})),
                                    {});
  REQUIRE(series.has_value());
  REQUIRE(series->size() == 2);
  CHECK((*series)[0].samples.t == std::vector<storage::TimestampMs>{10, 20, 30, 40});
  CHECK((*series)[0].samples.v == std::vector<double>{1, 2, 3, 4});
  CHECK((*series)[1].samples.v == std::vector<double>{9});
  CHECK(DecodeChunked("", {})->empty());
}

TEST_CASE("a streamed answer that is none") {
  const std::string frame = Frame(LabelsOf({{"a", "1"}}) + XorChunk({10}, {1}));
  for (std::size_t cut = 1; cut < frame.size(); ++cut) {
    CHECK(DecodeChunked(frame.substr(0, cut), {}).error().what == "unexpected EOF");
  }
  for (std::size_t i = 1; i < frame.size(); ++i) {
    std::string changed = frame;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(DecodeChunked(changed, {}).error().what == "chunkedReader: corrupted frame; checksum mismatch");
  }
  AnswerLimits limits;
  limits.frame_bytes = 10;
  CHECK(DecodeChunked(frame, limits)
            .error()
            .what.starts_with("chunkedReader: message size exceeded the limit 10 bytes; got: "));
  CHECK(DecodeChunked(frame + frame, {}, 1).error().code == Errc::kLimit);
}

TEST_CASE("samples are put in order and cut to the time that was asked for") {
  SamplesRead samples;
  for (const auto& [t, v] : {std::pair{30, 3.0}, {10, 1.0}, {20, 2.0}, {20, 9.0}, {40, 4.0}}) samples.Add(t, v);
  samples.AddHistogram(25, std::make_shared<storage::FloatHistogram>());
  samples.Tidy(15, 30);
  CHECK(samples.t == std::vector<storage::TimestampMs>{20, 25, 30});
  CHECK(samples.v == std::vector<double>{2, 0, 3});
  REQUIRE(samples.h.size() == 3);
  CHECK(samples.h[1] != nullptr);
  CHECK(samples.h[2] == nullptr);
}
