#include "server/http/compression.h"

#include "tests/support/catch.h"

namespace vigia::server {
namespace {

std::string Text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += "metric{label=\"" + std::to_string(i * 7919) + "\"} 1\n";
  text.resize(size);
  return text;
}

TEST_CASE("the first usable coding of Accept-Encoding is chosen") {
  CHECK(ChooseCoding("gzip") == Coding::kGzip);
  CHECK(ChooseCoding("deflate, gzip") == Coding::kDeflate);
  CHECK(ChooseCoding("br, GZIP;q=0.8, deflate") == Coding::kGzip);
  CHECK(ChooseCoding("gzip;q=0, deflate") == Coding::kDeflate);
  CHECK(ChooseCoding("gzip; q=0.000") == std::nullopt);
  CHECK(ChooseCoding("gzip;q=0.001") == Coding::kGzip);
  CHECK(ChooseCoding("") == std::nullopt);
  CHECK(ChooseCoding("identity, zstd, xgzip") == std::nullopt);
}

TEST_CASE("compressed bodies come back") {
  Compressor compressor;
  for (const Coding coding : {Coding::kGzip, Coding::kDeflate}) {
    for (const std::size_t size : {0u, 1u, 1000u, 300'000u}) {
      const std::string text = Text(size);
      const std::string packed = compressor.Compress(coding, text);
      CHECK(Decompress(coding, packed, 0).value() == text);
      CHECK(Decompress(coding, packed, size + 1).value() == text);
      if (size > 0) CHECK(Decompress(coding, packed, size).value() == text);
      if (size > 1) CHECK(Decompress(coding, packed, size - 1).error().code == storage::Errc::kLimit);
    }
  }
}

TEST_CASE("a stream of pieces is one compressed body") {
  for (const Coding coding : {Coding::kGzip, Coding::kDeflate}) {
    const std::string text = Text(200'000);
    StreamCompressor stream(coding);
    std::string packed;
    for (std::size_t i = 0; i < text.size(); i += 777) {
      stream.Write(std::string_view(text).substr(i, 777), StreamCompressor::Flush::kNone, packed);
    }
    stream.Write("", StreamCompressor::Flush::kFinish, packed);
    CHECK(packed.size() < text.size() / 2);
    CHECK(Decompress(coding, packed, 0).value() == text);
  }
}

TEST_CASE("gzip bodies may have several members") {
  Compressor compressor;
  const std::string packed = compressor.Compress(Coding::kGzip, "one,") + compressor.Compress(Coding::kGzip, "two");
  CHECK(Decompress(Coding::kGzip, packed, 100).value() == "one,two");
  CHECK(Decompress(Coding::kGzip, packed, 5).error().code == storage::Errc::kLimit);
}

TEST_CASE("a bomb stops at the limit") {
  Compressor compressor;
  const std::string bomb = compressor.Compress(Coding::kGzip, std::string(50'000'000, '0'));
  CHECK(bomb.size() < 100'000);
  CHECK(Decompress(Coding::kGzip, bomb, 1'000'000).error().code == storage::Errc::kLimit);
}

TEST_CASE("damaged bodies are refused") {
  Compressor compressor;
  const std::string good = compressor.Compress(Coding::kGzip, Text(5000));
  for (std::size_t size = 0; size < good.size(); size += 13) {
    CHECK(Decompress(Coding::kGzip, good.substr(0, size), 0).has_error());
  }
  CHECK(Decompress(Coding::kGzip, good + "x", 0).has_error());
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
  CHECK(Decompress(Coding::kGzip, flipped, 0).has_error());
  // A trailer that promises four gigabytes is not believed.
  std::string liar = good;
  liar.replace(liar.size() - 4, 4, "\xff\xff\xff\xff");
  CHECK(Decompress(Coding::kGzip, liar, 0).has_error());
  CHECK(Decompress(Coding::kDeflate, good, 0).has_error());
}

}  // namespace
}  // namespace vigia::server
