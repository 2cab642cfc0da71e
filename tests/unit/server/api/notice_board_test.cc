#include "server/api/notice_board.h"

#include "server/api/notices_api.h"
#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;

namespace {

struct Fixture {
  Fixture() { RegisterNoticesApi(router, board); }
  Response Get(const std::string& path, std::stop_token gone = {}) {
    Request request;
    request.method = "GET";
    request.path = path;
    request.gone = std::move(gone);
    return (*router.Find("GET", path).handler)(request);
  }
  std::int64_t now_ms = 1'435'781'451'781;
  storage::Registry registry;
  NoticeBoard board{[this] { return now_ms; }, registry, 2};
  Router router;
};

constexpr const char* kLive = "/api/v1/notifications/live";
constexpr const char* kFailed =
    R"({"text":"Configuration reload has failed.","date":"2015-07-01T20:10:51.781Z","active":true})";

}  // namespace

TEST_CASE("what is active is listed") {
  Fixture fixture;
  CHECK(fixture.Get("/api/v1/notifications").body == R"({"status":"success","data":[]})");
  fixture.board.Set(NoticeBoard::kReloadFailed, true);
  fixture.now_ms += 5;
  fixture.board.Set(NoticeBoard::kReloadFailed, true);  // Still: nothing new.
  CHECK(fixture.Get("/api/v1/notifications").body == std::string(R"({"status":"success","data":[)") + kFailed + "]}");
  fixture.board.Set(NoticeBoard::kReloadFailed, false);
  CHECK(fixture.board.Active().empty());
}

// surface.md 1.5: `data: {one notification}` and an empty line.
TEST_CASE("events as they happen, beginning with what is active") {
  Fixture fixture;
  fixture.board.Set(NoticeBoard::kReloadFailed, true);
  std::stop_source gone;
  Response live = fixture.Get(kLive, gone.get_token());
  CHECK(live.status == 200);
  CHECK(live.content_type == "text/event-stream");
  std::string out;
  CHECK(live.source(out));
  CHECK(out == std::string(":\n\ndata: ") + kFailed + "\n\n");
  out.clear();
  CHECK(live.source(out));
  CHECK(out.empty());
  fixture.board.Set(NoticeBoard::kReloadFailed, false);
  CHECK(live.source(out));
  CHECK(out.find(R"("active":false})") != std::string::npos);
  gone.request_stop();
  CHECK(!live.source(out));
}

TEST_CASE("no more subscribers than allowed, and 204 for the others") {
  Fixture fixture;
  Response first = fixture.Get(kLive);
  Response second = fixture.Get(kLive);
  CHECK(second.source != nullptr);
  CHECK(fixture.Get(kLive).status == 204);
  second.source = nullptr;
  CHECK(fixture.Get(kLive).source != nullptr);
}

TEST_CASE("a subscriber that does not listen keeps the newest") {
  Fixture fixture;
  const auto subscription = fixture.board.Subscribe();
  for (int i = 0; i < 100; ++i) fixture.board.Set(NoticeBoard::kReloadFailed, i % 2 == 0);
  const auto news = subscription->Take();
  CHECK(news.size() == 64);
  CHECK(!news.back().active);
}
