#include "server/remote/read_request.h"

#include <algorithm>
#include <optional>
#include <string>

#include "server/wire/wire_reader.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;

std::optional<storage::MatchType> MatchTypeOf(std::uint64_t number) {
  switch (number) {
    case 0: return storage::MatchType::kEqual;
    case 1: return storage::MatchType::kNotEqual;
    case 2: return storage::MatchType::kRegex;
    case 3: return storage::MatchType::kNotRegex;
    default: return std::nullopt;
  }
}

// Far from the ends of the type, as all times within the server.
storage::TimestampMs TimeOf(std::uint64_t number) {
  return std::clamp(static_cast<storage::TimestampMs>(number), storage::kMinTimestampMs, storage::kMaxTimestampMs);
}

storage::Result<storage::Matcher> DecodeMatcher(std::string_view bytes) {
  std::uint64_t type = 0;
  std::string name;
  std::string value;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1 && reader.Expect(WireType::kVarint)) type = reader.number();
    if (reader.field() == 2 && reader.Expect(WireType::kBytes)) name = reader.bytes();
    if (reader.field() == 3 && reader.Expect(WireType::kBytes)) value = reader.bytes();
  }
  if (reader.error() != nullptr) return Error{Errc::kInvalid, reader.error()};
  const auto known = MatchTypeOf(type);
  if (!known) return Error{Errc::kInvalid, "invalid matcher type"};
  return storage::Matcher::Create(*known, std::move(name), std::move(value));
}

storage::Result<ReadQuery> DecodeQuery(std::string_view bytes) {
  ReadQuery query;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1 && reader.Expect(WireType::kVarint)) query.start_ms = TimeOf(reader.number());
    if (reader.field() == 2 && reader.Expect(WireType::kVarint)) query.end_ms = TimeOf(reader.number());
    if (reader.field() == 3 && reader.Expect(WireType::kBytes)) {
      auto matcher = DecodeMatcher(reader.bytes());
      if (!matcher) return matcher.error();
      query.matchers.push_back(std::move(*matcher));
    }
  }
  if (reader.error() != nullptr) return Error{Errc::kInvalid, reader.error()};
  return query;
}

// An enum list: packed or one by one.
class ResponseTypes {
 public:
  void Add(std::uint64_t number) {
    if (chosen_ || number > 1) return;
    chosen_ = static_cast<ReadResponseType>(number);
  }
  bool AddField(WireReader& reader) {
    if (reader.type() == WireType::kVarint) {
      Add(reader.number());
      return true;
    }
    if (!reader.Expect(WireType::kBytes)) return false;
    WireReader packed(reader.bytes());
    for (std::uint64_t number = 0; !packed.AtEnd() && packed.Varint(number);) Add(number);
    return packed.error() == nullptr || reader.Fail(packed.error());
  }
  ReadResponseType chosen() const { return chosen_.value_or(ReadResponseType::kSamples); }

 private:
  std::optional<ReadResponseType> chosen_;
};

}  // namespace

storage::Result<ReadRequest> DecodeReadRequest(std::string_view message) {
  ReadRequest request;
  ResponseTypes types;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 2) static_cast<void>(types.AddField(reader));
    if (reader.field() != 1 || !reader.Expect(WireType::kBytes)) continue;
    if (request.queries.size() == kMaxReadQueries) return Error{Errc::kInvalid, "too many queries in one request"};
    auto query = DecodeQuery(reader.bytes());
    if (!query) return query.error();
    request.queries.push_back(std::move(*query));
  }
  if (reader.error() != nullptr) return Error{Errc::kInvalid, reader.error()};
  request.response_type = types.chosen();
  return request;
}

}  // namespace vigia::server
