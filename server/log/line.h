// Text of one log line. Internal to the room.
#pragma once

#include <string>
#include <string_view>

#include "server/log/log.h"

namespace vigia::server {

// Appends " key=value" (logfmt) or ",\"key\":value" (JSON).
void AppendLogField(std::string& line, LogFormat format, std::string_view key, const LogValue& value);

// Quotes when Go's slog would: empty, blanks, '=', '"', or anything that is not printable.
void AppendLogfmtText(std::string& line, std::string_view text);

}  // namespace vigia::server
