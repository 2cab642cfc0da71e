// Answers that are taken piece by piece, and servers behind local sockets.
#include <atomic>
#include <filesystem>
#include <stop_token>
#include <thread>

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/http/client.h"
#include "server/http/io_threads.h"
#include "server/http/server.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Status;

// /endless gives "line\n" again and again; /refused is no 200; /large is no 200 and large.
struct Endless {
  Endless() {
    router.Add({"GET"}, "/endless", [](const Request&) {
      Response response;
      response.source = [](std::string& out) {
        out += "line\n";
        return true;
      };
      return response;
    });
    router.Add({"GET"}, "/refused", [](const Request&) {
      Response response;
      response.status = 410;
      response.body = "gone";
      return response;
    });
    router.Add({"GET"}, "/large", [](const Request&) {
      Response response;
      response.status = 500;
      response.body = std::string(4 << 20, 'x');
      return response;
    });
    HttpServerOptions options;
    options.listen = {"127.0.0.1:0"};
    server.emplace(options, router, registry, Logger::Silent());
    REQUIRE(server->Start().has_value());
  }
  HttpRequest Ask(const std::string& path) const {
    HttpRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(server->port()) + path;
    request.accept_gzip = false;
    return request;
  }
  Router router;
  storage::Registry registry;
  std::optional<HttpServer> server;
  IoThreads io{1};
  HttpClient client{io.executor(), ClientOptions()};
};

}  // namespace

TEST_CASE("a body is given in pieces until who takes it has enough") {
  Endless endless;
  std::string taken;
  HttpRequest request = endless.Ask("/endless");
  request.max_body_bytes = 10;  // Does not count.
  request.on_body = [&](std::string_view piece) -> Status {
    taken += piece;
    if (taken.size() >= 100) return Error{Errc::kLimit, "enough"};
    return {};
  };
  const auto response = endless.client.Fetch(std::move(request));
  REQUIRE(response.has_error());
  CHECK(response.error().what == "enough");
  CHECK(taken.starts_with("line\nline\nline\n"));
}

TEST_CASE("an endless body ends with a stop or its time") {
  Endless endless;
  std::stop_source stop;
  HttpRequest stopped = endless.Ask("/endless");
  stopped.stop = stop.get_token();
  stopped.on_body = [&](std::string_view) -> Status {
    stop.request_stop();
    return {};
  };
  CHECK(endless.client.Fetch(std::move(stopped)).error().code == Errc::kCancelled);
  HttpRequest timed = endless.Ask("/endless");
  timed.timeout_ms = 30;
  timed.on_body = [](std::string_view) -> Status { return {}; };
  CHECK(endless.client.Fetch(std::move(timed)).error().code == Errc::kTimeout);
}

TEST_CASE("what is no 200 is kept, up to a limit") {
  Endless endless;
  const auto ask = [&](const std::string& path) {
    HttpRequest request = endless.Ask(path);
    request.on_body = [](std::string_view) -> Status { return Error{Errc::kInternal, "not asked for"}; };
    return endless.client.Fetch(std::move(request));
  };
  const auto refused = ask("/refused");
  REQUIRE(refused.has_value());
  CHECK(refused->status == 410);
  CHECK(refused->body == "gone");
  CHECK(ask("/large").error().code == Errc::kLimit);
}

TEST_CASE("a server behind a local socket") {
  const tests::TempFolder folder;
  const std::string path = folder.Below("s");
  IoThreads io(1);
  ClientOptions options;
  options.unix_socket = path;
  HttpClient client(io.executor(), options);
  HttpRequest request;
  request.url = "http://anything/x";
  CHECK(client.Fetch(request).error().what ==
        "Get \"http://anything/x\": dial unix " + path + ": connect: no such file or directory");
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path.copy(at.sun_path, sizeof(at.sun_path) - 1);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  std::string received(1024, '\0');
  std::thread server([&] {
    const int peer = ::accept(listener, nullptr, nullptr);
    received.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(peer, received.data(), received.size()))));
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    CHECK(::send(peer, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(kAnswer.size()));
    ::close(peer);
  });
  // One request alone may go there, too, past any proxy.
  ClientOptions others;
  others.proxy_url = "http://127.0.0.1:1";
  HttpClient elsewhere(io.executor(), others);
  HttpRequest own = request;
  own.unix_socket = path;
  const auto response = GENERATE(false, true) ? client.Fetch(request) : elsewhere.Fetch(own);
  server.join();
  ::close(listener);
  REQUIRE(response.has_value());
  CHECK(response->body == "ok");
  CHECK(received.starts_with("GET /x HTTP/1.1\r\nHost: anything\r\n"));
  options.unix_socket = std::string(200, 'x');
  CHECK(HttpClient(io.executor(), options).Fetch(request).error().code == Errc::kInvalid);
}

}  // namespace vigia::server
