#include "server/http/client.h"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <future>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "server/http/io_threads.h"
#include "server/http/server.h"
#include "tests/support/catch.h"
#include "tests/unit/server/http/raw_client.h"

namespace vigia::server {
namespace {

using storage::Errc;

// Accepts connections one after another and gives each the bytes that `script` answers to what it has read so far.
class ScriptedServer {
 public:
  using Script = std::function<std::string(int connection, const std::string& request)>;

  explicit ScriptedServer(Script script) : fd_(socket(AF_INET, SOCK_STREAM, 0)), script_(std::move(script)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    listen(fd_, 16);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~ScriptedServer() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }
  std::string Url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  int connections() const { return connections_; }

 private:
  void Run() {
    while (true) {
      const int client = accept(fd_, nullptr, nullptr);
      if (client < 0) return;
      const int number = connections_++;
      std::string request;
      char chunk[4096];
      ssize_t got = 0;
      while (request.find("\r\n\r\n") == std::string::npos && (got = recv(client, chunk, sizeof(chunk), 0)) > 0) {
        request.append(chunk, static_cast<std::size_t>(got));
      }
      const std::string answer = script_(number, request);
      send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      close(client);
    }
  }

  const int fd_;
  std::uint16_t port_ = 0;
  Script script_;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

class Fixture {
 public:
  explicit Fixture(ClientOptions options = {}) : io(2), client(io.executor(), std::move(options)) {
    router.Add({"GET", "POST", "PUT"}, "/echo", [this](const Request& r) {
      ++requests;
      Response response;
      response.body = r.method + " " + r.raw_query + " " + r.body + " [" + std::string(r.headers.Get("Authorization")) +
                      "][" + std::string(r.headers.Get("X-Org")) + "]";
      return response;
    });
    router.Add({"GET"}, "/big", [](const Request&) {
      Response response;
      response.body.assign(1'000'000, 'x');
      return response;
    });
    router.Add({"GET"}, "/never", [](const Request& r) {
      while (!r.gone.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return Response{};
    });
    router.Add({"GET"}, "/stream", [](const Request&) {
      Response response;
      response.source = [n = 0](std::string& out) mutable {
        out = "piece;";
        return ++n < 3;
      };
      return response;
    });
    router.Add({"GET", "POST"}, "/to/{status}", [](const Request& r) {
      Response response;
      response.status = std::stoi(r.path_args[0]);
      response.headers.Add("Location", r.params.Has("url") ? std::string(r.params.Get("url")) : "../echo?moved");
      return response;
    });
    HttpServerOptions server_options;
    server_options.listen = {"127.0.0.1:0"};
    server = std::make_unique<HttpServer>(server_options, router, registry, Logger::Silent());
    REQUIRE(server->Start().has_value());
  }
  std::string Url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(server->port()) + path; }
  storage::Result<HttpResponse> Get(const std::string& url) {
    HttpRequest request;
    request.url = url;
    return client.Fetch(std::move(request));
  }

  Router router;
  storage::Registry registry;
  std::atomic<int> requests{0};
  std::unique_ptr<HttpServer> server;
  IoThreads io;
  HttpClient client;
};

TEST_CASE("a request is answered, over one kept connection") {
  Fixture f;
  for (int i = 0; i < 5; ++i) {
    const auto response = f.Get(f.Url("/echo?a=1"));
    REQUIRE(response.has_value());
    CHECK(response->status == 200);
    CHECK(response->reason == "OK");
    CHECK(response->headers.Get("content-type") == "text/plain; charset=utf-8");
    CHECK(response->body == "GET a=1  [][]");
  }
  CHECK(f.registry.AddGauge("vigia_http_connections", "").value() == 1);
  CHECK(f.Get(f.Url("/nothing"))->status == 404);
}

TEST_CASE("bodies go both ways") {
  Fixture f;
  HttpRequest request;
  request.method = "POST";
  request.url = f.Url("/echo");
  request.body = std::string(100'000, 'b');
  CHECK(f.client.Fetch(request)->body == "POST  " + request.body + " [][]");

  const auto big = f.Get(f.Url("/big"));
  CHECK(big->body == std::string(1'000'000, 'x'));
  CHECK(big->headers.Get("Content-Encoding") == "gzip");
  CHECK(big->wire_bytes < 20'000);
  CHECK(f.Get(f.Url("/stream"))->body == "piece;piece;piece;");

  request = {};
  request.method = "HEAD";
  request.url = f.Url("/echo");
  CHECK(f.client.Fetch(request)->body.empty());
  request.url = f.Url("/big");
  CHECK(f.client.Fetch(request)->status == 200);
}

TEST_CASE("a coroutine may wait on another executor") {
  IoThreads other(1);  // Outlives the client's threads.
  Fixture f;
  HttpRequest request;
  request.url = f.Url("/echo");
  auto future = boost::asio::co_spawn(other.executor(), f.client.Do(request), boost::asio::use_future);
  CHECK(future.get()->status == 200);
}

TEST_CASE("many requests run side by side") {
  Fixture f;
  std::vector<std::future<storage::Result<HttpResponse>>> futures;
  for (int i = 0; i < 100; ++i) {
    HttpRequest request;
    request.url = f.Url("/echo?i=" + std::to_string(i));
    futures.push_back(boost::asio::co_spawn(f.io.executor(), f.client.Do(request), boost::asio::use_future));
  }
  for (int i = 0; i < 100; ++i)
    CHECK(futures[static_cast<std::size_t>(i)].get()->body == "GET i=" + std::to_string(i) + "  [][]");
}

TEST_CASE("bodies have a limit") {
  Fixture f;
  HttpRequest request;
  request.url = f.Url("/big");
  for (const bool gzip : {false, true}) {
    request.accept_gzip = gzip;
    request.max_body_bytes = 1'000'001;
    CHECK(f.client.Fetch(request).has_value());
    for (const std::uint64_t limit : {1u, 1000u, 999'999u, 1'000'000u}) {
      request.max_body_bytes = limit;
      const auto response = f.client.Fetch(request);
      REQUIRE(response.has_error());
      CHECK(response.error().code == Errc::kLimit);
      CHECK(response.error().what == "body size limit exceeded");
    }
  }
}

TEST_CASE("the deadline covers all") {
  Fixture f;
  HttpRequest request;
  request.url = f.Url("/never");
  request.timeout_ms = 30;
  const auto response = f.client.Fetch(request);
  REQUIRE(response.has_error());
  CHECK(response.error().code == Errc::kTimeout);
  CHECK(response.error().what == "Get \"" + request.url + "\": context deadline exceeded");
}

TEST_CASE("a request can be stopped") {
  Fixture f;
  std::stop_source stop;
  HttpRequest request;
  request.url = f.Url("/never");
  request.stop = stop.get_token();
  auto future = boost::asio::co_spawn(f.io.executor(), f.client.Do(request), boost::asio::use_future);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  stop.request_stop();
  const auto response = future.get();
  REQUIRE(response.has_error());
  CHECK(response.error().code == Errc::kCancelled);
  CHECK(f.client.Fetch(request).error().code == Errc::kCancelled);
}

TEST_CASE("errors read as users of Prometheus know them") {
  Fixture f;
  CHECK(f.Get("http://127.0.0.1:1/metrics").error().what ==
        "Get \"http://127.0.0.1:1/metrics\": dial tcp 127.0.0.1:1: connect: connection refused");
  CHECK(f.Get("http://name.invalid/").error().what.find("dial tcp: lookup name.invalid: ") != std::string::npos);
  CHECK(f.Get("ftp://x/").error().code == Errc::kInvalid);
  CHECK(f.Get("http://127.0.0.1:1/a b").error().code == Errc::kInvalid);

  ScriptedServer silent([](int, const std::string&) { return ""; });
  CHECK(f.Get(silent.Url()).error().what == "Get \"" + silent.Url() + "\": EOF");
  ScriptedServer cut([](int, const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"; });
  CHECK(f.Get(cut.Url()).error().what == "Get \"" + cut.Url() + "\": unexpected EOF");
  ScriptedServer nonsense([](int, const std::string&) { return "SSH-2.0-OpenSSH\r\n\r\n"; });
  CHECK(f.Get(nonsense.Url()).error().what.find("malformed HTTP response") != std::string::npos);
  ScriptedServer endless([](int, const std::string&) { return "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'); });
  CHECK(f.Get(endless.Url()).error().code == Errc::kLimit);
  ScriptedServer hungry(
      [](int, const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\nabc"; });
  CHECK(f.Get(hungry.Url()).error().what.find("unexpected EOF") != std::string::npos);
  ScriptedServer bad_gzip([](int, const std::string&) {
    return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc";
  });
  CHECK(f.Get(bad_gzip.Url()).error().code == Errc::kInvalid);
}

TEST_CASE("answers may end with the connection and follow interim ones") {
  Fixture f;
  ScriptedServer plain([](int, const std::string&) { return "HTTP/1.0 200 OK\r\n\r\nall of it"; });
  CHECK(f.Get(plain.Url())->body == "all of it");
  ScriptedServer interim([](int, const std::string&) {
    return "HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  });
  CHECK(f.Get(interim.Url())->body == "ok");
}

TEST_CASE("a kept connection that the peer has closed is replaced") {
  Fixture f;
  // Promises to keep the connection and closes it all the same.
  ScriptedServer liar([](int, const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"; });
  for (int i = 0; i < 3; ++i) CHECK(f.Get(liar.Url())->body == "ok");
  CHECK(liar.connections() == 3);
}

TEST_CASE("redirects are followed") {
  Fixture f;
  CHECK(f.Get(f.Url("/to/301"))->body == "GET moved  [][]");
  HttpRequest post;
  post.method = "POST";
  post.body = "b";
  for (const auto& [status, answer] : std::map<std::string, std::string>{{"302", "GET moved  [][]"},
                                                                         {"303", "GET moved  [][]"},
                                                                         {"307", "POST moved b [][]"},
                                                                         {"308", "POST moved b [][]"}}) {
    INFO(status);
    post.url = f.Url("/to/" + status);
    CHECK(f.client.Fetch(post)->body == answer);
  }
  ScriptedServer endless([](int n, const std::string&) {
    return "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /" + std::to_string(n) + "\r\n\r\n";
  });
  const auto response = f.Get(endless.Url());
  REQUIRE(response.has_error());
  CHECK(response.error().what.find("stopped after 10 redirects") != std::string::npos);
  CHECK(endless.connections() == 11);

  ClientOptions options;
  options.follow_redirects = false;
  Fixture g(options);
  CHECK(g.Get(g.Url("/to/301"))->status == 301);
}

TEST_CASE("credentials do not follow to another host") {
  ClientOptions options;
  options.authorization = AuthorizationOptions{.type = "Bearer", .credentials = "secret", .credentials_file = ""};
  options.headers = {{"X-Org", "org"}};
  Fixture f(options);
  CHECK(f.Get(f.Url("/echo"))->body == "GET   [Bearer secret][org]");
  CHECK(f.Get(f.Url("/to/302"))->body == "GET moved  [Bearer secret][org]");
  const std::string elsewhere = "http://localhost:" + std::to_string(f.server->port()) + "/echo";
  CHECK(f.Get(f.Url("/to/302?url=" + elsewhere))->body == "GET   [][]");
}

TEST_CASE("secrets are read anew for every request") {
  const std::string path = "/tmp/vigia_client_test_" + std::to_string(getpid());
  ClientOptions options;
  options.authorization = AuthorizationOptions{.type = "Bearer", .credentials = "", .credentials_file = path};
  Fixture f(options);
  std::ofstream(path) << "one\n";
  CHECK(f.Get(f.Url("/echo"))->body == "GET   [Bearer one][]");
  std::ofstream(path) << "two\n";
  CHECK(f.Get(f.Url("/echo"))->body == "GET   [Bearer two][]");
  std::remove(path.c_str());
  CHECK(f.Get(f.Url("/echo")).error().what.find("unable to read file") != std::string::npos);
}

TEST_CASE("user information in the URL is basic authorization and never shown") {
  Fixture f;
  std::string url = f.Url("/echo");
  url.insert(7, "Aladdin:open%20sesame@");
  CHECK(f.Get(url)->body == "GET   [Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==][]");
  CHECK(f.Get("http://u:secret@127.0.0.1:1/").error().what.find("secret") == std::string::npos);
}

TEST_CASE("a plain proxy is asked with the whole URL") {
  std::string seen;
  ScriptedServer proxy([&](int, const std::string& request) {
    seen = request;
    return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  });
  ClientOptions options;
  options.proxy_url = "http://user:pass@" + proxy.Url("").substr(7);
  options.no_proxy = "other.invalid";  // Exempts this machine, too.
  Fixture f(options);
  CHECK(f.Get("http://name.invalid:8080/metrics?x=1")->body == "ok");
  CHECK(seen.substr(0, seen.find("\r\n")) == "GET http://name.invalid:8080/metrics?x=1 HTTP/1.1");
  CHECK(HasLine(seen, "Host: name.invalid:8080"));
  CHECK(HasLine(seen, "Proxy-Authorization: Basic dXNlcjpwYXNz"));
  CHECK(f.Get(f.Url("/echo"))->status == 200);
  CHECK(proxy.connections() == 1);
}

TEST_CASE("a proxy that refuses a tunnel is an error") {
  ScriptedServer proxy([](int, const std::string&) { return "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"; });
  ClientOptions options;
  options.proxy_url = proxy.Url();
  Fixture f(options);
  CHECK(f.Get("https://name.invalid/").error().what == "Get \"https://name.invalid/\": Forbidden");
}

}  // namespace
}  // namespace vigia::server
