// Writes JSON at the end of a string, piece by piece, with no tree in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/json/number.h"

namespace vigia::server {

// kGo: as Go's encoding/json does, '<', '>', '&' become \u003c, \u003e, \u0026 so that the text may stand inside HTML.
// kPlain: these stay as they are; Prometheus does so for the label names and values of query results.
enum class JsonEscape { kGo, kPlain };

// Appends `text` quoted and escaped. Bytes that are not UTF-8 become \ufffd; kGo escapes U+2028 and U+2029, too.
void AppendJsonString(std::string& out, std::string_view text, JsonEscape escape = JsonEscape::kGo);

// Copies `text` to `to` if kPlain leaves it as it is; else false, and what is in `to` means nothing. Writes no more
// than the text's size.
bool CopyPlainText(std::string_view text, char* to);

// Puts the commas. The caller keeps Begin/End paired and gives every member of an object a Key first; nothing checks
// that. Thread-compatible. `out` must outlive the writer; between calls the caller may take away what is already
// written.
//   JsonWriter json(out);
//   json.BeginObject().Key("status").String("success").Key("data").BeginArray().EndArray().EndObject();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out, JsonEscape escape = JsonEscape::kGo) : out_(out), escape_(escape) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view name);
  JsonWriter& String(std::string_view text) { return String(text, escape_); }
  JsonWriter& String(std::string_view text, JsonEscape escape);
  JsonWriter& Bool(bool flag);
  JsonWriter& Null();
  JsonWriter& Int(std::int64_t number);
  JsonWriter& Uint(std::uint64_t number);
  JsonWriter& Double(double number);                        // As Go writes a float64; NaN and infinities become null.
  JsonWriter& SampleValue(double value);                    // Quoted, see number.h: "1.5", "NaN".
  JsonWriter& TimestampSeconds(std::int64_t timestamp_ms);  // Number: 1435781451.781.
  JsonWriter& Raw(std::string_view json);                   // One finished JSON value.

  // Key and value in one.
  JsonWriter& Field(std::string_view name, std::string_view text) { return Key(name).String(text); }

  std::string& out() { return out_; }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate() {
    if (need_comma_) out_.push_back(',');
    need_comma_ = true;
  }

  std::string& out_;
  const JsonEscape escape_;
  bool need_comma_ =
      false;  // Whether a value was written before at this depth; enough, for depth only changes by brackets.
};

}  // namespace vigia::server
