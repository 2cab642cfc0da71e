"""A small HTTP service with the application metrics of a real API: requests, WebSocket, LLM and RAG.

Traffic is deterministic: each call of tick() is one unit of work with known effects, so that the test knows by
arithmetic what every query has to answer. What each scrape was served is kept in `served`.
"""
import http.server
import socket
import threading

LATENCY_BOUNDS = (0.1, 0.5, 1.0, 2.5, 5.0)


class Histogram:
    def __init__(self, bounds):
        self.bounds = bounds
        self.buckets = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value, times=1):
        index = next((i for i, bound in enumerate(self.bounds) if value <= bound), len(self.bounds))
        self.buckets[index] += times
        self.sum += value * times

    def lines(self, name, labels):
        total = 0
        for bound, count in zip((*self.bounds, "+Inf"), self.buckets):
            total += count
            yield f'{name}_bucket{{{labels},le="{bound}"}} {total}'
        yield f"{name}_sum{{{labels}}} {self.sum}"
        yield f"{name}_count{{{labels}}} {total}"


class GuideApp:
    """Serves GET /api/v1/metrics and /api/v1/health/live. Thread-safe."""

    def __init__(self, port):
        self.lock = threading.Lock()
        self.ticks = 0
        self.counters = {}
        self.latency = {e: Histogram(LATENCY_BOUNDS) for e in ("/api/v1/chat", "/api/v1/files")}
        self.cost = Histogram((0.01, 0.1, 1.0))
        self.retrieval = Histogram((0.05, 0.2, 1.0))
        self.websocket_active = 3
        self.served = []  # One {series text: value} for each scrape, in order.
        app = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path == "/api/v1/metrics":
                    body = app.render().encode()
                    content_type = "text/plain; version=0.0.4; charset=utf-8"
                elif self.path == "/api/v1/health/live":
                    body, content_type = b'{"status":"alive"}', "application/json"
                else:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            connections = set()

            def process_request(self, request, client_address):
                self.connections.add(request)
                super().process_request(request, client_address)

            def shutdown_request(self, request):
                self.connections.discard(request)
                super().shutdown_request(request)

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        """As if the process had ended: nothing listens, and connections that were kept alive are cut."""
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.server.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It was closed already.

    def add(self, series, delta):
        self.counters[series] = self.counters.get(series, 0) + delta

    def tick(self):
        """100 requests of which 2 fail; 4 LLM calls; 10 retrievals."""
        with self.lock:
            self.ticks += 1
            self.add('http_requests_total{method="POST",endpoint="/api/v1/chat",status="200"}', 38)
            self.add('http_requests_total{method="POST",endpoint="/api/v1/chat",status="500"}', 2)
            self.add('http_requests_total{method="GET",endpoint="/api/v1/files",status="200"}', 60)
            self.add('http_errors_total{method="POST",endpoint="/api/v1/chat",status="500",error_type="server"}', 2)
            self.latency["/api/v1/chat"].observe(0.75, 30)
            self.latency["/api/v1/chat"].observe(2.0, 10)
            self.latency["/api/v1/files"].observe(0.05, 60)
            self.add('websocket_messages_total{event="message",direction="sent"}', 7)
            self.add('llm_requests_total{model="claude",status="success"}', 4)
            self.add('llm_tokens_total{model="claude",type="input"}', 1200)
            self.add('llm_tokens_total{model="claude",type="output"}', 300)
            self.add('llm_cache_hits_total{model="claude"}', 3)
            self.add('llm_cache_misses_total{model="claude"}', 1)
            self.cost.observe(0.05, 4)
            self.add('rag_retrievals_total{strategy="mmr"}', 10)
            self.add('rag_retrieval_cache_hits_total{strategy="mmr"}', 6)
            self.add('rag_retrieval_cache_misses_total{strategy="mmr"}', 4)
            self.retrieval.observe(0.1, 10)

    def render(self):
        with self.lock:
            lines = ["# HELP http_requests_total HTTP requests.", "# TYPE http_requests_total counter"]
            lines += [f"{series} {value}" for series, value in sorted(self.counters.items())]
            lines += ["# TYPE http_request_duration_seconds histogram"]
            for endpoint, histogram in self.latency.items():
                method = "POST" if endpoint.endswith("chat") else "GET"
                lines += histogram.lines("http_request_duration_seconds", f'method="{method}",endpoint="{endpoint}"')
            lines += ["# TYPE llm_cost_eur histogram", *self.cost.lines("llm_cost_eur", 'model="claude"')]
            lines += ["# TYPE rag_retrieval_duration_seconds histogram",
                      *self.retrieval.lines("rag_retrieval_duration_seconds", 'strategy="mmr"')]
            lines += ["# TYPE websocket_connections_active gauge", f"websocket_connections_active {self.websocket_active}"]
            lines += ["# TYPE http_requests_in_progress gauge", "http_requests_in_progress 0"]
            self.served.append({line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                                for line in lines if not line.startswith("#")})
            return "\n".join(lines) + "\n"
