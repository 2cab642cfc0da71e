#include "server/http/compression.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <new>

#include <libdeflate.h>
#include <zlib.h>

#include "server/http/text.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;

// Query results shrink ten times at this level already; higher ones cost more time than they save on a local network.
constexpr int kLevel = 4;
constexpr int kZlibWindow = 15;
constexpr int kGzipWindow = 15 + 16;     // zlib's way to ask for a gzip wrapper.
constexpr std::size_t kMaxRatio = 1032;  // Deflate cannot shrink more.

int WindowBits(Coding coding) { return coding == Coding::kGzip ? kGzipWindow : kZlibWindow; }

Error LimitError() { return {Errc::kLimit, "body size limit exceeded"}; }

// zlib takes pointers to mutable bytes that it does not change.
Bytef* Input(std::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

// Decodes a gzip body of one member whose trailer tells a size worth believing; nothing: take the slow path.
std::optional<std::string> DecompressKnownSize(std::string_view body, std::size_t max_bytes) {
  constexpr std::size_t kSmallestMember = 18;
  if (body.size() < kSmallestMember) return std::nullopt;
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size |= static_cast<std::uint32_t>(static_cast<unsigned char>(body[body.size() - 4 + i])) << (8 * i);
  }
  if (size > body.size() * kMaxRatio || (max_bytes != 0 && size > max_bytes)) return std::nullopt;
  std::string out(size, '\0');
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  if (decompressor == nullptr) return std::nullopt;
  std::size_t used = 0;
  std::size_t made = 0;
  const libdeflate_result result =
      libdeflate_gzip_decompress_ex(decompressor.get(), body.data(), body.size(), out.data(), out.size(), &used, &made);
  if (result != LIBDEFLATE_SUCCESS || used != body.size() || made != size) return std::nullopt;
  return out;
}

storage::Result<std::string> Inflate(z_stream& stream, Coding coding, std::string_view body, std::size_t max_bytes) {
  std::string out;
  stream.next_in = Input(body);
  stream.avail_in = static_cast<uInt>(body.size());
  while (true) {
    const std::size_t have = out.size();
    // One byte beyond the limit is room enough to see that it is exceeded.
    const std::size_t room = max_bytes == 0 ? SIZE_MAX : max_bytes + 1 - have;
    const std::size_t step = std::min(room, std::clamp<std::size_t>(have, 16 * 1024, 1 << 20));
    out.resize(have + step);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + have);
    stream.avail_out = static_cast<uInt>(step);
    const int result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (max_bytes != 0 && out.size() > max_bytes) return LimitError();
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return out;
      if (coding != Coding::kGzip || inflateReset(&stream) != Z_OK) break;  // gzip bodies may have several members.
    } else if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
      break;
    }
  }
  return Error{Errc::kInvalid, std::string(CodingName(coding)) + ": invalid or truncated data"};
}

}  // namespace

std::string_view CodingName(Coding coding) { return coding == Coding::kGzip ? "gzip" : "deflate"; }

std::optional<Coding> ChooseCoding(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    std::string_view item = CutUntil(accept_encoding, ',');
    const std::string_view name = TrimBlanks(CutUntil(item, ';'));
    std::string_view weight = TrimBlanks(item);
    if (weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string_view::npos) continue;
    if (EqualsIgnoringCase(name, "gzip")) return Coding::kGzip;
    if (EqualsIgnoringCase(name, "deflate")) return Coding::kDeflate;
  }
  return std::nullopt;
}

std::optional<Coding> CodingOf(std::string_view content_encoding) {
  const std::string_view name = TrimBlanks(content_encoding);
  if (EqualsIgnoringCase(name, "gzip") || EqualsIgnoringCase(name, "x-gzip")) return Coding::kGzip;
  if (EqualsIgnoringCase(name, "deflate")) return Coding::kDeflate;
  return std::nullopt;
}

void Compressor::Deleter::operator()(void* compressor) const {
  libdeflate_free_compressor(static_cast<libdeflate_compressor*>(compressor));
}

Compressor::Compressor() : compressor_(libdeflate_alloc_compressor(kLevel)) {
  if (compressor_ == nullptr) throw std::bad_alloc();
}

Compressor::~Compressor() = default;

std::string Compressor::Compress(Coding coding, std::string_view body) {
  auto* const compressor = static_cast<libdeflate_compressor*>(compressor_.get());
  const bool gzip = coding == Coding::kGzip;
  const auto bound = gzip ? &libdeflate_gzip_compress_bound : &libdeflate_zlib_compress_bound;
  const auto compress = gzip ? &libdeflate_gzip_compress : &libdeflate_zlib_compress;
  std::string out(bound(compressor, body.size()), '\0');
  const std::size_t size = compress(compressor, body.data(), body.size(), out.data(), out.size());
  assert(size > 0);
  out.resize(size);
  return out;
}

storage::Result<std::string> Decompress(Coding coding, std::string_view body, std::size_t max_bytes) {
  if (coding == Coding::kGzip) {
    if (std::optional<std::string> out = DecompressKnownSize(body, max_bytes)) return *std::move(out);
  }
  if (body.size() > UINT32_MAX) return LimitError();
  z_stream stream{};
  if (inflateInit2(&stream, WindowBits(coding)) != Z_OK) return Error{Errc::kInternal, "inflateInit2 failed"};
  auto result = Inflate(stream, coding, body, max_bytes);
  inflateEnd(&stream);
  return result;
}

struct StreamCompressor::State {
  z_stream stream{};
};

StreamCompressor::StreamCompressor(Coding coding) : state_(std::make_unique<State>()) {
  constexpr int kMemLevel = 8;
  if (deflateInit2(&state_->stream, kLevel, Z_DEFLATED, WindowBits(coding), kMemLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

StreamCompressor::~StreamCompressor() { deflateEnd(&state_->stream); }

void StreamCompressor::Write(std::string_view piece, Flush flush, std::string& out) {
  z_stream& stream = state_->stream;
  constexpr std::size_t kStep = 32 * 1024;
  bool done = false;
  while (!done) {
    const std::string_view part = piece.substr(0, 1 << 30);
    piece.remove_prefix(part.size());
    const int mode = flush == Flush::kFinish && piece.empty() ? Z_FINISH : Z_NO_FLUSH;
    stream.next_in = Input(part);
    stream.avail_in = static_cast<uInt>(part.size());
    do {
      const std::size_t have = out.size();
      out.resize(have + kStep);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + have);
      stream.avail_out = kStep;
      [[maybe_unused]] const int result = deflate(&stream, mode);
      assert(result != Z_STREAM_ERROR);
      out.resize(out.size() - stream.avail_out);
    } while (stream.avail_out == 0);
    done = piece.empty();
  }
}

}  // namespace vigia::server
