#include "server/http/server.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "server/http/compression.h"
#include "tests/support/catch.h"
#include "tests/unit/server/http/raw_client.h"

namespace vigia::server {
namespace {

using std::chrono::milliseconds;

// A server on a free port, with handlers that show what they got.
class Fixture {
 public:
  explicit Fixture(HttpServerOptions options = {}) {
    router.Add({"GET", "POST"}, "/echo", [](const Request& r) {
      Response response;
      response.body = r.method + " " + r.path + " body=" + r.body;
      for (const auto& [name, value] : r.params) response.body += " " + name + "=" + value;
      return response;
    });
    router.Add({"GET"}, "/api/v1/label/{name}/values", [](const Request& r) {
      Response response;
      response.content_type = "application/json";
      response.body = "\"" + r.path_args.at(0) + "\"";
      return response;
    });
    router.Add({"GET"}, "/big", [](const Request&) {
      Response response;
      response.body.assign(3'000'000, 'x');
      return response;
    });
    router.Add({"GET"}, "/empty", [](const Request&) {
      Response response;
      response.status = 204;
      return response;
    });
    router.Add({"GET"}, "/throws", [](const Request&) -> Response { throw std::runtime_error("broken"); });
    options.listen = {"127.0.0.1:0"};
    server = std::make_unique<HttpServer>(std::move(options), router, registry, Logger::Silent());
  }

  RawClient Connect() { return RawClient(server->port()); }
  std::string Ask(const std::string& bytes) {
    RawClient client(server->port());
    client.Send(bytes);
    return client.ReadResponse();
  }
  double Counter(const std::string& name) { return registry.AddCounter(name, "").value(); }

  Router router;
  storage::Registry registry;
  std::unique_ptr<HttpServer> server;
};

std::string Get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n";
}

TEST_CASE("a connection carries many requests, also ahead of their answers") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  RawClient client(f.server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send(Get("/echo?i=" + std::to_string(i)));
    const std::string response = client.ReadResponse();
    CHECK(HasLine(response, "HTTP/1.1 200 OK"));
    CHECK(BodyOf(response) == "GET /echo body= i=" + std::to_string(i));
  }
  std::string many;
  for (int i = 0; i < 50; ++i) many += Get("/echo?n=" + std::to_string(i));
  client.Send(many);
  for (int i = 0; i < 50; ++i) CHECK(BodyOf(client.ReadResponse()) == "GET /echo body= n=" + std::to_string(i));
  client.Send(Get("/echo", "Connection: close\r\n"));
  CHECK(HasLine(client.ReadResponse(), "Connection: close"));
  CHECK(client.AtEnd());
}

TEST_CASE("requests may come byte by byte") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  RawClient client(f.server->port());
  const std::string request = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
  for (const char c : request) client.Send(std::string_view(&c, 1));
  CHECK(BodyOf(client.ReadResponse()) == "POST /echo body=hello");
  client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  CHECK(BodyOf(client.ReadResponse()) == "POST /echo body=abcde");
}

TEST_CASE("parameters of URL and form are merged, the URL's first") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  const std::string form = "query=a%2Bb+c&match[]=x";
  const std::string response = f.Ask(
      "POST /echo?stats=all&query=url HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded; "
      "charset=UTF-8\r\nContent-Length: " +
      std::to_string(form.size()) + "\r\n\r\n" + form);
  CHECK(BodyOf(response) == "POST /echo body= stats=all query=url query=a+b c match[]=x");
}

TEST_CASE("an encoded slash stays inside its path segment") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  CHECK(BodyOf(f.Ask(Get("/api/v1/label/a%2Fb/values"))) == "\"a/b\"");
  CHECK(BodyOf(f.Ask(Get("http://other/api/v1/label/x/values?y=1"))) == "\"x\"");
}

TEST_CASE("HEAD has the head of GET") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  RawClient client(f.server->port());
  client.Send("HEAD /big HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string response = client.ReadAll();
  CHECK(HasLine(response, "Content-Length: 3000000"));
  CHECK(BodyOf(response).empty());
}

TEST_CASE("unknown paths and methods are told apart") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  const std::string missing = f.Ask(Get("/nothing"));
  CHECK(HasLine(missing, "HTTP/1.1 404 Not Found"));
  CHECK(BodyOf(missing) == "404 page not found\n");
  const std::string wrong = f.Ask("DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(HasLine(wrong, "HTTP/1.1 405 Method Not Allowed"));
  CHECK(HasLine(wrong, "Allow: GET, POST"));
  const std::string head = f.Ask("HEAD /api/v1/label/x/values HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(HasLine(head, "HTTP/1.1 405 Method Not Allowed"));
  CHECK(HasLine(head, "Allow: GET, OPTIONS"));
  const std::string slash = f.Ask(Get("/echo/?a=1"));
  CHECK(HasLine(slash, "HTTP/1.1 301 Moved Permanently"));
  CHECK(HasLine(slash, "Location: /echo?a=1"));
  CHECK(HasLine(f.Ask(Get("/empty")), "HTTP/1.1 204 No Content"));
  CHECK(HasLine(f.Ask(Get("/throws")), "HTTP/1.1 500 Internal Server Error"));
  CHECK(HasLine(f.Ask(Get("/%zz")), "HTTP/1.1 400 Bad Request"));
}

TEST_CASE("browsers of other origins are told what they may do") {
  HttpServerOptions options;
  options.cors_origin = "https://(a|b)\\.org";
  Fixture f(options);
  REQUIRE(f.server->Start().has_value());
  const std::string path = "/api/v1/label/x/values";
  const std::string plain = f.Ask(Get(path));
  CHECK(HasLine(plain, "Vary: Origin"));
  CHECK(plain.find("Access-Control") == std::string::npos);
  const std::string known = f.Ask(Get(path, "Origin: https://b.org\r\n"));
  CHECK(HasLine(known, "Access-Control-Allow-Origin: https://b.org"));
  CHECK(HasLine(known, "Access-Control-Allow-Methods: GET, POST, OPTIONS"));
  CHECK(HasLine(known, "Access-Control-Allow-Headers: Accept, Authorization, Content-Type, Origin"));
  CHECK(HasLine(known, "Access-Control-Expose-Headers: Date"));
  CHECK(f.Ask(Get(path, "Origin: https://b.org.evil\r\n")).find("Allow-Origin") == std::string::npos);
  CHECK(HasLine(f.Ask("OPTIONS /api/v1/anything HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 204 No Content"));

  Fixture any;
  REQUIRE(any.server->Start().has_value());
  CHECK(HasLine(any.Ask(Get(path, "Origin: http://x\r\n")), "Access-Control-Allow-Origin: *"));
}

TEST_CASE("large bodies are compressed when the client wants it") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  for (const auto& [name, coding] : {std::pair("gzip", Coding::kGzip), std::pair("deflate", Coding::kDeflate)}) {
    const std::string response = f.Ask(Get("/big", std::string("Accept-Encoding: br, ") + name + "\r\n"));
    CHECK(HasLine(response, std::string("Content-Encoding: ") + name));
    CHECK(HasLine(response, "Vary: Accept-Encoding"));
    CHECK(Decompress(coding, BodyOf(response), 0).value() == std::string(3'000'000, 'x'));
  }
  CHECK(BodyOf(f.Ask(Get("/big"))).size() == 3'000'000);
  CHECK(f.Ask(Get("/echo", "Accept-Encoding: gzip\r\n")).find("Content-Encoding") == std::string::npos);
}

TEST_CASE("compressed request bodies are decoded, bombs are not") {
  HttpServerOptions options;
  options.max_body_bytes = 100'000;
  Fixture f(options);
  REQUIRE(f.server->Start().has_value());
  Compressor compressor;
  const auto post = [&](const std::string& body) {
    return f.Ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  CHECK(BodyOf(post(compressor.Compress(Coding::kGzip, "hello"))) == "POST /echo body=hello");
  const std::string bomb = post(compressor.Compress(Coding::kGzip, std::string(1'000'000, 'x')));
  CHECK(HasLine(bomb, "HTTP/1.1 413 Request Entity Too Large"));
  CHECK(HasLine(post("not gzip"), "HTTP/1.1 400 Bad Request"));
  CHECK(f.Counter("vigia_http_body_limit_total") == 1);
}

TEST_CASE("bodies and headers have limits") {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  options.max_header_bytes = 2000;
  Fixture f(options);
  REQUIRE(f.server->Start().has_value());
  CHECK(HasLine(f.Ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x')),
                "HTTP/1.1 413 Request Entity Too Large"));
  CHECK(HasLine(f.Ask("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                      std::string(1001, 'x') + "\r\n0\r\n\r\n"),
                "HTTP/1.1 413 Request Entity Too Large"));
  CHECK(f.Counter("vigia_http_body_limit_total") == 2);
  CHECK(HasLine(f.Ask(Get("/echo", "X: " + std::string(3000, 'x') + "\r\n")),
                "HTTP/1.1 431 Request Header Fields Too Large"));
  CHECK(HasLine(f.Ask(Get("/" + std::string(3000, 'x'))), "HTTP/1.1 431 Request Header Fields Too Large"));
}

TEST_CASE("a client that asks first is told to go on") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  RawClient client(f.server->port());
  client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.ReadResponse() == "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ok");
  CHECK(BodyOf(client.ReadResponse()) == "POST /echo body=ok");
}

TEST_CASE("malformed requests are refused and the connection ends") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  const std::vector<std::string> requests = {
      "\x16\x03\x01\x02\x05garbage\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",  // No Host.
      "GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nX: a\x01"
      "b\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      std::string("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 29),
  };
  for (const std::string& request : requests) {
    INFO(request);
    RawClient client(f.server->port());
    client.Send(request);
    const std::string response = client.ReadAll();
    CHECK(response.substr(0, 12) == "HTTP/1.1 400");
    CHECK(HasLine(response, "Connection: close"));
  }
  CHECK(f.Counter("vigia_http_bad_requests_total") == static_cast<double>(requests.size()));
  CHECK(BodyOf(f.Ask(Get("/echo"))) == "GET /echo body=");
}

TEST_CASE("HTTP/1.0 clients get what they understand") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  RawClient client(f.server->port());
  client.Send("GET /echo HTTP/1.0\r\n\r\n");
  const std::string response = client.ReadAll();
  CHECK(HasLine(response, "HTTP/1.0 200 OK"));
  CHECK(BodyOf(response) == "GET /echo body=");
  RawClient keeping(f.server->port());
  keeping.Send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(HasLine(keeping.ReadResponse(), "Connection: keep-alive"));
}

TEST_CASE("slow clients are dropped") {
  HttpServerOptions options;
  options.header_timeout_ms = 30;
  Fixture f(options);
  REQUIRE(f.server->Start().has_value());
  RawClient client(f.server->port());
  client.Send("GET /echo HTT");
  CHECK(client.AtEnd());

  HttpServerOptions idle_options;
  idle_options.read_timeout_ms = 30;
  Fixture g(idle_options);
  REQUIRE(g.server->Start().has_value());
  RawClient idle(g.server->port());
  CHECK(idle.AtEnd());
}

// A handler that a test holds and lets go.
struct Gate {
  std::mutex mu;
  std::condition_variable changed;
  bool entered = false;
  bool open = false;
  bool saw_gone = false;

  Response Wait(const std::stop_token& gone) {
    const std::stop_callback wake(gone, [this] {
      const std::scoped_lock lock(mu);
      changed.notify_all();
    });
    std::unique_lock lock(mu);
    entered = true;
    changed.notify_all();
    changed.wait(lock, [&] { return open || gone.stop_requested(); });
    saw_gone = gone.stop_requested();
    changed.notify_all();
    Response response;
    response.body = "through";
    return response;
  }
  void AwaitEntered() {
    std::unique_lock lock(mu);
    changed.wait(lock, [this] { return entered; });
  }
  void Open() {
    const std::scoped_lock lock(mu);
    open = true;
    changed.notify_all();
  }
  bool AwaitGone() {
    std::unique_lock lock(mu);
    return changed.wait_for(lock, std::chrono::seconds(10), [this] { return saw_gone; });
  }
};

TEST_CASE("a handler learns that its client is gone") {
  Gate gate;
  Fixture f;
  f.router.Add({"GET"}, "/wait", [&](const Request& r) { return gate.Wait(r.gone); });
  REQUIRE(f.server->Start().has_value());
  {
    RawClient client(f.server->port());
    client.Send(Get("/wait"));
    gate.AwaitEntered();
  }
  CHECK(gate.AwaitGone());
}

TEST_CASE("requests sent while another runs are kept for later") {
  Gate gate;
  Fixture f;
  f.router.Add({"GET"}, "/wait", [&](const Request& r) { return gate.Wait(r.gone); });
  REQUIRE(f.server->Start().has_value());
  RawClient client(f.server->port());
  client.Send(Get("/wait"));
  gate.AwaitEntered();
  const std::string body(200'000, 'b');  // More than is read ahead.
  client.Send(Get("/echo?late=1"));
  std::thread sender([&] {
    client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  });
  gate.Open();
  CHECK(BodyOf(client.ReadResponse()) == "through");
  CHECK(BodyOf(client.ReadResponse()) == "GET /echo body= late=1");
  CHECK(BodyOf(client.ReadResponse()) == "POST /echo body=" + body);
  sender.join();
  CHECK_FALSE(gate.saw_gone);
}

TEST_CASE("a full queue is answered with 503") {
  Gate gate;
  HttpServerOptions options;
  options.worker_threads = 1;
  options.worker_queue = 1;
  Fixture f(options);
  f.router.Add({"GET"}, "/wait", [&](const Request& r) { return gate.Wait(r.gone); });
  REQUIRE(f.server->Start().has_value());
  RawClient running(f.server->port());
  running.Send(Get("/wait"));
  gate.AwaitEntered();
  RawClient first(f.server->port());
  RawClient second(f.server->port());
  first.Send(Get("/echo"));
  second.Send(Get("/echo"));
  // One of the two waits, the other is refused; which one depends on who was read first.
  while (f.Counter("vigia_http_worker_queue_full_total") == 0) std::this_thread::yield();
  gate.Open();
  const std::string a = first.ReadResponse();
  const std::string b = second.ReadResponse();
  CHECK(HasLine(a, "HTTP/1.1 503 Service Unavailable") != HasLine(b, "HTTP/1.1 503 Service Unavailable"));
  CHECK(HasLine(a, "HTTP/1.1 200 OK") != HasLine(b, "HTTP/1.1 200 OK"));
}

TEST_CASE("a request that takes long holds up no other connection, time after time") {
  Gate first_gate;
  Gate second_gate;
  HttpServerOptions options;
  options.worker_threads = 3;
  Fixture f(options);
  f.router.Add({"GET"}, "/first", [&](const Request& r) { return first_gate.Wait(r.gone); });
  f.router.Add({"GET"}, "/second", [&](const Request& r) { return second_gate.Wait(r.gone); });
  REQUIRE(f.server->Start().has_value());
  RawClient slow(f.server->port());
  RawClient slower(f.server->port());
  RawClient other(f.server->port());
  slow.Send(Get("/first"));
  first_gate.AwaitEntered();
  slower.Send(Get("/second"));
  second_gate.AwaitEntered();
  for (int i = 0; i < 3; ++i) {
    other.Send(Get("/echo"));
    CHECK(BodyOf(other.ReadResponse()) == "GET /echo body=");
  }
  first_gate.Open();
  CHECK(BodyOf(slow.ReadResponse()) == "through");
  slow.Send(Get("/echo?again=1"));
  CHECK(BodyOf(slow.ReadResponse()) == "GET /echo body= again=1");
  second_gate.Open();
  CHECK(BodyOf(slower.ReadResponse()) == "through");
  for (int i = 0; i < 20; ++i) {  // Alone again, and then with company.
    std::this_thread::sleep_for(milliseconds(i % 4 * 3));
    slower.Send(Get("/echo"));
    if (i % 3 == 0) other.Send(Get("/echo"));
    CHECK(BodyOf(slower.ReadResponse()) == "GET /echo body=");
    if (i % 3 == 0) CHECK(BodyOf(other.ReadResponse()) == "GET /echo body=");
  }
}

TEST_CASE("an only worker does one thing at a time") {
  Gate gate;
  HttpServerOptions options;
  options.worker_threads = 1;
  Fixture f(options);
  f.router.Add({"GET"}, "/wait", [&](const Request& r) { return gate.Wait(r.gone); });
  std::atomic<bool> second_ran{false};
  f.router.Add({"GET"}, "/second", [&](const Request&) {
    second_ran = true;
    return Response{};
  });
  REQUIRE(f.server->Start().has_value());
  RawClient running(f.server->port());
  running.Send(Get("/wait"));
  gate.AwaitEntered();
  RawClient waiting(f.server->port());
  waiting.Send(Get("/second"));
  std::this_thread::sleep_for(milliseconds(10));
  CHECK_FALSE(second_ran);
  gate.Open();
  CHECK(BodyOf(running.ReadResponse()) == "through");
  CHECK(HasLine(waiting.ReadResponse(), "HTTP/1.1 200 OK"));
  CHECK(second_ran);
}

TEST_CASE("connections above the limit wait for their turn") {
  HttpServerOptions options;
  options.max_connections = 1;
  Fixture f(options);
  REQUIRE(f.server->Start().has_value());
  auto first = std::make_unique<RawClient>(f.server->port());
  first->Send(Get("/echo?first"));
  CHECK(BodyOf(first->ReadResponse()) == "GET /echo body= first=");
  RawClient second(f.server->port());
  second.Send(Get("/echo?second"));
  while (f.Counter("vigia_http_connections_limit_total") == 0) std::this_thread::yield();
  first.reset();
  CHECK(BodyOf(second.ReadResponse()) == "GET /echo body= second=");
}

std::string Unchunked(std::string_view body) {
  std::string plain;
  while (!body.empty()) {
    const std::size_t line = body.find("\r\n");
    const std::size_t size = std::stoul(std::string(body.substr(0, line)), nullptr, 16);
    plain.append(body.substr(line + 2, size));
    body.remove_prefix(line + 2 + size + 2);
  }
  return plain;
}

TEST_CASE("streamed bodies are sent piece by piece") {
  Fixture f;
  f.router.Add({"GET"}, "/stream", [](const Request&) {
    Response response;
    response.source = [n = 0](std::string& out) mutable {
      if (n != 3) out = "piece " + std::to_string(n) + std::string(10'000, '.') + "\n";
      return ++n < 6;
    };
    return response;
  });
  REQUIRE(f.server->Start().has_value());
  std::string expected;
  for (int i : {0, 1, 2, 4, 5}) expected += "piece " + std::to_string(i) + std::string(10'000, '.') + "\n";

  RawClient plain(f.server->port());
  plain.Send(Get("/stream", "Connection: close\r\n"));
  const std::string response = plain.ReadAll();
  CHECK(HasLine(response, "Transfer-Encoding: chunked"));
  CHECK(Unchunked(BodyOf(response)) == expected);

  RawClient packed(f.server->port());
  packed.Send(Get("/stream", "Connection: close\r\nAccept-Encoding: gzip\r\n"));
  const std::string zipped = packed.ReadAll();
  CHECK(HasLine(zipped, "Content-Encoding: gzip"));
  CHECK(Decompress(Coding::kGzip, Unchunked(BodyOf(zipped)), 0).value() == expected);

  RawClient old(f.server->port());
  old.Send("GET /stream HTTP/1.0\r\n\r\n");
  CHECK(BodyOf(old.ReadAll()) == expected);
}

TEST_CASE("a stream waits for its client and ends with it") {
  std::atomic<int> pieces{0};
  std::promise<void> dropped;
  Fixture f;
  f.router.Add({"GET"}, "/endless", [&](const Request&) {
    Response response;
    const std::shared_ptr<void> guard(nullptr, [&dropped](void*) { dropped.set_value(); });
    response.source = [&pieces, guard](std::string& out) {
      ++pieces;
      out.assign(1 << 20, 'x');
      return true;
    };
    return response;
  });
  REQUIRE(f.server->Start().has_value());
  {
    RawClient client(f.server->port());
    client.Send(Get("/endless"));
    client.ReadResponse();
    std::this_thread::sleep_for(milliseconds(20));
    CHECK(pieces < 100);  // Nobody reads: sockets' buffers hold a few megabytes at most.
  }
  CHECK(dropped.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("stopping lets running requests finish") {
  Gate gate;
  Fixture f;
  f.router.Add({"GET"}, "/wait", [&](const Request& r) { return gate.Wait(r.gone); });
  REQUIRE(f.server->Start().has_value());
  RawClient idle(f.server->port());
  RawClient client(f.server->port());
  client.Send(Get("/wait"));
  gate.AwaitEntered();
  std::thread stopper([&] { f.server->Stop(); });
  CHECK(idle.AtEnd());
  gate.Open();
  const std::string response = client.ReadResponse();
  CHECK(BodyOf(response) == "through");
  CHECK(HasLine(response, "Connection: close"));
  stopper.join();
  CHECK_FALSE(gate.saw_gone);
}

TEST_CASE("stopping tells requests that take too long") {
  Gate gate;
  HttpServerOptions options;
  options.stop_grace_ms = 5;
  Fixture f(options);
  f.router.Add({"GET"}, "/wait", [&](const Request& r) { return gate.Wait(r.gone); });
  REQUIRE(f.server->Start().has_value());
  RawClient client(f.server->port());
  client.Send(Get("/wait"));
  gate.AwaitEntered();
  f.server->Stop();
  CHECK(gate.saw_gone);
  CHECK(BodyOf(client.ReadResponse()) == "through");
}

TEST_CASE("everything lives below the route prefix") {
  HttpServerOptions options;
  options.route_prefix = "/prom/";
  Fixture f(options);
  f.router.Add({"GET"}, "/", [](const Request& r) {
    Response response;
    response.body = "root " + r.path;
    return response;
  });
  REQUIRE(f.server->Start().has_value());
  CHECK(BodyOf(f.Ask(Get("/prom/echo"))) == "GET /echo body=");
  CHECK(BodyOf(f.Ask(Get("/prom/"))) == "root /");
  CHECK(BodyOf(f.Ask(Get("/prom"))) == "root /");
  CHECK(HasLine(f.Ask(Get("/")), "Location: /prom/"));
  CHECK(HasLine(f.Ask(Get("/echo")), "HTTP/1.1 404 Not Found"));
  CHECK(HasLine(f.Ask(Get("/promecho")), "HTTP/1.1 404 Not Found"));
}

TEST_CASE("requests are counted by handler and code") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  f.Ask(Get("/api/v1/label/x/values"));
  f.server->Stop();
  const storage::Labels labels({{"code", "200"}, {"handler", "/api/v1/label/:name/values"}});
  CHECK(f.registry.AddCounter("prometheus_http_requests_total", "", labels).value() == 1);
  const storage::Labels handler({{"handler", "/api/v1/label/:name/values"}});
  const auto& sizes = f.registry.AddHistogram("prometheus_http_response_size_bytes", "", {}, handler);
  CHECK(sizes.upper_bounds() == std::vector<double>{1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9});
  CHECK(sizes.sum() == 3);
}

TEST_CASE("users must know their password") {
  auto security = std::make_shared<WebSecurity>();
  security->users = {{"u", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"}};  // "U*U*U".
  security->headers = {{"X-Frame-Options", "deny"}};
  HttpServerOptions options;
  options.security = [security] { return security; };
  Fixture f(options);
  REQUIRE(f.server->Start().has_value());
  const std::string refused = f.Ask(Get("/echo"));
  CHECK(HasLine(refused, "HTTP/1.1 401 Unauthorized"));
  CHECK(HasLine(refused, "WWW-Authenticate: Basic"));
  CHECK(HasLine(refused, "X-Frame-Options: deny"));
  CHECK(HasLine(f.Ask(Get("/echo", "Authorization: Basic dTpVKlUqVQ==\r\n")), "HTTP/1.1 200 OK"));
  CHECK(HasLine(f.Ask(Get("/echo", "Authorization: Basic dTp4\r\n")), "HTTP/1.1 401 Unauthorized"));
}

TEST_CASE("an address in use or nonsense is an error of Start") {
  Fixture f;
  REQUIRE(f.server->Start().has_value());
  HttpServerOptions options;
  options.listen = {"127.0.0.1:" + std::to_string(f.server->port())};
  HttpServer second(options, f.router, f.registry, Logger::Silent());
  const auto status = second.Start();
  REQUIRE(status.has_error());
  CHECK(status.error().what == "listen tcp " + options.listen[0] + ": bind: address already in use");
  HttpServerOptions bad;
  bad.listen = {"nonsense"};
  CHECK(HttpServer(bad, f.router, f.registry, Logger::Silent()).Start().has_error());
  HttpServerOptions cors;
  cors.cors_origin = "(";
  CHECK(HttpServer(cors, f.router, f.registry, Logger::Silent()).Start().has_error());
}

}  // namespace
}  // namespace vigia::server
