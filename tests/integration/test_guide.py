"""The monitoring guide's stack on loopback, with real exporters and a real Alertmanager.

Run by ctest; VIGIA_BINARY names the server. Every expected value is arithmetic over what the application served, or
what another program (psql, redis-cli, Alertmanager) says about the same thing.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from guide_app import GuideApp
from processes import Postgres, Process, Vigia, free_port, get, get_json, now, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))

CONFIG = """
global:
  scrape_interval: 1s
  scrape_timeout: 1s
  evaluation_interval: 1s
  external_labels:
    site: test
rule_files:
  - {root}/docker/prometheus/alerts.yml
  - quick.yml
alerting:
  alertmanagers:
    - static_configs:
        - targets: ['127.0.0.1:{alertmanager}']
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: ['127.0.0.1:{vigia}']
  - job_name: devmatrix-api
    metrics_path: /api/v1/metrics
    static_configs:
      - targets: ['127.0.0.1:{app}']
  - job_name: postgres
    static_configs:
      - targets: ['127.0.0.1:{postgres}']
  - job_name: redis
    static_configs:
      - targets: ['127.0.0.1:{redis}']
  - job_name: node
    static_configs:
      - targets: ['127.0.0.1:{node}']
"""

QUICK_RULES = """
groups:
  - name: quick
    interval: 1s
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: QuickAPIDown
        expr: up{job="devmatrix-api"} == 0
        for: 3s
        labels: {severity: critical}
        annotations:
          summary: '{{ $labels.instance }} is down, up is {{ $value }}'
      - alert: SlowPending
        expr: vector(1)
        for: 1h
        labels: {severity: info}
"""

ALERTMANAGER = """
route: {receiver: nobody, group_wait: 0s, group_interval: 1s}
receivers: [{name: nobody}]
"""


def extrapolated_increase(points, start, end):
    """increase() over (start, end] as Prometheus defines it, in plain arithmetic. Points are (seconds, value).

    Computed in whole milliseconds: differences of large seconds are not exact."""
    start, end = round(start * 1000), round(end * 1000)
    points = [(round(t * 1000), v) for t, v in points]
    points = [(t, v) for t, v in points if start < t <= end]
    if len(points) < 2:
        return None
    increase = points[-1][1] - points[0][1]
    for (_, before), (_, after) in zip(points, points[1:]):
        if after < before:
            increase += before
    sampled = points[-1][0] - points[0][0]
    gap = sampled / (len(points) - 1)
    to_start, to_end = points[0][0] - start, end - points[-1][0]
    if to_start >= gap * 1.1:
        to_start = gap / 2
    if increase > 0 and points[0][1] >= 0:
        to_start = min(to_start, sampled * points[0][1] / increase)
    if to_end >= gap * 1.1:
        to_end = gap / 2
    return increase * (sampled + to_start + to_end) / sampled


class GuideStack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="vigia-guide-")
        os.chmod(cls.folder, 0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.app = GuideApp(0)
        cls.addClassCleanup(lambda: cls.app.stop())
        cls.postgres = Postgres(cls.folder)
        cls.addClassCleanup(cls.postgres.stop)
        ports = {name: free_port() for name in ("redis_server", "redis", "postgres", "node", "alertmanager", "vigia")}
        cls.ports = ports
        listen = "--web.listen-address=127.0.0.1:{}"
        commands = {
            "redis-server": (["redis-server", "--port", str(ports["redis_server"]), "--bind", "127.0.0.1", "--save", "",
                              "--maxmemory", "64mb"], {}),
            "postgres-exporter": (["prometheus-postgres-exporter", listen.format(ports["postgres"])],
                                  {"DATA_SOURCE_NAME": cls.postgres.url()}),
            "redis-exporter": (["prometheus-redis-exporter", listen.format(ports["redis"]),
                                f"-redis.addr=redis://127.0.0.1:{ports['redis_server']}"], {}),
            "node-exporter": (["prometheus-node-exporter", listen.format(ports["node"])], {}),
            "alertmanager": (["prometheus-alertmanager", listen.format(ports["alertmanager"]), "--cluster.listen-address=",
                              f"--config.file={cls.folder}/alertmanager.yml", f"--storage.path={cls.folder}/alertmanager"], {}),
        }
        commands["redis-exporter"][0][1] = f"-web.listen-address=127.0.0.1:{ports['redis']}"
        pathlib.Path(cls.folder, "alertmanager.yml").write_text(ALERTMANAGER)
        for name, (command, env) in commands.items():
            process = Process(name, command, cls.folder, env)
            cls.addClassCleanup(process.stop)
        cls.held = [cls.postgres.hold_connection("devmatrix") for _ in range(4)]
        for session in cls.held:
            cls.addClassCleanup(session.wait)
            cls.addClassCleanup(session.stdin.close)
        cls.alertmanager = f"http://127.0.0.1:{ports['alertmanager']}"
        wait_until("Alertmanager", lambda: get(cls.alertmanager + "/-/ready"))
        config = CONFIG.format(root=ROOT, app=cls.app.port, **ports)
        folder = pathlib.Path(cls.folder, "vigia")
        folder.mkdir()
        (folder / "quick.yml").write_text(QUICK_RULES)
        cls.vigia = Vigia(BINARY, folder, config, ["--rules.alert.for-grace-period=10s"], ports["vigia"])
        cls.addClassCleanup(lambda: cls.vigia.stop())
        for _ in range(12):
            cls.app.tick()
            time.sleep(0.5)
        # No more work: from here on counters stand still, and every query has one answer.
        scrapes = len(cls.app.served)
        wait_until("two scrapes after the last change", lambda: len(cls.app.served) >= scrapes + 3)

    def raw(self, selector, at, window="5m"):
        """{labels as JSON: [(t, v)]} of a range selector at a fixed time."""
        out = {}
        for series in self.vigia.query(f"{selector}[{window}]", time=at):
            key = json.dumps({k: v for k, v in series["metric"].items() if k != "__name__"}, sort_keys=True)
            out[key] = [(t, float(v)) for t, v in series["values"]]
        return out

    def increases(self, selector, at, seconds):
        found = {k: extrapolated_increase(points, at - seconds, at)
                 for k, points in self.raw(selector, at, f"{seconds}s").items()}
        return {k: v for k, v in found.items() if v is not None}

    def test_01_all_targets_are_up(self):
        def all_up():
            targets = self.vigia.api("targets", state="active")["activeTargets"]
            return len(targets) == 5 and all(t["health"] == "up" for t in targets) and targets
        targets = wait_until("all targets up", all_up)
        self.assertEqual({t["scrapePool"] for t in targets}, {"prometheus", "devmatrix-api", "postgres", "redis", "node"})
        for target in targets:
            self.assertEqual(target["lastError"], "")
            self.assertEqual(self.vigia.value('up{job="%s"}' % target["scrapePool"]), 1)

    def test_02_stored_values_are_what_was_served(self):
        # Only scrapes that were certainly stored: those before the newest.
        at = now()
        points = self.raw("llm_tokens_total", at)
        served = [s for s in self.app.served]
        for key, samples in points.items():
            labels = json.loads(key)
            text = 'llm_tokens_total{model="claude",type="%s"}' % labels["type"]
            expected = [s[text] for s in served if text in s]
            got = [v for _, v in samples]
            self.assertEqual(got, expected[:len(got)], text)
            self.assertGreaterEqual(len(got), len(expected) - 1)
            times = [t for t, _ in samples]
            self.assertEqual(times, sorted(set(times)))

    def check_rate(self, selector, window_s=300):
        at = now()
        got = {json.dumps(r["metric"], sort_keys=True): float(r["value"][1])
               for r in self.vigia.query(f"rate({selector}[{window_s}s])", time=at)}
        expected = {k: v / window_s for k, v in self.increases(selector, at, window_s).items()}
        self.assertTrue(expected, selector)
        self.assertEqual(set(got), set(expected))
        for key, value in expected.items():
            self.assertAlmostEqual(got[key], value, delta=1e-9 * max(1, abs(value)), msg=key)

    def test_03_request_rate_by_endpoint(self):
        self.check_rate("http_requests_total")

    def test_04_latency_quantiles(self):
        # Chat: 40 requests a tick, 30 in (0.5, 1], 10 in (1, 2.5]. Rank 38 is 8 of 10 into the last bucket: 1 + 1.5 * 0.8.
        # Files: 60 of 60 in (0, 0.1]: rank 57 of 60: 0.1 * 0.95. Proportions hold in every window.
        result = self.vigia.query("histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m]))")
        got = {r["metric"]["endpoint"]: float(r["value"][1]) for r in result}
        self.assertAlmostEqual(got["/api/v1/chat"], 2.2, places=6)
        self.assertAlmostEqual(got["/api/v1/files"], 0.095, places=6)
        # The guide's fourth query sums the label le away, so that no quantile is left: empty, and a warning says why.
        guide = ("topk(10, histogram_quantile(0.95, sum by (endpoint) (rate(http_request_duration_seconds_bucket[5m]))))")
        answer = get_json(f"{self.vigia.base}/api/v1/query", query=guide)
        self.assertEqual(answer["data"]["result"], [])
        self.assertIn('bucket label "le" is missing or has a malformed value', answer["warnings"][0])
        result = self.vigia.query(guide.replace("by (endpoint)", "by (endpoint, le)"))
        self.assertEqual([r["metric"]["endpoint"] for r in result], ["/api/v1/chat", "/api/v1/files"])
        self.assertAlmostEqual(float(result[0]["value"][1]), 2.2, places=6)

    def test_05_error_rate(self):
        # 2 errors for each 100 requests, in every window.
        value = self.vigia.value("sum(rate(http_errors_total[5m])) / sum(rate(http_requests_total[5m])) * 100")
        self.assertAlmostEqual(value, 2.0, places=6)

    def test_06_llm_queries(self):
        at = now()
        expected = sum(self.increases("llm_cost_eur_sum", at, 3600).values()) / 3600 * 3600
        self.assertAlmostEqual(self.vigia.value("sum(rate(llm_cost_eur_sum[1h])) * 3600", time=at), expected, delta=1e-9)
        self.check_rate("llm_tokens_total")
        hit_rate = ("sum(rate(llm_cache_hits_total[5m])) / (sum(rate(llm_cache_hits_total[5m])) + "
                    "sum(rate(llm_cache_misses_total[5m]))) * 100")
        self.assertAlmostEqual(self.vigia.value(hit_rate), 75.0, places=6)

    def test_07_database_queries(self):
        wait_until("sessions seen", lambda: self.vigia.query('pg_stat_database_numbackends{datname="devmatrix"} == 4'))
        self.assertEqual(self.postgres.psql("select numbackends from pg_stat_database where datname='devmatrix'"), "4")
        at = now()
        used = self.vigia.value("redis_memory_used_bytes", time=at)
        self.assertEqual(self.vigia.value("redis_memory_max_bytes", time=at), 64 * 2**20)
        self.assertAlmostEqual(self.vigia.value("redis_memory_used_bytes / redis_memory_max_bytes * 100", time=at),
                               used / (64 * 2**20) * 100, places=9)
        ratio = "pg_stat_database_blks_hit / (pg_stat_database_blks_hit + pg_stat_database_blks_read) * 100"
        def by_database(expression):
            return {r["metric"].get("datname", ""): float(r["value"][1]) for r in self.vigia.query(expression, time=at)}
        hits, reads, got = (by_database(e) for e in ("pg_stat_database_blks_hit", "pg_stat_database_blks_read", ratio))
        self.assertIn("devmatrix", got)
        for name, value in got.items():
            if hits[name] + reads[name] > 0:
                self.assertAlmostEqual(value, hits[name] / (hits[name] + reads[name]) * 100, places=9)

    def test_08_curl_lines_of_the_guide(self):
        for path in ("targets", "rules"):
            done = subprocess.run(["curl", "-fsS", f"{self.vigia.base}/api/v1/{path}"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout)["status"], "success")
        groups = self.vigia.api("rules")["groups"]
        names = [r["name"] for g in groups if g["file"].endswith("alerts.yml") for r in g["rules"] if r["type"] == "alerting"]
        self.assertEqual(len(names), 16)
        wait_until("every rule evaluated well", lambda: all(
            r["health"] == "ok" for g in self.vigia.api("rules")["groups"] for r in g["rules"]))

    def test_09_promtool(self):
        if not shutil.which("promtool"):
            self.fail("promtool (package prometheus) is missing")

        def promtool(*arguments):
            done = subprocess.run(["promtool", "query", *arguments], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout
        self.assertIn("=> 1 @", promtool("instant", self.vigia.base, 'up{job="redis"}'))
        self.assertIn("job=\"redis\"", promtool("range", "--step=1s", self.vigia.base, "up"))
        self.assertIn('__name__="up"', promtool("series", "--match=up", self.vigia.base))
        self.assertIn("redis", promtool("labels", self.vigia.base, "job"))

    def test_10_real_prometheus_scrapes_our_metrics(self):
        port = free_port()
        folder = pathlib.Path(self.folder, "peer")
        folder.mkdir()
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: vigia\n  static_configs:\n"
            f"  - targets: ['127.0.0.1:{self.vigia.port}']\n"
            "- job_name: federate\n  honor_labels: true\n  metrics_path: /federate\n  params: {'match[]': ['{job=\"redis\"}']}\n"
            f"  static_configs:\n  - targets: ['127.0.0.1:{self.vigia.port}']\n")
        peer = Process("prometheus", ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                                      f"--web.listen-address=127.0.0.1:{port}"], folder)
        self.addCleanup(peer.stop)
        base = f"http://127.0.0.1:{port}/api/v1/query"

        def up():
            return get_json(base, query='up{job=~"vigia|federate"} == 1')["data"]["result"]
        wait_until("Prometheus scrapes and federates us", lambda: len(up()) == 2)
        series = get_json(base, query="prometheus_tsdb_head_series")["data"]["result"]
        self.assertGreater(float(series[0]["value"][1]), 100)
        federated = get_json(base, query='redis_up{job="redis"}')["data"]["result"]
        self.assertEqual([r["value"][1] for r in federated], ["1"])

    def alert_state(self, name):
        states = [a["state"] for a in self.vigia.api("alerts")["alerts"] if a["labels"]["alertname"] == name]
        return states[0] if states else "inactive"

    def alertmanager_lists(self, name):
        return [a for a in get_json(self.alertmanager + "/api/v2/alerts")
                if a["labels"]["alertname"] == name and a["status"]["state"] == "active"]

    def test_11_alert_life_cycle(self):
        self.assertEqual(self.alert_state("QuickAPIDown"), "inactive")
        port = self.app.port
        self.app.stop()
        wait_until("pending", lambda: self.alert_state("QuickAPIDown") == "pending", pause_s=0.05)
        wait_until("firing", lambda: self.alert_state("QuickAPIDown") == "firing", pause_s=0.05)
        wait_until("ALERTS series", lambda: self.vigia.query('ALERTS{alertname="QuickAPIDown",alertstate="firing"}'))
        alert = wait_until("Alertmanager has it", lambda: self.alertmanager_lists("QuickAPIDown"))[0]
        self.assertEqual(alert["labels"]["site"], "test")
        self.assertEqual(alert["annotations"]["summary"], f"127.0.0.1:{port} is down, up is 0")
        self.assertIn("g0.expr=", alert["generatorURL"])
        self.assertEqual(self.vigia.query("websocket_connections_active"), [], "stale after the failed scrape")
        type(self).app = GuideApp(port)
        wait_until("resolved", lambda: self.alert_state("QuickAPIDown") == "inactive")
        wait_until("Alertmanager drops it", lambda: not self.alertmanager_lists("QuickAPIDown"))

    def test_12_kill_and_restart(self):
        wait_until("pending", lambda: self.alert_state("SlowPending") == "pending")
        before = [a for a in self.vigia.api("alerts")["alerts"] if a["labels"]["alertname"] == "SlowPending"][0]["activeAt"]
        wait_until("ALERTS_FOR_STATE", lambda: self.vigia.query('ALERTS_FOR_STATE{alertname="SlowPending"}'))
        at = now()
        selector = 'node_cpu_seconds_total'
        kept = self.raw(selector, at)
        self.assertTrue(kept)
        self.vigia.kill()
        self.vigia.start()
        self.assertEqual(self.raw(selector, at), kept, "nothing that could be read before is missing")
        wait_until("rules evaluated", lambda: self.alert_state("SlowPending") == "pending")

        def restored():
            now = [a for a in self.vigia.api("alerts")["alerts"] if a["labels"]["alertname"] == "SlowPending"][0]["activeAt"]
            return abs(parse_time(now) - parse_time(before)) < 60 and now
        wait_until("pending since before the restart, plus the time it was down", restored)
        wait_until("scraping again", lambda: self.vigia.query('up{job="node"} == 1'))

    def test_13_reload_keeps_the_old_configuration_on_a_mistake(self):
        good = self.vigia.config.read_text()
        self.vigia.config.write_text(good.replace("scrape_interval", "scrape_intervall", 1))
        done = subprocess.run(["curl", "-sS", "-X", "POST", "-w", "%{http_code}", f"{self.vigia.base}/-/reload"],
                              capture_output=True, text=True)
        self.assertTrue(done.stdout.endswith("500"), done.stdout)
        self.assertIn("scrape_intervall", done.stdout)
        self.assertIn(":3", done.stdout, "the line is named")
        wait_until("gauge says so", lambda: self.vigia.query("prometheus_config_last_reload_successful == 0"))
        self.assertIn("scrape_interval: 1s", self.vigia.api("status/config")["yaml"])
        self.vigia.config.write_text(good)
        done = subprocess.run(["curl", "-fsS", "-X", "POST", f"{self.vigia.base}/-/reload"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until("gauge says so", lambda: self.vigia.query("prometheus_config_last_reload_successful == 1"))

    def test_14_clean_stop(self):
        self.assertEqual(self.vigia.stop(), 0, self.vigia.process.log()[-2000:])
        self.assertNotIn("level=ERROR", self.vigia.process.log())


def parse_time(text):
    import datetime
    head, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(head).replace(tzinfo=datetime.timezone.utc).timestamp()
    return moment + float("0." + (fraction or "0"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
