// A whole file as text, with the limit that hostile or mistaken paths need. Internal to the room.
#pragma once

#include <string>

#include "storage/model/error.h"

namespace vigia::config {

// kIo with the reason of the system; kLimit beyond what a YAML document may have.
storage::Result<std::string> ReadWholeFile(const std::string& path);

}  // namespace vigia::config
