// What proves to a server who asks, when a header that stays the same cannot: tokens that are fetched, signatures.
#pragma once

#include <chrono>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "server/http/client.h"
#include "server/http/url.h"
#include "storage/model/error.h"

namespace vigia::server {

// Thread-safe; shared by all requests of a client.
class RequestAuth {
 public:
  virtual ~RequestAuth() = default;

  // Adds headers to a request that is about to go to `url`, whose path it may bring into another form. Called for each
  // hop to the host that was asked first, never for others. `executor` is the client's, for requests of its own, which
  // end with `request.stop` and at `deadline`.
  virtual boost::asio::awaitable<storage::Status> Authorize(boost::asio::any_io_executor executor, Url& url,
                                                            HttpRequest& request,
                                                            std::chrono::steady_clock::time_point deadline) = 0;

  // `refused`, as Authorize() left it, was answered 401. True: send it once more, authorized anew.
  virtual bool Renew(const HttpRequest& refused) = 0;
};

}  // namespace vigia::server
