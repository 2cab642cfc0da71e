#include "server/http/head.h"

#include <ctime>

#include <fmt/format.h>

#include "server/http/client.h"

namespace vigia::server {
namespace {

void AppendField(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  for (const char c : value) head.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
  head.append("\r\n");
}

}  // namespace

std::string FormatHttpDate(std::int64_t unix_seconds) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = unix_seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                     utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string FormatHead(const Answer& answer, const Framing& framing, const std::string& server_header) {
  const bool http11 = framing.version == RawRequest::Version::kHttp11;
  std::string head = fmt::format("HTTP/1.{} {} {}\r\n", http11 ? 1 : 0, answer.status, StatusText(answer.status));
  for (const auto& [name, value] : answer.headers) AppendField(head, name, value);
  AppendField(head, "Date", FormatHttpDate(std::time(nullptr)));
  if (!server_header.empty()) AppendField(head, "Server", server_header);
  if (framing.chunked) AppendField(head, "Transfer-Encoding", "chunked");
  if (framing.length.has_value()) AppendField(head, "Content-Length", std::to_string(*framing.length));
  if (!framing.keep_alive) {
    AppendField(head, "Connection", "close");
  } else if (!http11) {
    AppendField(head, "Connection", "keep-alive");
  }
  head.append("\r\n");
  return head;
}

}  // namespace vigia::server
