// /notifications, and /notifications/live: the same as server-sent events (surface.md 1.5).
#pragma once

#include "server/api/notice_board.h"
#include "server/http/router.h"

namespace vigia::server {

// The board outlives the router and every answer.
void RegisterNoticesApi(Router& router, NoticeBoard& board);

}  // namespace vigia::server
