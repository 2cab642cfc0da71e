// --web.config.file as the HTTP server wants it: read again whenever it changed.
#pragma once

#include <string>

#include "server/http/web_security.h"

namespace vigia::server {

// Thread-safe. An error is that of the file as it is now; a corrected file works at once.
WebSecuritySource WebSecurityFromFile(std::string path);

}  // namespace vigia::server
