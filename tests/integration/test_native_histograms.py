"""Native histograms from a target to a query: scraped as protobuf, converted from text, and pushed by OTLP.

Run by ctest; VIGIA_BINARY names the server. Messages are written byte by byte from the protocols' field numbers, and
expected values are arithmetic over the observations in them.
"""
import gzip
import http.server
import math
import os
import pathlib
import shutil
import struct
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from processes import Vigia, get, get_json, now, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))

CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: native
    scrape_native_histograms: true
    metrics_path: /protobuf
    static_configs: [{{targets: ['127.0.0.1:{port}'], labels: {{instance: i}}}}]
  - job_name: classic
    metrics_path: /protobuf
    scrape_protocols: [PrometheusProto]
    static_configs: [{{targets: ['127.0.0.1:{port}'], labels: {{instance: i}}}}]
  - job_name: converted
    convert_classic_histograms_to_nhcb: true
    metrics_path: /text
    static_configs: [{{targets: ['127.0.0.1:{port}'], labels: {{instance: i}}}}]
"""


def varint(n):
    out = b""
    while n >= 128:
        out += bytes([n % 128 + 128])
        n //= 128
    return out + bytes([n])


def zigzag(n):
    return 2 * n if n >= 0 else -2 * n - 1


def number(field, n):
    return varint(field * 8) + varint(n)


def double(field, v):
    return varint(field * 8 + 1) + struct.pack("<d", v)


def fixed64(field, n):
    return varint(field * 8 + 1) + struct.pack("<Q", n)


def data(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field * 8 + 2) + varint(len(content)) + content


def label(name, value):
    return data(1, data(1, name) + data(2, value))


def family(name, kind, metric):
    message = data(1, name) + data(2, "Help.") + number(3, kind) + data(4, metric)
    return varint(len(message)) + message


def exposition(scale):
    """10 * scale observations: 2 of 0, 3 in (1, 2] and 5 in (2, 4], each times `scale`; natively and in classic buckets."""
    classic = number(1, 10 * scale) + double(2, 25.0 * scale) + data(3, number(1, 5 * scale) + double(2, 2.0))
    spans = data(12, number(1, zigzag(1)) + number(2, 2))
    deltas = data(13, varint(zigzag(3 * scale)) + varint(zigzag(2 * scale)))
    native = number(5, zigzag(0)) + double(6, 0.001) + number(7, 2 * scale) + spans + deltas
    return family("h", 4, label("path", "/") + data(7, classic + native)) + family("g", 1, data(2, double(1, 7)))


TEXT = """# TYPE t histogram
t_bucket{le="1"} 4
t_bucket{le="3"} 10
t_bucket{le="+Inf"} 10
t_sum 12
t_count 10
"""


class Target(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.accepted = {}
        self.scale = 1
        self.shows_histogram = True
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.accepted[self.path] = self.headers["Accept"]
        if self.path == "/protobuf":
            body = exposition(self.server.scale) if self.server.shows_histogram else b""
            kind = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
        else:
            body, kind = TEXT.encode(), "text/plain; version=0.0.4"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class NativeHistograms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="vigia-native-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.target = Target()
        cls.addClassCleanup(cls.target.shutdown)
        cls.vigia = Vigia(BINARY, pathlib.Path(folder) / "vigia", CONFIG.format(port=cls.target.server_port),
                          ["--web.enable-otlp-receiver"])
        cls.addClassCleanup(lambda: cls.vigia.process.stop())
        wait_until("scrapes", lambda: len(cls.query('up == 1')) == 3)

    @classmethod
    def query(cls, text, at=None):
        answer = get_json(cls.vigia.base + "/api/v1/query", query=text, time=at or now())
        return answer["data"]["result"]

    def value(self, text, at=None):
        result = self.query(text, at)
        self.assertEqual(len(result), 1, text)
        return float(result[0]["value"][1])

    def test_scraped_as_protobuf(self):
        self.assertTrue(self.target.accepted["/protobuf"].startswith("application/vnd.google.protobuf;"))
        wait_until("histogram", lambda: self.query('h{job="native"}'))
        result = self.query('h{job="native"}')[0]
        self.assertEqual(result["metric"], {"__name__": "h", "instance": "i", "job": "native", "path": "/"})
        histogram = result["histogram"][1]
        self.assertEqual((histogram["count"], histogram["sum"]), ("10", "25"))
        self.assertEqual(histogram["buckets"], [[3, "-0.001", "0.001", "2"], [0, "1", "2", "3"], [0, "2", "4", "5"]])
        self.assertEqual(self.query('h_count{job="native"}'), [])
        self.assertEqual(self.value('g{job="native"}'), 7)
        self.assertEqual(self.value('scrape_samples_scraped{job="native"}'), 2)

    def test_quantiles(self):
        at = now()
        # Half of the way, in logarithms, from 2 to 4 lie three quarters of all observations.
        self.assertAlmostEqual(self.value('histogram_quantile(0.75, h{job="native"})', at), 2 ** 1.5, places=12)
        self.assertAlmostEqual(self.value('histogram_quantile(0.5, h{job="native"})', at), 2, places=12)
        self.assertEqual(self.value('histogram_avg(h{job="native"})', at), 2.5)
        self.assertEqual(self.value('histogram_count(h{job="native"})', at), 10)

    def test_classic_part_where_native_ones_are_not_wanted(self):
        self.assertEqual(self.value('h_count{job="classic"}'), 10)
        self.assertEqual(self.value('h_bucket{job="classic",le="2.0"}'), 5)
        self.assertEqual(self.value('h_bucket{job="classic",le="+Inf"}'), 10)
        self.assertEqual(self.query('h{job="classic"}'), [])

    def test_converted_from_text(self):
        histogram = self.query('t{job="converted"}')[0]["histogram"][1]
        self.assertEqual((histogram["count"], histogram["sum"]), ("10", "12"))
        # 4 of 10 observations lie below 1: of those between 1 and 3, one more is a sixth of the way.
        self.assertAlmostEqual(self.value('histogram_quantile(0.5, t{job="converted"})'), 1 + 2 / 6, places=12)
        self.assertEqual(self.query('t_bucket'), [])

    def test_y_increase(self):
        self.target.scale = 3
        self.addCleanup(setattr, self.target, "scale", 1)
        wait_until("more observations", lambda: self.value('histogram_count(h{job="native"})') == 30)
        self.assertGreater(self.value('histogram_count(increase(h{job="native"}[1m]))'), 19)
        self.assertAlmostEqual(self.value('histogram_quantile(0.75, increase(h{job="native"}[1m]))'), 2 ** 1.5, places=9)

    def test_z_staleness(self):
        self.target.shows_histogram = False
        self.addCleanup(setattr, self.target, "shows_histogram", True)
        wait_until("the end of the series", lambda: not self.query('h{job="native"}'))

    def test_federated(self):
        """A second server pulls the histograms and what the server says about itself, both as protobuf."""
        config = f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: federate
    scrape_native_histograms: true
    honor_labels: true
    metrics_path: /federate
    params: {{'match[]': ['{{__name__=~"h|g|t"}}']}}
    static_configs: [{{targets: ['127.0.0.1:{self.vigia.port}']}}]
  - job_name: itself
    scrape_protocols: [PrometheusProto]
    static_configs: [{{targets: ['127.0.0.1:{self.vigia.port}']}}]
"""
        folder = tempfile.mkdtemp(prefix="vigia-federate-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        other = Vigia(BINARY, pathlib.Path(folder) / "vigia", config)
        self.addCleanup(lambda: other.process.stop())

        def query(text):
            return get_json(other.base + "/api/v1/query", query=text, time=now())["data"]["result"]

        wait_until("federated histogram", lambda: query('h{job="native"}'))
        self.assertEqual(query('h{job="native"}')[0]["histogram"][1], self.query('h{job="native"}')[0]["histogram"][1])
        self.assertEqual(query('g{job="native"}')[0]["value"][1], "7")
        # Custom buckets have no form of their own there: they come as the series of a classic histogram.
        self.assertEqual(query('t_bucket{le="3.0"}')[0]["value"][1], "10")
        self.assertEqual(query('t_bucket{le="1.0"}')[0]["value"][1], "4")
        text = get(self.vigia.base + "/federate", **{"match[]": '{__name__=~"h|t"}'})
        self.assertIn('t_bucket{instance="i",job="converted",le="3.0"} 10 ', text)
        self.assertIn('t_count{instance="i",job="converted"} 10 ', text)
        self.assertNotIn("\nh{", text)
        wait_until("own metrics", lambda: query("prometheus_build_info or vigia_build_info"))

    def post(self, body, **headers):
        request = urllib.request.Request(self.vigia.base + "/api/v1/otlp/v1/metrics", body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def test_pushed_by_otlp(self):
        at = time.time_ns()
        attribute = data(1, data(1, "service.name") + data(2, data(1, "shop")))
        more = data(1, data(1, "host.name") + data(2, data(1, "h1")))
        point = (fixed64(3, at) + fixed64(4, 10) + double(5, 25.0) + number(6, zigzag(0)) + fixed64(7, 2) +
                 data(8, number(1, zigzag(0)) + data(2, varint(3) + varint(5))))
        metric = data(1, "request.duration") + data(3, "s") + data(10, data(1, point) + number(2, 2))
        body = data(1, data(1, attribute + more) + data(2, data(2, metric)))
        self.assertEqual(self.post(gzip.compress(body), **{"Content-Type": "application/x-protobuf",
                                                           "Content-Encoding": "gzip"}), (200, ""))
        # OpenTelemetry's buckets 0 and 1 of scale 0 are (1, 2] and (2, 4].
        self.assertAlmostEqual(self.value('histogram_quantile(0.75, request_duration_seconds{job="shop"})'),
                               math.pow(2, 1.5), places=12)
        self.assertEqual(self.value('target_info{host_name="h1",job="shop"}'), 1)
        self.assertEqual(self.post(body, **{"Content-Type": "text/plain"})[0], 400)


if __name__ == "__main__":
    unittest.main()
