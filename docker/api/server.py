"""The demo's HTTP side: metrics, health, and the switches that make something go wrong.

    GET    /api/v1/metrics               what Prometheus scrapes
    GET    /api/v1/health/live           {"status": "alive"}
    GET    /api/v1/demo/faults           which faults there are, and which are active
    POST   /api/v1/demo/faults/NAME      starts one; ?seconds=900 ends it by itself
    DELETE /api/v1/demo/faults/NAME      ends one
    DELETE /api/v1/demo/faults           ends all

Requests are counted in the http_* metrics like the simulated ones.
"""
import http.server
import json
import math
import socket
import threading
import time
import urllib.parse

from faults import FAULTS, UnknownFault

METRICS = "/api/v1/metrics"
HEALTH = "/api/v1/health/live"
SWITCHES = "/api/v1/demo/faults"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
MOST_CONNECTIONS = 64


class Answer(Exception):
    """An answer that ends the request: (status, body as an object)."""

    def __init__(self, status, body):
        super().__init__(status)
        self.status = status
        self.body = body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "devmatrix-demo"
    sys_version = ""
    timeout = 15  # Seconds that a connection may be idle.

    def do_GET(self):
        self._serve(self._get)

    def do_POST(self):
        self._serve(self._post)

    def do_DELETE(self):
        self._serve(self._delete)

    def _serve(self, method):
        catalog = self.server.catalog
        url = urllib.parse.urlsplit(self.path)
        endpoint = self._endpoint(url.path)
        started = time.monotonic()
        catalog.in_progress.add(1)
        try:
            status, content_type, body = method(url)
        except Answer as answer:
            status, content_type, body = answer.status, "application/json", json.dumps(answer.body)
        finally:
            catalog.in_progress.add(-1)
        catalog.requests.add(1, self.command, endpoint, status)
        catalog.request_seconds.observe(time.monotonic() - started, self.command, endpoint)
        if status >= 400:
            catalog.request_errors.add(1, self.command, endpoint, status, "server_error" if status >= 500 else "client_error")
        self._send(status, content_type, body.encode())

    def _endpoint(self, path):
        """The route, not the path: a label must not have as many values as clients invent paths."""
        if path in (METRICS, HEALTH, SWITCHES):
            return path
        return SWITCHES + "/{name}" if path.startswith(SWITCHES + "/") else "unmatched"

    def _send(self, status, content_type, body):
        # A body that nobody read would be taken for the next request.
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _get(self, url):
        if url.path == METRICS:
            return 200, TEXT, self.server.catalog.registry.render()
        if url.path == HEALTH:
            raise Answer(200, {"status": "alive"})
        if url.path == SWITCHES:
            raise Answer(200, self.server.faults.describe())
        raise Answer(404, {"error": "no such page"})

    def _post(self, url):
        name = self._fault_name(url)
        query = urllib.parse.parse_qs(url.query)
        try:
            seconds = float(query["seconds"][0]) if "seconds" in query else None
            if seconds is not None and not math.isfinite(seconds):
                raise ValueError("seconds has to be a finite number")
            self.server.faults.start(name, seconds)
        except ValueError as error:
            raise Answer(400, {"error": str(error)}) from None
        raise Answer(200, {"started": name, "effect": FAULTS[name], "seconds": seconds})

    def _delete(self, url):
        if url.path == SWITCHES:
            self.server.faults.stop_all()
            raise Answer(200, {"stopped": "all"})
        name = self._fault_name(url)
        self.server.faults.stop(name)
        raise Answer(200, {"stopped": name})

    def _fault_name(self, url):
        if not url.path.startswith(SWITCHES + "/"):
            raise Answer(404, {"error": "no such page"})
        name = url.path[len(SWITCHES) + 1:]
        if name not in FAULTS:
            raise Answer(404, {"error": str(UnknownFault(name))})
        return name

    def log_message(self, *_):
        pass  # A line for each scrape would bury everything else.


class Server(http.server.ThreadingHTTPServer):
    """Serves until shutdown(). At most MOST_CONNECTIONS are served at once; more are closed right away."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address, catalog, faults):
        self.catalog = catalog
        self.faults = faults
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._open = set()
        super().__init__(address, Handler)

    @property
    def port(self):
        return self.server_address[1]

    def process_request(self, request, client_address):
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self._open.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.discard(request)
            self._slots.release()

    def handle_error(self, request, client_address):
        pass  # A client that went away in the middle of an answer is no news.

    def close(self):
        """As if the process had ended: nothing listens, and connections that were kept alive are cut."""
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It was closed already.
