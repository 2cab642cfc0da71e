#include "server/api/notices_api.h"

#include "server/api/envelope.h"
#include "server/json/rfc3339.h"

namespace vigia::server {
namespace {

void AppendNotice(JsonWriter& json, const Notice& notice) {
  json.BeginObject().Field("text", notice.text).Field("date", FormatRfc3339Ms(notice.since_ms));
  json.Key("active").Bool(notice.active).EndObject();
}

Response List(const NoticeBoard& board) {
  std::string data;
  JsonWriter json(data);
  json.BeginArray();
  for (const Notice& notice : board.Active()) AppendNotice(json, notice);
  json.EndArray();
  return ApiSuccess(data);
}

Response Live(NoticeBoard& board, const std::stop_token& gone) {
  const auto subscription = board.Subscribe();
  if (subscription == nullptr) return NoContent();
  Response response;
  response.content_type = "text/event-stream";
  response.headers.Set("Cache-Control", "no-cache");
  response.source = [subscription, gone, first = true](std::string& out) mutable {
    // A comment lets the client know at once that it is connected.
    if (std::exchange(first, false)) out += ":\n\n";
    for (const Notice& notice : subscription->Take()) {
      out += "data: ";
      JsonWriter json(out);
      AppendNotice(json, notice);
      out += "\n\n";
    }
    return !gone.stop_requested();
  };
  return response;
}

}  // namespace

void RegisterNoticesApi(Router& router, NoticeBoard& board) {
  router.Add({"GET"}, "/api/v1/notifications", [&board](const Request&) { return List(board); });
  router.Add({"GET"}, "/api/v1/notifications/live", [&board](const Request& http) { return Live(board, http.gone); });
}

}  // namespace vigia::server
