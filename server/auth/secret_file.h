// Secrets that stand in files. Internal to the room.
#pragma once

#include <string>

#include "storage/model/error.h"

namespace vigia::server {

// Text of the file without blanks and line ends around it, or `otherwise` when none is named. kIo.
storage::Result<std::string> ReadSecretFile(const std::string& file, const std::string& otherwise);

}  // namespace vigia::server
