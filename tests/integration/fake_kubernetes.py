"""A Kubernetes API server as far as kubectl and discovery need one: TLS, tokens and client certificates, lists in pages,
watches as chunked streams, bookmarks, versions that are gone."""
import copy
import http.server
import json
import pathlib
import ssl
import subprocess
import threading
import urllib.parse

RESOURCES = {
    "/api/v1": {"pods": ("Pod", True), "nodes": ("Node", False), "services": ("Service", True), "endpoints": ("Endpoints", True),
                "namespaces": ("Namespace", False)},
    "/apis/discovery.k8s.io/v1": {"endpointslices": ("EndpointSlice", True)},
    "/apis/networking.k8s.io/v1": {"ingresses": ("Ingress", True)},
}


def certificates(folder):
    """A CA, a certificate of the server (127.0.0.1) and one of a client; made with openssl."""
    folder = pathlib.Path(folder)

    def run(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout", "ca.key", "-out",
        "ca.crt", "-subj", "/CN=test-ca")
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    (folder / "client.ext").write_text("extendedKeyUsage=clientAuth\n")
    for name in ("server", "client"):
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={name}")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out",
            f"{name}.crt", "-extfile", f"{name}.ext")
    return folder


class Cluster:
    def __init__(self, folder, token):
        self.folder = certificates(folder)
        self.token = token
        self.page = 500
        self.changed = threading.Condition()
        self.version = 1000
        self.oldest = 0
        self.objects = {}  # resource -> {(namespace, name): object}
        self.events = []  # (version, resource, type, object)
        self.generation = 0
        self.requests = []
        cluster = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                cluster.answer(self)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.crt", self.folder / "server.key")
        context.load_verify_locations(self.folder / "ca.crt")
        context.verify_mode = ssl.CERT_OPTIONAL
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        with self.changed:
            self.generation += 1
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()

    def put(self, resource, obj):
        obj = copy.deepcopy(obj)
        key = (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        with self.changed:
            self.version += 1
            obj["metadata"]["resourceVersion"] = str(self.version)
            known = self.objects.setdefault(resource, {})
            self.events.append((self.version, resource, "MODIFIED" if key in known else "ADDED", obj))
            known[key] = obj
            self.changed.notify_all()

    def remove(self, resource, namespace, name):
        with self.changed:
            self.version += 1
            obj = copy.deepcopy(self.objects[resource].pop((namespace, name)))
            obj["metadata"]["resourceVersion"] = str(self.version)
            self.events.append((self.version, resource, "DELETED", obj))
            self.changed.notify_all()

    def compact(self):
        """Forgets the past and ends all streams."""
        with self.changed:
            self.version += 1
            self.oldest = self.version
            self.events.clear()
            self.generation += 1
            self.changed.notify_all()

    def answer(self, handler):
        path, _, query = handler.path.partition("?")
        parameters = dict(urllib.parse.parse_qsl(query))
        self.requests.append(handler.path)
        certified = handler.connection.getpeercert()
        if not certified and handler.headers.get("Authorization") != f"Bearer {self.token}":
            return self.refuse(handler, 401, "Unauthorized")
        if path == "/version":
            return self.reply(handler, {"major": "1", "minor": "32", "gitVersion": "v1.32.0"})
        if path == "/api":
            return self.reply(handler, {"kind": "APIVersions", "versions": ["v1"]})
        if path == "/apis":
            groups = [p.split("/")[2] for p in RESOURCES if p.startswith("/apis/")]
            return self.reply(handler, {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {"name": g, "versions": [{"groupVersion": g + "/v1", "version": "v1"}],
                 "preferredVersion": {"groupVersion": g + "/v1", "version": "v1"}} for g in groups]})
        if path in RESOURCES:
            return self.reply(handler, {"kind": "APIResourceList", "groupVersion": path.split("/", 2)[2], "resources": [
                {"name": n, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["get", "list", "watch"]}
                for n, (kind, namespaced) in RESOURCES[path].items()]})
        prefix = next((p for p in RESOURCES if path.startswith(p + "/")), None)
        parts = path[len(prefix) + 1:].split("/") if prefix else []
        namespace = ""
        if len(parts) == 3 and parts[0] == "namespaces":
            namespace, parts = parts[1], parts[2:]
        if len(parts) != 1 or parts[0] not in RESOURCES[prefix]:
            return self.refuse(handler, 404, "NotFound")
        if parameters.get("watch") in ("true", "1"):
            return self.watch(handler, parts[0], namespace, parameters)
        return self.list(handler, prefix, parts[0], namespace, parameters)

    def reply(self, handler, body, status=200):
        data = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def refuse(self, handler, code, reason):
        self.reply(handler, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": reason, "reason": reason,
                             "code": code}, code)

    def list(self, handler, prefix, resource, namespace, parameters):
        with self.changed:
            items = [o for (ns, _), o in sorted(self.objects.get(resource, {}).items()) if namespace in ("", ns)]
            version = self.version
        start = int(parameters.get("continue", 0))
        end = start + min(self.page, int(parameters.get("limit", 500)))
        kind = RESOURCES[prefix][resource][0]
        metadata = {"resourceVersion": str(version)}
        if end < len(items):
            metadata["continue"] = str(end)
        self.reply(handler, {"kind": kind + "List", "apiVersion": prefix.split("/", 2)[2], "metadata": metadata,
                             "items": items[start:end]})

    def watch(self, handler, resource, namespace, parameters):
        seen = int(parameters.get("resourceVersion") or 0)
        if seen < self.oldest:
            return self.refuse(handler, 410, "Expired")
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        generation = self.generation
        try:
            while True:
                with self.changed:
                    if generation != self.generation:
                        break
                    news = [e for e in self.events if e[0] > seen and e[1] == resource and
                            namespace in ("", e[3]["metadata"].get("namespace", ""))]
                    if not news:
                        self.changed.wait(1)
                        continue
                for version, _, kind, obj in news:
                    seen = version
                    line = (json.dumps({"type": kind, "object": obj}) + "\n").encode()
                    half = len(line) // 2  # Events do not end where pieces end.
                    for piece in (line[:half], line[half:]):
                        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                        handler.wfile.flush()
            handler.wfile.write(b"0\r\n\r\n")
        except OSError:
            handler.close_connection = True
