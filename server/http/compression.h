// gzip and deflate (in its zlib wrapper, as HTTP means the word), whole and streamed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/model/error.h"

namespace vigia::server {

enum class Coding { kGzip, kDeflate };

std::string_view CodingName(Coding coding);  // "gzip", "deflate".

// The first of the two that an Accept-Encoding header names and does not weigh with 0; none: send as is.
std::optional<Coding> ChooseCoding(std::string_view accept_encoding);

// Coding of a Content-Encoding header, if it is one of the two (or "x-gzip").
std::optional<Coding> CodingOf(std::string_view content_encoding);

// Keeps its working memory (about 1 MB) between bodies. Not thread-safe: one a thread.
class Compressor {
 public:
  Compressor();
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  std::string Compress(Coding coding, std::string_view body);

 private:
  struct Deleter {
    void operator()(void* compressor) const;
  };
  std::unique_ptr<void, Deleter> compressor_;
};

// Undoes a body. kLimit «body size limit exceeded» when it grows beyond `max_bytes` (0: no limit), before memory for
// more is taken; kInvalid when the bytes are not that coding, end early, or go on after the end.
storage::Result<std::string> Decompress(Coding coding, std::string_view body, std::size_t max_bytes);

// Compresses a body of unknown length. Not thread-safe.
class StreamCompressor {
 public:
  explicit StreamCompressor(Coding coding);
  ~StreamCompressor();
  StreamCompressor(const StreamCompressor&) = delete;
  StreamCompressor& operator=(const StreamCompressor&) = delete;

  enum class Flush { kNone, kFinish };
  // Appends to `out` what is ready; kFinish: everything. Nothing may be written after kFinish.
  void Write(std::string_view piece, Flush flush, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vigia::server
