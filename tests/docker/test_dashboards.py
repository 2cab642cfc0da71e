"""The Grafana dashboards: their structure, and every expression against a live server with real exporters.

The server (VIGIA_BINARY) scrapes the demo application, PostgreSQL and Redis through their exporters; every expression
of every panel and variable has to answer with data. Standard library and Debian packages only.
"""
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "docker" / "api")]

from main import DemoApp  # noqa: E402
from processes import Postgres, Process, Vigia, free_port, wait_until  # noqa: E402

BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))
FOLDER = ROOT / "docker/grafana/dashboards"
PANELS = {"1-system-api-overview.json": 13, "2-llm-rag-performance.json": 14, "3-databases.json": 13, "4-server.json": 16}
ROWS = 4

# What the guide wants to see on each dashboard, by the metric that shows it.
KEY_METRICS = {
    "1-system-api-overview.json": [
        "http_requests_total", "http_request_duration_seconds_bucket", "http_errors_total", "http_requests_in_progress",
        "websocket_connections_active", "websocket_messages_total", "websocket_errors_total", "websocket_message_duration_seconds_bucket",
        "websocket_workspace_operations_total"],
    "2-llm-rag-performance.json": [
        "llm_requests_total", "llm_request_duration_seconds_bucket", "llm_cache_hits_total", "llm_cache_misses_total", "llm_tokens_total",
        "llm_cost_eur_sum", "llm_errors_total", "rag_retrieval_duration_seconds_bucket", "rag_retrieval_cache_hits_total",
        "rag_embeddings_generated_total", "rag_embedding_generation_rate", "rag_examples_indexed_total", "rag_indexing_duration_seconds_bucket",
        "rag_vector_store_examples_total", "rag_vector_store_size_mb", "rag_similarity_scores_bucket", "rag_context_build_duration_seconds_bucket"],
    "3-databases.json": [
        "pg_stat_database_numbackends", "pg_stat_database_xact_commit", "pg_stat_database_xact_rollback", "pg_database_size_bytes",
        "pg_stat_database_tup_inserted", "pg_stat_database_tup_updated", "pg_stat_database_tup_deleted", "pg_stat_database_tup_fetched",
        "pg_stat_database_blks_hit", "pg_stat_database_blks_read", "pg_stat_statements_seconds_total", "redis_connected_clients",
        "redis_memory_used_bytes", "redis_commands_processed_total", "redis_keyspace_hits_total", "redis_keyspace_misses_total",
        "redis_db_keys", "redis_evicted_keys_total", "redis_commands_total"],
}


# The fourth dashboard is about the server itself.
SERVER_METRICS = [
    "up", "prometheus_tsdb_head_series", "process_resident_memory_bytes", "process_cpu_seconds_total",
    "prometheus_tsdb_head_samples_appended_total", "vigia_storage_free_bytes", "prometheus_tsdb_wal_fsync_duration_seconds",
    "prometheus_engine_query_duration_seconds", "vigia_query_limit_hits_total", "prometheus_http_requests_total",
    "prometheus_rule_group_last_duration_seconds", "prometheus_rule_evaluation_failures_total", "prometheus_notifications_errors_total"]


def load(name):
    return json.loads((FOLDER / name).read_text())


def panels(dashboard):
    return [p for p in dashboard["panels"] if p["type"] != "row"]


def variables(dashboard):
    return {v["name"]: v for v in dashboard["templating"]["list"]}


def expressions(dashboard):
    return [(p["title"], t["refId"], t["expr"]) for p in panels(dashboard) for t in p["targets"]]


class Structure(unittest.TestCase):
    def test_there_are_the_three_of_the_guide_and_the_server_s(self):
        self.assertEqual({p.name for p in FOLDER.glob("*.json")}, set(PANELS))

    def test_panels_and_rows(self):
        for name, count in PANELS.items():
            dashboard = load(name)
            self.assertEqual(len(panels(dashboard)), count, name)
            rows = [p for p in dashboard["panels"] if p["type"] == "row"]
            self.assertEqual(len(rows), ROWS, name)
            self.assertTrue(all(r["title"] and r["panels"] == [] for r in rows), "rows are open, their panels follow them")

    def test_identity(self):
        uids = [load(name)["uid"] for name in PANELS]
        self.assertEqual(len(set(uids)), len(uids))
        for name in PANELS:
            dashboard = load(name)
            self.assertGreaterEqual(dashboard["schemaVersion"], 39)
            self.assertNotIn("__inputs", dashboard)
            self.assertNotIn("id", dashboard, "the number is the database's, provisioning brings none")
            ids = [p["id"] for p in dashboard["panels"]]
            self.assertEqual(len(set(ids)), len(ids), name)
            titles = [p["title"] for p in dashboard["panels"]]
            self.assertEqual(len(set(titles)), len(titles), name)

    def test_nothing_overlaps_or_sticks_out(self):
        for name in PANELS:
            boxes = [(p["title"], p["gridPos"]) for p in load(name)["panels"]]
            for title, box in boxes:
                self.assertTrue(0 <= box["x"] and box["x"] + box["w"] <= 24 and box["h"] > 0, title)
            for (a, one), (b, two) in itertools.combinations(boxes, 2):
                apart = (one["x"] + one["w"] <= two["x"] or two["x"] + two["w"] <= one["x"] or
                         one["y"] + one["h"] <= two["y"] or two["y"] + two["h"] <= one["y"])
                self.assertTrue(apart, f"{name}: {a} and {b}")

    def test_each_panel_says_what_it_shows(self):
        for name in PANELS:
            for panel in panels(load(name)):
                where = f"{name}: {panel['title']}"
                defaults = panel["fieldConfig"]["defaults"]
                self.assertTrue(panel["description"], where)
                self.assertTrue(defaults["unit"], where)
                steps = defaults["thresholds"]["steps"]
                self.assertIsNone(steps[0]["value"], where)
                self.assertEqual([s["value"] for s in steps[1:]], sorted(s["value"] for s in steps[1:]), where)
                self.assertEqual(panel["datasource"]["uid"], "${datasource}", where)
                refs = [t["refId"] for t in panel["targets"]]
                self.assertEqual(len(set(refs)), len(refs), where)
                for target in panel["targets"]:
                    self.assertTrue(target["legendFormat"], where)
                    self.assertEqual(target["datasource"]["uid"], "${datasource}", where)
                for override in panel["fieldConfig"]["overrides"]:
                    self.assertIn(override["matcher"]["options"], refs, where)

    def test_legends_name_labels_that_the_expression_keeps(self):
        for name in PANELS:
            for panel in panels(load(name)):
                for target in panel["targets"]:
                    kept = re.match(r"(?:histogram_quantile\([\d.]+, |topk\(\d+, )?(?:sum|max|min) by \(([\w, ]+)\)", target["expr"])
                    if kept:
                        labels = set(kept.group(1).split(", "))
                        self.assertLessEqual(set(re.findall(r"{{(\w+)}}", target["legendFormat"])), labels, panel["title"])

    def test_alert_thresholds_are_drawn(self):
        """A panel that names an alert of a fixed threshold has that threshold among its steps."""
        limits = {"HighAPIErrorRate": 0.01, "HighAPILatency": 2, "HighWebSocketErrors": 5, "LowLLMCacheHitRate": 0.3, "HighLLMCost": 10,
                  "HighPostgreSQLConnections": 50, "LowPostgreSQLCacheHitRatio": 0.9, "HighRedisEvictionRate": 100,
                  "HighRAGRetrievalLatency": 1, "LowRAGCacheHitRate": 0.5}
        seen = set()
        for name in PANELS:
            for panel in panels(load(name)):
                for alert in set(re.findall(r"\w+", panel["description"])) & set(limits):
                    steps = [s["value"] for s in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
                    self.assertIn(limits[alert], steps, f"{panel['title']}: {alert}")
                    seen.add(alert)
        self.assertEqual(seen, set(limits))

    def test_every_variable_used_is_defined(self):
        built_in = {"__rate_interval", "__interval", "__range", "__all"}
        for name in PANELS:
            dashboard = load(name)
            text = json.dumps([panels(dashboard), [v["definition"] for v in dashboard["templating"]["list"] if v["type"] == "query"]])
            used = set(re.findall(r"\$\{?(\w+)", text)) - built_in
            self.assertLessEqual(used, set(variables(dashboard)), name)
            self.assertEqual(set(variables(dashboard)) - used, set(), f"{name}: unused variables")

    def test_the_guide_s_key_metrics_are_shown(self):
        for name, metrics in {**KEY_METRICS, "4-server.json": SERVER_METRICS}.items():
            shown = set(re.findall(r"[a-z]\w+", " ".join(e for _, _, e in expressions(load(name)))))
            self.assertEqual(set(metrics) - shown, set(), name)

    def test_metrics_of_the_application_exist(self):
        from catalog import Catalog
        names = set()
        for family in Catalog().registry.families.values():
            names |= {f"{family.name}_{s}" for s in ("bucket", "sum", "count")} if family.kind == "histogram" else {family.name}
        for name in PANELS:
            for title, _, expression in expressions(load(name)):
                for metric in re.findall(r"\b((?:http|websocket|llm|rag)_\w+)", expression):
                    self.assertIn(metric, names, f"{name}: {title}")

    def test_provisioning(self):
        sources = (ROOT / "docker/grafana/provisioning/datasources/prometheus.yml").read_text()
        self.assertIn("url: http://prometheus:9090\n", sources)
        self.assertIn("isDefault: true", sources)
        path = re.search(r"path: (\S+)", (ROOT / "docker/grafana/provisioning/dashboards/dashboards.yml").read_text()).group(1)
        self.assertIn(f"./grafana/dashboards:{path}:ro", (ROOT / "docker/docker-compose.yml").read_text())


CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
scrape_configs:
  - {{job_name: devmatrix-api, metrics_path: /api/v1/metrics, static_configs: [{{targets: ['127.0.0.1:{app}']}}]}}
  - {{job_name: postgres, static_configs: [{{targets: ['127.0.0.1:{postgres}']}}]}}
  - {{job_name: redis, static_configs: [{{targets: ['127.0.0.1:{redis}']}}]}}
  - {{job_name: prometheus, static_configs: [{{targets: ['127.0.0.1:{vigia}']}}]}}
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:1']}}]}}]}}
rule_files: [{rules}]
"""
RULES = "groups: [{name: server, rules: [{record: 'job:up:avg', expr: 'avg by (job) (up)'}]}]"


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program in ("redis-server", "prometheus-postgres-exporter", "prometheus-redis-exporter"):
            assert shutil.which(program), f"{program} is missing: run through ./dev test, which installs what tests need"
        cls.folder = tempfile.mkdtemp(prefix="vigia-dashboards-")
        os.chmod(cls.folder, 0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.app = DemoApp("127.0.0.1", 0, scale=5)
        cls.addClassCleanup(cls.app.stop)
        cls.app.faults.start("HighRAGRetrievalLatency")
        cls._start_postgres()
        ports = {name: free_port() for name in ("server", "postgres", "redis")}
        cls.redis_port = ports["server"]
        statements = ROOT / "tests/docker/images/statements.yml"
        commands = {
            "redis-server": (["redis-server", "--port", str(ports["server"]), "--bind", "127.0.0.1", "--save", "", "--maxmemory", "64mb"], {}),
            "postgres-exporter": (["prometheus-postgres-exporter", f"--web.listen-address=127.0.0.1:{ports['postgres']}",
                                   f"--extend.query-path={statements}"],
                                  {"DATA_SOURCE_NAME": cls.postgres.url().replace("/postgres?", "/devmatrix?")}),
            "redis-exporter": (["prometheus-redis-exporter", f"-web.listen-address=127.0.0.1:{ports['redis']}",
                                f"-redis.addr=redis://127.0.0.1:{ports['server']}"], {}),
        }
        for name, (command, environment) in commands.items():
            cls.addClassCleanup(Process(name, command, cls.folder, environment).stop)
        rules = pathlib.Path(cls.folder, "rules.yml")
        rules.write_text(RULES)
        port = free_port()
        cls.vigia = Vigia(BINARY, pathlib.Path(cls.folder, "vigia"),
                          CONFIG.format(app=cls.app.port, vigia=port, rules=rules, **ports), port=port)
        cls.addClassCleanup(cls.vigia.stop)
        cls._use_databases()

    @classmethod
    def _start_postgres(cls):
        """With the statistics of statements, which have to be loaded when the server starts."""
        cls.postgres = Postgres(cls.folder)
        cls.addClassCleanup(lambda: cls.postgres.stop())
        cls.postgres.psql("alter system set shared_preload_libraries = 'pg_stat_statements'")
        command = cls.postgres.process.process.args
        cls.postgres.stop()
        cls.postgres.process = Process("postgres-server", command, cls.postgres.folder, user=cls.postgres.user)
        wait_until("PostgreSQL", lambda: cls.postgres.psql("select 1", check=False) == "1")
        cls.postgres.psql("create extension pg_stat_statements; create table t(a int)", "devmatrix")

    @classmethod
    def _use_databases(cls):
        """Some work in both databases for as long as the tests run."""
        ended = threading.Event()

        def work():
            while not ended.wait(0.5):
                cls.postgres.psql("insert into t values (1); update t set a = a + 1; delete from t where a > 5; select count(*) from t", "devmatrix")
                for command in ("set key value", "get key", "get nothing"):
                    subprocess.run(["redis-cli", "-p", str(cls.redis_port), *command.split()], check=True, stdout=subprocess.DEVNULL)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        cls.addClassCleanup(thread.join)
        cls.addClassCleanup(ended.set)

    def values_of(self, variable, chosen):
        """What Grafana offers for a variable: label_values(SELECTOR, LABEL)."""
        selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"]).groups()
        return self.vigia.api(f"label/{label}/values", **{"match[]": fill(selector, chosen)})

    def test_1_every_variable_has_values(self):
        for name in PANELS:
            chosen = {}
            for key, variable in variables(load(name)).items():
                if variable["type"] == "query":
                    values = wait_until(f"{name}: ${key}", lambda v=variable: self.values_of(v, chosen), 60)
                    chosen[key] = ".*"
                    self.assertEqual(variable["query"]["query"], variable["definition"])
                    self.assertNotIn("", values)

    def test_2_every_expression_has_data(self):
        for name in PANELS:
            dashboard = load(name)
            everything = {key: ".*" for key, v in variables(dashboard).items() if v["type"] == "query"}
            for title, ref, expression in expressions(dashboard):
                with self.subTest(f"{name}: {title} {ref}"):
                    wait_until(expression, lambda e=expression: self.numbers(fill(e, everything)), 45, 0.5)

    def test_3_a_chosen_value_narrows_the_result(self):
        for name, variable, metric in (("1-system-api-overview.json", "endpoint", "http_requests_total"),
                                       ("2-llm-rag-performance.json", "model", "llm_requests_total"),
                                       ("3-databases.json", "database", "pg_stat_database_numbackends")):
            dashboard = load(name)
            everything = {key: ".*" for key, v in variables(dashboard).items() if v["type"] == "query"}
            value = self.values_of(variables(dashboard)[variable], everything)[0]
            expression = next(e for _, _, e in expressions(dashboard) if metric in e and " by (" in e)
            everyone = self.vigia.query(fill(expression, everything))
            one = self.vigia.query(fill(expression, {**everything, variable: re.escape(value)}))
            self.assertTrue(0 < len(one) < len(everyone), name)

    def test_4_alerts_can_be_drawn(self):
        for name in PANELS:
            annotation = next(a for a in load(name)["annotations"]["list"] if a["name"] == "Alerts")
            self.assertEqual(self.vigia.query(annotation["expr"]), [], "no rules that alert, so no alerts, but no error either")

    def numbers(self, expression):
        """As Grafana asks: a range query; true when there is a number that is not NaN."""
        now = float(self.vigia.api("query", query="time()")["result"][1])
        result = self.vigia.api("query_range", query=expression, start=now - 30, end=now, step=5)["result"]
        return [v for series in result for _, v in series["values"] if v != "NaN"]


def fill(expression, chosen):
    expression = expression.replace("$__rate_interval", "1m")
    # A backslash in a value is written twice inside a string of PromQL, as Grafana does.
    for name, value in chosen.items():
        expression = expression.replace(f"${name}", value.replace("\\", "\\\\"))
    return expression


if __name__ == "__main__":
    unittest.main(verbosity=2)
