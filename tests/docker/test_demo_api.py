"""The demo application: its metrics are the guide's, its exposition is right, and each switch causes its alert.

Standard library only; time is a number that the test moves. Run: python3 -m unittest -v test_demo_api
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docker" / "api"))

from catalog import Catalog  # noqa: E402
from faults import FAULTS, Faults, UnknownFault  # noqa: E402
from main import DemoApp  # noqa: E402
from metrics import Registry  # noqa: E402
from traffic import Traffic  # noqa: E402

# The guide's lists, in its own notation.
GUIDE = """
http_requests_total{method,endpoint,status}          # Counter
http_request_duration_seconds{method,endpoint}       # Histogram
http_errors_total{method,endpoint,status,error_type} # Counter
http_requests_in_progress                            # Gauge
websocket_connections_total{type}                    # Counter
websocket_connections_active                         # Gauge
websocket_messages_total{event,direction}            # Counter
websocket_message_duration_seconds{event}            # Histogram
websocket_errors_total{event,error_type}             # Counter
websocket_workspace_operations_total{operation,result} # Counter
llm_requests_total{model,status}                     # Counter
llm_request_duration_seconds{model,cached}           # Histogram
llm_tokens_total{model,type}                         # Counter
llm_cache_hits_total{model}                          # Counter
llm_cache_misses_total{model}                        # Counter
llm_cost_eur{model}                                  # Histogram
llm_errors_total{model,error_type}                   # Counter
rag_embedding_duration_seconds{dimension}            # Histogram
rag_embeddings_generated_total{dimension}            # Counter
rag_embedding_generation_rate{dimension}             # Gauge
rag_retrieval_duration_seconds{strategy}             # Histogram
rag_retrievals_total{strategy}                       # Counter
rag_retrieval_results_count{strategy}                # Histogram
rag_retrieval_cache_hits_total{strategy}             # Counter
rag_retrieval_cache_misses_total{strategy}           # Counter
rag_retrieval_errors_total{strategy,error_type}      # Counter
rag_context_build_duration_seconds{template}         # Histogram
rag_context_builds_total{template}                   # Counter
rag_context_length_chars{template}                   # Histogram
rag_context_truncations_total{template}              # Counter
rag_indexing_duration_seconds{batch}                 # Histogram
rag_examples_indexed_total{batch}                    # Counter
rag_indexing_rate{batch}                             # Gauge
rag_vector_store_examples_total                      # Gauge
rag_vector_store_size_mb                             # Gauge
rag_similarity_scores{strategy}                      # Histogram
rag_mmr_scores                                       # Histogram
rag_component_health{component}                      # Gauge
"""


def guide_metrics():
    for line in GUIDE.strip().splitlines():
        name, _, labels, kind = re.fullmatch(r"(\w+)(\{([\w,]*)\})?\s*# (\w+)", line).groups()
        yield name, labels.split(",") if labels else [], kind.lower()


class Simulation:
    """Traffic on a clock of its own."""

    def __init__(self, *faults):
        self.now = 0.0
        self.faults = Faults(lambda: self.now)
        for name in faults:
            self.faults.start(name)
        self.catalog = Catalog()
        self.traffic = Traffic(self.catalog, self.faults, seed=1)

    def run(self, minutes):
        for _ in range(int(minutes * 60)):
            self.now += 1.0
            self.traffic.step(1.0)
        return self


def quantile_bound(histogram, share, **labels):
    """The upper bound of the bucket that holds the quantile, over all children with these labels."""
    totals = [0] * (len(histogram.bounds) + 1)
    for key, child in histogram._children.items():
        if all(dict(zip(histogram.labels, key))[n] == v for n, v in labels.items()):
            totals = [a + b for a, b in zip(totals, child["buckets"])]
    wanted, count = share * sum(totals), 0
    for bound, in_bucket in zip([*histogram.bounds, float("inf")], totals):
        count += in_bucket
        if count >= wanted:
            return bound


def measures(simulation, minutes):
    """What the guide's application alerts look at, over a run from the start: name -> (value, condition of the alert)."""
    c = simulation.catalog
    seconds = minutes * 60
    hits, misses = c.llm_hits.total(), c.llm_misses.total()
    rag_hits, rag_misses = c.retrieval_hits.total(), c.retrieval_misses.total()
    server_errors = c.request_errors.total(error_type="server_error")
    cost = sum(child["sum"] for child in c.llm_cost._children.values())
    strategies = [key[0] for key in c.retrieval_seconds._children]
    return {
        "HighAPIErrorRate": server_errors / c.requests.total() > 0.01,
        # A bound is the bucket's upper end: 2.5 may still be below 2, so a slow API has to be beyond it.
        "HighAPILatency": quantile_bound(c.request_seconds, 0.95) > 2.5,
        "HighWebSocketErrors": c.ws_errors.total() / seconds > 5,
        "NoActiveWebSocketConnections": c.ws_active.value() == 0,
        "HighLLMErrorRate": c.llm_requests.total(status="error") / c.llm_requests.total() > 0.05,
        "LowLLMCacheHitRate": hits / (hits + misses) < 0.30,
        "HighLLMCost": cost / seconds * 3600 > 10,
        "HighRAGRetrievalLatency": max(quantile_bound(c.retrieval_seconds, 0.95, strategy=s) for s in strategies) > 1,
        "LowRAGCacheHitRate": rag_hits / (rag_hits + rag_misses) < 0.50,
    }


class Metrics(unittest.TestCase):
    def test_exposition(self):
        registry = Registry()
        counter = registry.counter("jobs_total", "Jobs.", "kind")
        counter.add(2, 'a"b\\c\nd')
        registry.gauge("level", "Level.").set(1.5)
        histogram = registry.histogram("size", "Size.", bounds=(1, 2.5))
        for value in (1, 1.5, 7):
            histogram.observe(value)
        self.assertEqual(registry.render().splitlines(), [
            "# HELP jobs_total Jobs.", "# TYPE jobs_total counter", r'jobs_total{kind="a\"b\\c\nd"} 2',
            "# HELP level Level.", "# TYPE level gauge", "level 1.5",
            "# HELP size Size.", "# TYPE size histogram", 'size_bucket{le="1.0"} 1', 'size_bucket{le="2.5"} 2',
            'size_bucket{le="+Inf"} 3', "size_sum 9.5", "size_count 3"])

    def test_misuse_is_refused(self):
        registry = Registry()
        counter = registry.counter("c_total", "C.", "a", "b")
        with self.assertRaises(ValueError):
            counter.add(-1, "x", "y")
        with self.assertRaises(ValueError):
            counter.add(1, "x")
        with self.assertRaises(ValueError):
            registry.gauge("c_total", "Again.")
        with self.assertRaises(ValueError):
            registry.histogram("h", "H.", bounds=(2, 1))

    def test_every_metric_of_the_guide_with_its_labels_and_type(self):
        families = Catalog().registry.families
        self.assertEqual({name: (list(f.labels), f.kind) for name, f in families.items()},
                         {name: (labels, kind) for name, labels, kind in guide_metrics()})

    def test_every_metric_has_samples_after_a_minute(self):
        text = Simulation().run(3).catalog.registry.render()
        for name, labels, kind in guide_metrics():
            series = name + "_count" if kind == "histogram" else name
            found = re.findall(rf"^{series}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)
            self.assertTrue(found, series)
            self.assertEqual(re.findall(r'(\w+)="', found[0][0]), labels, series)

    @unittest.skipUnless(shutil.which("promtool"), "promtool (package prometheus) is missing")
    def test_promtool_reads_it(self):
        text = Simulation().run(1).catalog.registry.render()
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        # The guide's own names draw two remarks on style; anything else would be a mistake in the text.
        remarks = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("rag_vector_store_")]
        self.assertEqual(remarks, [])


class TrafficAndFaults(unittest.TestCase):
    def test_faults_are_exactly_the_application_alerts(self):
        alerts = re.findall(r"- alert: (\w+)", (ROOT / "docker/prometheus/alerts.yml").read_text())
        self.assertEqual(len(alerts), 16)
        databases = {"HighPostgreSQLConnections", "LowPostgreSQLCacheHitRatio", "PostgreSQLDown", "HighRedisMemoryUsage",
                     "RedisDown", "HighRedisEvictionRate", "APIServiceDown"}
        self.assertEqual(set(alerts) - databases, set(FAULTS))

    def test_healthy_traffic_stays_far_from_every_alert(self):
        # Any five minutes, not only the average: half an hour in six parts of five minutes each.
        for minutes in (5, 30):
            result = measures(Simulation().run(minutes), minutes)
            self.assertEqual([name for name, broken in result.items() if broken], [], f"{minutes} minutes")

    def test_each_fault_causes_its_alert_and_no_other(self):
        for name in FAULTS:
            with self.subTest(name):
                result = measures(Simulation(name).run(10), 10)
                self.assertEqual([n for n, broken in result.items() if broken], [name])

    def test_a_fault_ends(self):
        simulation = Simulation("NoActiveWebSocketConnections").run(1)
        self.assertEqual(simulation.catalog.ws_active.value(), 0)
        simulation.faults.stop("NoActiveWebSocketConnections")
        simulation.run(2)
        self.assertGreater(simulation.catalog.ws_active.value(), 0)
        simulation.faults.start("HighAPIErrorRate", 60)
        self.assertTrue(simulation.faults.active("HighAPIErrorRate"))
        simulation.now += 60
        self.assertFalse(simulation.faults.active("HighAPIErrorRate"))

    def test_unknown_faults_and_durations_are_refused(self):
        faults = Faults(lambda: 0.0)
        with self.assertRaises(UnknownFault):
            faults.start("HighTide")
        with self.assertRaises(UnknownFault):
            faults.stop("HighTide")
        for seconds in (0, -1, float("inf")):
            with self.assertRaises(ValueError):
                faults.start("HighLLMCost", seconds)

    def test_what_belongs_together_adds_up(self):
        c = Simulation().run(10).catalog
        self.assertEqual(c.requests.total(), c.request_seconds.total())
        self.assertEqual(c.ws_active.value(), c.ws_connections.value("connect") - c.ws_connections.value("disconnect"))
        self.assertEqual(c.llm_requests.total(), c.llm_hits.total() + c.llm_misses.total())
        self.assertEqual(c.llm_errors.total(), c.llm_requests.total(status="error"))
        self.assertEqual(c.retrievals.total(), c.retrieval_hits.total() + c.retrieval_misses.total() + c.retrieval_errors.total())

    def test_same_seed_same_traffic(self):
        self.assertEqual(Simulation().run(2).catalog.registry.render(), Simulation().run(2).catalog.registry.render())


class OverHttp(unittest.TestCase):
    def setUp(self):
        self.app = DemoApp("127.0.0.1", 0)
        self.addCleanup(self.app.stop)

    def call(self, path, method="GET", data=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.app.port}{path}", method=method, data=data)
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def test_health_and_metrics(self):
        self.assertEqual(self.call("/api/v1/health/live"), (200, '{"status": "alive"}'))
        for _ in range(9):
            self.call("/api/v1/health/live")
        status, text = self.call("/api/v1/metrics")
        self.assertEqual(status, 200)
        self.assertIn('http_requests_total{method="GET",endpoint="/api/v1/health/live",status="200"} 10\n', text)

    def test_unknown_paths_are_one_endpoint(self):
        for path in ("/a", "/b", "/c?d"):
            self.assertEqual(self.call(path)[0], 404)
        self.assertEqual(self.app.catalog.requests.value("GET", "unmatched", 404), 3)
        self.assertEqual(self.app.catalog.request_errors.value("GET", "unmatched", 404, "client_error"), 3)

    def test_switches(self):
        path = "/api/v1/demo/faults"
        self.assertEqual([f["active"] for f in json.loads(self.call(path)[1])], [False] * len(FAULTS))
        self.assertEqual(self.call(path + "/HighLLMCost", "POST")[0], 200)
        self.assertEqual(self.call(path + "/HighLLMErrorRate?seconds=600", "POST", b"ignored")[0], 200)
        active = [f["name"] for f in json.loads(self.call(path)[1]) if f["active"]]
        self.assertEqual(active, ["HighLLMErrorRate", "HighLLMCost"])
        self.assertEqual(self.call(path + "/HighLLMCost", "DELETE")[0], 200)
        self.assertFalse(self.app.faults.active("HighLLMCost"))
        self.assertEqual(self.call(path, "DELETE")[0], 200)
        self.assertFalse(self.app.faults.active("HighLLMErrorRate"))
        self.assertEqual(self.call(path + "/HighTide", "POST")[0], 404)
        self.assertEqual(self.call(path + "/HighTide", "DELETE")[0], 404)
        for seconds in ("soon", "-5", "nan"):
            self.assertEqual(self.call(f"{path}/HighLLMCost?seconds={seconds}", "POST")[0], 400)

    def test_scrapes_beside_traffic(self):
        answers = []

        def scrape():
            answers.extend(self.call("/api/v1/metrics")[0] for _ in range(5))
        threads = [threading.Thread(target=scrape) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [200] * 40)


class Program(unittest.TestCase):
    def start(self, **environment):
        return subprocess.Popen([sys.executable, str(ROOT / "docker/api/main.py")], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True,
                                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "DEMO_ADDRESS": "127.0.0.1", **environment})

    def test_starts_with_faults_and_stops_cleanly(self):
        with self.start(DEMO_PORT="0", DEMO_FAULTS="HighLLMCost, HighAPILatency") as process:
            url = process.stdout.readline().split()[-1]
            with urllib.request.urlopen(url.replace("metrics", "demo/faults"), timeout=5) as response:
                active = [f["name"] for f in json.load(response) if f["active"]]
            self.assertEqual(active, ["HighAPILatency", "HighLLMCost"])
            started = time.monotonic()
            process.terminate()
            self.assertEqual(process.wait(10), 0, process.stderr.read())
            self.assertLess(time.monotonic() - started, 5)

    def test_says_what_is_wrong_with_its_environment(self):
        for environment, message in (({"DEMO_FAULTS": "HighTide"}, "no such fault: HighTide"), ({"DEMO_PORT": "http"}, "'http'")):
            with self.start(**{"DEMO_PORT": "0", **environment}) as process:
                self.assertEqual(process.wait(10), 1)
                self.assertIn(message, process.stderr.read())


if __name__ == "__main__":
    unittest.main(verbosity=2)
