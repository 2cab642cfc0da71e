#include "server/log/line.h"

#include <cmath>

#include <fmt/format.h>

#include "server/json/writer.h"

namespace vigia::server {
namespace {

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char ch : text) {
    const auto c = static_cast<unsigned char>(ch);
    if (c <= ' ' || c == '=' || c == '"' || c == 0x7f) return true;
  }
  return false;
}

void AppendNumber(std::string& line, LogFormat format, double number) {
  const bool json = format == LogFormat::kJson;
  if (json && !std::isfinite(number)) {
    line.push_back('"');
    AppendSampleValue(line, number);
    line.push_back('"');
  } else {
    AppendSampleValue(line, number);
  }
}

}  // namespace

void AppendLogfmtText(std::string& line, std::string_view text) {
  if (!NeedsQuotes(text)) {
    line.append(text);
    return;
  }
  line.push_back('"');
  for (const char ch : text) {
    const auto c = static_cast<unsigned char>(ch);
    switch (ch) {
      case '"': line.append("\\\""); continue;
      case '\\': line.append("\\\\"); continue;
      case '\n': line.append("\\n"); continue;
      case '\r': line.append("\\r"); continue;
      case '\t': line.append("\\t"); continue;
    }
    if (c < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", c);
    } else {
      line.push_back(ch);
    }
  }
  line.push_back('"');
}

void AppendLogField(std::string& line, LogFormat format, std::string_view key, const LogValue& value) {
  const bool json = format == LogFormat::kJson;
  if (json) {
    line.push_back(',');
    AppendJsonString(line, key, JsonEscape::kPlain);
    line.push_back(':');
  } else {
    line.push_back(' ');
    AppendLogfmtText(line, key);
    line.push_back('=');
  }
  struct Visitor {
    std::string& line;
    LogFormat format;
    void operator()(std::string_view text) const {
      if (format == LogFormat::kJson) {
        AppendJsonString(line, text, JsonEscape::kPlain);
      } else {
        AppendLogfmtText(line, text);
      }
    }
    void operator()(bool flag) const { line.append(flag ? "true" : "false"); }
    void operator()(double number) const { AppendNumber(line, format, number); }
    void operator()(std::int64_t number) const { line.append(fmt::format_int(number).c_str()); }
    void operator()(std::uint64_t number) const { line.append(fmt::format_int(number).c_str()); }
  };
  std::visit(Visitor{line, format}, value.get());
}

}  // namespace vigia::server
