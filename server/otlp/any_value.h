// Values of OTLP attributes as text, in the form that the OpenTelemetry collector's pcommon.Value.AsString() gives
// them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigia::server {

// An AnyValue that holds others.
struct OtlpValue {
  enum class Kind : std::uint8_t { kEmpty, kText, kBool, kInt, kDouble, kBytes, kArray, kMap };
  Kind kind = Kind::kEmpty;
  std::string text;  // Of kText and kBytes (raw).
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
  std::vector<OtlpValue> items;                            // Of kArray.
  std::vector<std::pair<std::string, OtlpValue>> entries;  // Of kMap.
};

// Text as it is, true, 12, 1.5, base64 of bytes; lists and maps as JSON with sorted keys; "" of nothing.
std::string ToText(const OtlpValue& value);

// Lower-case hexadecimal.
std::string ToHex(std::string_view bytes);

}  // namespace vigia::server
