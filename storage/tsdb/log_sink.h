// Where storage tells an operator what happened.
#pragma once

#include <functional>
#include <string_view>

namespace vigia::storage {

enum class LogLevel { kInfo, kWarning, kError };

// Called from any thread, also with storage's locks held: it must not call
// storage. Empty: nobody listens.
using LogSink = std::function<void(LogLevel level, std::string_view text)>;

}  // namespace vigia::storage
