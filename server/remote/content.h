// What a remote write request says it is, by its headers.
#pragma once

#include <string_view>

#include "storage/model/error.h"

namespace vigia::server {

enum class WriteVersion { kV1, kV2 };

// Of a Content-Type. Empty or without a proto parameter: version 1. kInvalid with the text for the client.
storage::Result<WriteVersion> WriteVersionOf(std::string_view content_type);

// The name of the version's message, as in the proto parameter.
std::string_view MessageName(WriteVersion version);

// Snappy, which is also what is meant when there is no Content-Encoding.
bool IsSnappy(std::string_view content_encoding);

}  // namespace vigia::server
