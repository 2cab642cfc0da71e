"""Queries that want too much, all at once, from a server that goes on scraping.

Each has to end with an error that says why, or with its answer, within the limits of time and memory, while every scrape
keeps its turn. VIGIA_BINARY names the server, VIGIA_HOSTILE_SERIES how many series it has.
"""
import concurrent.futures
import http.server
import json
import os
import pathlib
import re
import shutil
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from processes import Vigia, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))
SERIES = int(os.environ.get("VIGIA_HOSTILE_SERIES", "1000000"))
TARGETS = 10  # Of the many series; each has two metrics of SERIES / TARGETS / 2.
INTERVAL_S = 2
TIMEOUT_S = 5
MEMORY_MB = 512
PATIENCE_S = 3 if SERIES >= 1_000_000 else 10  # For an answer on a busy machine, beyond the limit of its query.

CONFIG = """
global: {{scrape_interval: {interval}s, scrape_timeout: {interval}s}}
scrape_configs:
  - job_name: tick
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
  - job_name: wide
    scrape_interval: 30s
    scrape_timeout: 30s
    metrics_path: /wide
    static_configs: [{{targets: [{targets}]}}]
"""


class Target(http.server.ThreadingHTTPServer):
    """/metrics notes when it was asked; /wide has many series. Each port is a target."""
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, metrics=b""):
        self.asked = []
        self.metrics = metrics
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/metrics":
            self.server.asked.append(time.monotonic())
        body = self.server.metrics or b"tick 1\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def wide(first, count):
    return "".join(f'wide_{side}{{i="{i:07}"}} {i}\n' for side in "ab" for i in range(first, first + count)).encode()


def nested(open_, inner, close, levels):
    return open_ * levels + inner + close * levels


LARGE = ("422 query processing would load too many samples into memory|"
         "422 query processing would need more memory than the limit|503 query timed out in expression evaluation")
# Fewer series are for servers built to find mistakes: those may be late with anything, and done with what is much.
OK = "200 " if SERIES >= 1_000_000 else "200 |503 query timed out"
MANY = LARGE if SERIES >= 1_000_000 else LARGE + "|" + OK
LONG = "422 query processing would make a label value longer than the limit of"
DEEP = "400 .*nested deeper than 500 levels"


def hostile():
    """Name -> (path, parameters, what the answer begins with: a status and the error, as a regular expression)."""
    busy = nested("quantile_over_time(0.5, ", 'sin(wide_a{i=~"000.*"} @ end() + time())', "[1h:1s])", 4)

    def instant(expression, expected):
        return "query", {"query": expression}, expected

    def over(expression, points, expected):
        end = int(time.time())
        return "query_range", {"query": expression, "start": end - points, "end": end, "step": 1}, expected

    def few(side):
        return f'(wide_{side}{{i=~"000[0-3].*"}} @ end())'

    def one_signature(group):
        """At each step one series of the right side, and all of the left; over all steps each meets each."""
        points, end = 4000, int(time.time())
        right = f'(label_replace({few("b")}, "j", "$1", "i", "(.*)") == scalar(vector(time())) - {end - points})'
        expression = f'count({few("a")} * on () {group} {right})'
        return "query_range", {"query": expression, "start": end - points, "end": end, "step": 1}, LARGE + "|200 "

    def doubled(text, levels):
        for level in range(levels):
            text = f'label_replace({text}, "x", "$1$1", "{"x" if level else "job"}", "(.*)")'
        return text

    return {
        # Huge ranges.
        "a range of 6000 years by seconds": ("query_range", {"query": "tick", "start": 0, "end": 2e11, "step": 1}, "400 .*11,000 points"),
        "a hundred years by milliseconds": instant("count_over_time(tick[100y:1ms])", LARGE),
        "subqueries of subqueries": instant(nested("max_over_time(", "tick", "[10y:1s])", 20), LARGE),
        "all samples of all series": over('{__name__=~".+"}', 11000, MANY),
        # Joins of a million series.
        "a join of a million series over 1000 steps": over("wide_a * on (i) wide_b", 1000, MANY),
        "a join of everything with everything": instant("wide_a * on () wide_b", "422 (found duplicate series|many-to-many)"),
        "joins of joins": over(" + on (i) ".join(["wide_a", "wide_b"] * 20), 1000, MANY),
        "a join where 4000 meet 4000": one_signature("group_left ()"),
        "a label set for each of 4000 times 4000": one_signature("group_left (j)"),
        "a quantile of 4000 at 4000 steps": over(f'quantile(0.9, {few("a")} + scalar(vector(time())))', 4000, LARGE + "|200 "),
        # Labels that grow.
        "labels that double": instant(doubled("tick", 40), LONG),
        "100 MB of separators": instant('label_join(tick, "d", "' + "x" * 20_000 + '"' + ', "job"' * 5000 + ")", LONG),
        "two thousand labels of half a megabyte": instant("count(" + doubled('wide_a{i=~"000[01].*"}', 17) + ")", LARGE),
        # Deep nesting.
        "100,000 parentheses": instant(nested("(", "1", ")", 100_000), DEEP),
        "parentheses that nobody closes": instant("(" * 500_000, DEEP),
        "100,000 minus signs": instant("-" * 100_000 + "1", DEEP),
        "20,000 aggregations": instant(nested("sum(", "tick", ")", 20_000), DEEP),
        "100,000 operands": instant("tick" + "+tick" * 100_000, DEEP),
        "brackets of brackets": instant("tick" + "[1h:1s]" * 100_000, "400 .*parse error"),
        # Much text.
        "a megabyte and more": instant("tick" + " " * (1 << 20), "400 .*longer than 1048576 bytes"),
        "a string of a megabyte": instant('"' + "x" * 1_000_000 + '"', OK),
        "a label of a megabyte": instant('tick{i="' + "x" * 1_000_000 + '"}', OK),
        "a name of a megabyte": instant("x" * 1_000_000, OK),
        "50,000 matchers": instant("tick{" + ",".join(f'l{i}!="x"' for i in range(50_000)) + "}", "422 .*more than 64 matchers"),
        "50,000 grouping labels": instant("sum by (" + ",".join(f"l{i}" for i in range(50_000)) + ") (tick)", OK),
        # Regular expressions that other engines do not come back from.
        "nested repetitions": instant('wide_a{i=~"(([0-9]+)+)+x"}', OK),
        "a thousand times a thousand": instant('tick{i=~"(x{1000}){1000}"}', "400 .*(repetition|too large)"),
        "backtracking in label_replace": instant('count(label_replace(wide_a, "x", "$1", "i", "((0*)*)*x"))', OK + "|" + LARGE),
        "150,000 alternatives": instant('count(wide_a{i=~"' + "|".join(f"{i:x}" for i in range(150_000)) + '"})', OK + "|" + LARGE),
        "a regular expression of a megabyte": instant('tick{i=~"' + "(a?)" * 200_000 + '"}', "400 .*too large"),
        # Work without end.
        "work without end": over(busy, 10_000, MANY),
        "much work at each step": over('count(label_replace(wide_a, "x", "$1", "i", "(.*)"))', 11_000, MANY),
    }


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="vigia-hostile-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        each = SERIES // TARGETS // 2
        cls.wide = [Target(wide(n * each, each)) for n in range(TARGETS)]
        cls.tick = Target()
        for target in [*cls.wide, cls.tick]:
            cls.addClassCleanup(target.shutdown)
        targets = ", ".join(f"'127.0.0.1:{t.port}'" for t in cls.wide)
        cls.vigia = Vigia(BINARY, pathlib.Path(cls.folder, "vigia"),
                          CONFIG.format(interval=INTERVAL_S, port=cls.tick.port, targets=targets),
                          [f"--query.timeout={TIMEOUT_S}s", f"--query.max-memory={MEMORY_MB}MB"])
        cls.addClassCleanup(cls.vigia.stop)
        expected = str(each * 2 * TARGETS)
        wait_until("all series", lambda: [r["value"][1] for r in cls.vigia.query('count({__name__=~"wide_.", i!=""})')] == [expected], 120, 1)

    def ask(self, path, parameters):
        """Status and text of the answer, and how long it took."""
        body = urllib.parse.urlencode(parameters).encode()
        started = time.monotonic()
        try:
            with urllib.request.urlopen(f"{self.vigia.base}/api/v1/{path}", body, timeout=TIMEOUT_S * 12) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        return status, text, time.monotonic() - started

    def memory_bytes(self, which):
        status = pathlib.Path(f"/proc/{self.vigia.process.process.pid}/status").read_text()
        return int(re.search(rf"^{which}:\s+(\d+) kB", status, re.M).group(1)) * 1024

    def run_one(self, name):
        path, parameters, expected = self.queries[name]
        status, text, seconds = self.ask(path, parameters)
        answer = f"{status} {text and json.loads(text).get('error', '')}"
        return name, expected, answer, seconds

    def test_each_ends_within_its_limits_and_scrapes_go_on(self):
        self.queries = hostile()
        before = self.memory_bytes("VmRSS")
        first = len(self.tick.asked)
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            done = list(pool.map(self.run_one, self.queries))
        took = time.monotonic() - started
        wait_until("another scrape", lambda: self.tick.asked[-1] > started + took, 2 * INTERVAL_S)
        grown = self.memory_bytes("VmHWM") - before
        slowest = max(done, key=lambda d: d[3])
        print(f"{len(done)} queries in {took:.1f} s, the slowest ({slowest[0]}) {slowest[3]:.1f} s; memory grew by {grown / 1e6:.0f} MB; "
              f"scrapes up to {self.lateness(first) * 1000:.0f} ms off their time", flush=True)
        for name, expected, answer, seconds in done:
            with self.subTest(name):
                self.assertRegex(answer[:500], f"^(?:{expected})")
                self.assertLess(seconds, TIMEOUT_S + PATIENCE_S)
        self.assertLess(self.lateness(first), INTERVAL_S / 2)
        self.assertLess(grown, 2 * MEMORY_MB * 1_000_000 + SERIES * 500)
        self.assertEqual(self.vigia.query("min_over_time(up[1m]) == 0"), [], "a scrape failed")
        self.assertEqual(self.vigia.value("tick"), 1)

    def lateness(self, first):
        """How far, at most, a scrape was from its slot."""
        asked = self.tick.asked[max(0, first - 1):]
        slots = [asked[0] + k * INTERVAL_S for k in range(len(asked))]
        return max(abs(a - s) for a, s in zip(asked, slots))


if __name__ == "__main__":
    unittest.main(verbosity=2)
