"""A Consul agent as far as discovery asks one: its datacenter, the catalogue, the health of services, blocking queries."""
import http.server
import json
import threading
import urllib.parse


class Agent:
    def __init__(self, token=""):
        self.token = token
        self.changed = threading.Condition()
        self.index = 100
        self.catalogue = (100, {"consul": []})
        self.instances = {}  # service -> (index, list)
        self.requests = []
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                agent.answer(self)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def register(self, service, instances, tags=()):
        """Makes the instances of a service these; none: it is gone."""
        with self.changed:
            self.index += 1
            known = dict(self.catalogue[1])
            if instances and known.get(service) != list(tags):
                self.catalogue = (self.index, {**known, service: list(tags)})
            if not instances:
                known.pop(service, None)
                self.catalogue = (self.index, known)
            self.instances[service] = (self.index, instances)
            self.changed.notify_all()

    def answer(self, handler):
        url = urllib.parse.urlparse(handler.path)
        parameters = dict(urllib.parse.parse_qsl(url.query))
        self.requests.append(handler.path)
        given = handler.headers.get("X-Consul-Token") or handler.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.token and given != self.token:
            return self.reply(handler, 403, "Permission denied")
        if url.path == "/v1/agent/self":
            return self.reply(handler, 200, {"Config": {"Datacenter": "dc1", "NodeName": "n"}})
        seen, wait = int(parameters.get("index", 0)), min(5, float(parameters.get("wait", "1s").rstrip("ms") or 1))
        with self.changed:
            self.changed.wait_for(lambda: self.current(url.path)[0] != seen, timeout=wait)
            index, body = self.current(url.path)
        return self.reply(handler, 200, body, index)

    def current(self, path):
        if path == "/v1/catalog/services":
            return self.catalogue
        return self.instances.get(path.rsplit("/", 1)[1], (100, []))

    def reply(self, handler, status, body, index=None):
        data = json.dumps(body).encode() if not isinstance(body, str) else body.encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        if index is not None:
            handler.send_header("X-Consul-Index", str(index))
        try:
            handler.end_headers()
            handler.wfile.write(data)
        except OSError:
            handler.close_connection = True  # Who waited has left.
