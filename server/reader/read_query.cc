#include "server/reader/read_query.h"

#include <algorithm>

#include "server/wire/wire_writer.h"

namespace vigia::server {
namespace {

std::uint64_t NumberOf(storage::MatchType type) {
  switch (type) {
    case storage::MatchType::kEqual: return 0;
    case storage::MatchType::kNotEqual: return 1;
    case storage::MatchType::kRegex: return 2;
    case storage::MatchType::kNotRegex: return 3;
  }
  return 0;
}

void PutText(std::string& out, std::uint32_t field, std::string_view text) {
  if (!text.empty()) PutBytesField(out, field, text);
}

void PutNumber(std::string& out, std::uint32_t field, std::int64_t number) {
  if (number != 0) PutIntField(out, field, number);
}

std::string EncodeHints(const RemoteQuery& query) {
  const storage::SelectHints& hints = query.hints;
  std::string out;
  PutNumber(out, 1, hints.step_ms);
  PutText(out, 2, hints.function);
  PutNumber(out, 3, std::max(hints.start_ms, query.start_ms));
  PutNumber(out, 4, std::min(hints.end_ms, query.end_ms));
  for (const std::string& name : hints.grouping) PutBytesField(out, 5, name);
  if (hints.by) PutVarintField(out, 6, 1);
  PutNumber(out, 7, hints.range_ms);
  return out;
}

}  // namespace

std::string EncodeReadRequest(const RemoteQuery& query) {
  std::string body;
  PutNumber(body, 1, query.start_ms);
  PutNumber(body, 2, query.end_ms);
  for (const storage::Matcher& matcher : query.matchers) {
    std::string message;
    PutNumber(message, 1, static_cast<std::int64_t>(NumberOf(matcher.type())));
    PutText(message, 2, matcher.name());
    PutText(message, 3, matcher.value());
    PutBytesField(body, 3, message);
  }
  PutBytesField(body, 4, EncodeHints(query));
  std::string out;
  PutBytesField(out, 1, body);
  PutBytesField(out, 2, std::string_view("\x01\x00", 2));  // STREAMED_XOR_CHUNKS, SAMPLES.
  return out;
}

}  // namespace vigia::server
