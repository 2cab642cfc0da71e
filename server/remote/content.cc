#include "server/remote/content.h"

#include <fmt/format.h>

namespace vigia::server {
namespace {

constexpr std::string_view kMediaType = "application/x-protobuf";

std::string_view Trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") + 1 - from);
}

// Cuts the part up to the next semicolon off the front of `rest`.
std::string_view NextPart(std::string_view& rest) {
  const std::size_t end = rest.find(';');
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return Trimmed(part);
}

}  // namespace

std::string_view MessageName(WriteVersion version) {
  switch (version) {
    case WriteVersion::kV1: return "prometheus.WriteRequest";
    case WriteVersion::kV2: return "io.prometheus.write.v2.Request";
  }
  return {};
}

storage::Result<WriteVersion> WriteVersionOf(std::string_view content_type) {
  std::string_view rest = Trimmed(content_type);
  if (rest.empty()) return WriteVersion::kV1;
  if (NextPart(rest) != kMediaType) {
    return storage::Error{
        storage::Errc::kInvalid,
        fmt::format("expected {} as the first (media) part, got {} content-type", kMediaType, content_type)};
  }
  while (!rest.empty()) {
    const std::string_view part = NextPart(rest);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || part.find('=', equals + 1) != std::string_view::npos) {
      return storage::Error{
          storage::Errc::kInvalid,
          fmt::format("as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, "
                      "got {} in {} content-type",
                      part, content_type)};
    }
    if (part.substr(0, equals) != "proto") continue;
    const std::string_view name = part.substr(equals + 1);
    for (const WriteVersion version : {WriteVersion::kV1, WriteVersion::kV2}) {
      if (name == MessageName(version)) return version;
    }
    return storage::Error{
        storage::Errc::kInvalid,
        fmt::format("got {} content type; unknown type for remote write protobuf message {}, "
                    "supported: {}, {}",
                    content_type, name, MessageName(WriteVersion::kV1), MessageName(WriteVersion::kV2))};
  }
  return WriteVersion::kV1;
}

bool IsSnappy(std::string_view content_encoding) {
  constexpr std::string_view kSnappy = "snappy";
  if (content_encoding.empty()) return true;
  if (content_encoding.size() != kSnappy.size()) return false;
  for (std::size_t i = 0; i < kSnappy.size(); ++i) {
    if ((content_encoding[i] | 0x20) != kSnappy[i]) return false;
  }
  return true;
}

}  // namespace vigia::server
