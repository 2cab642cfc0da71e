"""The whole stack in Docker, following docker/README.md. Started by tests/docker/run, which builds the images.

The compose file is the one of docker/, without Grafana; images, ports and (unless VIGIA_STACK_REAL_TIME is set) the
durations of the alerts are the test's. Commands marked `<!-- run: NAME -->` in the README are run as they stand there.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "docker" / "api")]

from faults import FAULTS  # noqa: E402
from processes import free_port, get, get_json, wait_until  # noqa: E402

WORK = pathlib.Path(os.environ["VIGIA_STACK_WORK"])
REAL_TIME = bool(os.environ.get("VIGIA_STACK_REAL_TIME"))
README = (ROOT / "docker/README.md").read_text()
SERVICES = ["api", "postgres", "redis", "prometheus", "alertmanager", "postgres-exporter", "redis-exporter"]
PORTS = {"PROMETHEUS_PORT": 9090, "ALERTMANAGER_PORT": 9093, "API_PORT": 8000, "POSTGRES_EXPORTER_PORT": 9187,
         "REDIS_EXPORTER_PORT": 9121}
DOWN = ["APIServiceDown", "PostgreSQLDown", "RedisDown"]
DATABASE = ["HighPostgreSQLConnections", "LowPostgreSQLCacheHitRatio", "HighRedisMemoryUsage", "HighRedisEvictionRate"]

# `docker compose` as the README writes it, on systems whose compose is a program of its own; no terminal is needed.
SHELL = """
set -eu
docker() {
  if [ "$1" != compose ]; then command docker "$@"; return; fi
  shift
  if [ "$1" = exec ]; then shift; set -- exec -T "$@"; fi
  if command docker compose version >/dev/null 2>&1; then command docker compose "$@"; else docker-compose "$@"; fi
}
"""


def readme_command(name):
    found = re.search(rf"<!-- run: {name} -->\n```bash\n(.*?)```", README, re.DOTALL)
    assert found, f"docker/README.md has no commands marked {name}"
    return found.group(1)


def without_service(text, name):
    """A compose file's text without one service (its lines, by indentation)."""
    changed = re.sub(rf"(?m)^  {name}:\n(?:(?:    .*)?\n)+?(?=  \S|\S)", "", text)
    assert changed != text, name
    return changed


def shortened(alerts):
    """The same conditions, over a minute instead of five and without the wait."""
    return alerts.replace("[5m]", "[1m]").replace("for: 10m", "for: 5s").replace("for: 5m", "for: 5s").replace("for: 1m", "for: 5s")


class Stack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = WORK / "stack" / "docker"
        shutil.copytree(ROOT / "docker", cls.folder, ignore=shutil.ignore_patterns("__pycache__", ".env"))
        compose = cls.folder / "docker-compose.yml"
        compose.write_text(without_service(compose.read_text(), "grafana"))
        if not REAL_TIME:
            alerts = cls.folder / "prometheus/alerts.yml"
            alerts.write_text(shortened(alerts.read_text()))
        cls.ports = {name: port if port_is_free(port) else free_port() for name, port in PORTS.items()}
        images = {f"{s.upper().replace('-', '_')}_IMAGE": f"vigia-test/{s}" for s in
                  ("postgres", "redis", "alertmanager", "postgres-exporter", "redis-exporter")}
        cls.environment = {**os.environ, **images, **{name: str(port) for name, port in cls.ports.items()},
                           "COMPOSE_PROJECT_NAME": "vigiatest", "COMPOSE_IGNORE_ORPHANS": "1"}
        script = WORK / "compose.sh"
        exports = "".join(f"export {key}='{cls.environment[key]}'\n" for key in (*images, *PORTS, "COMPOSE_PROJECT_NAME"))
        script.write_text(f"#!/bin/bash\n{SHELL}\ncd '{cls.folder}'\n{exports}docker compose \"$@\"\n")
        script.chmod(0o755)
        cls.addClassCleanup(cls.show_logs_of_a_failure)
        cls.base = f"http://127.0.0.1:{cls.ports['PROMETHEUS_PORT']}"
        cls.alertmanager = f"http://127.0.0.1:{cls.ports['ALERTMANAGER_PORT']}"
        cls.api = f"http://127.0.0.1:{cls.ports['API_PORT']}"
        cls.done = False

    @classmethod
    def show_logs_of_a_failure(cls):
        if not cls.done:
            print(cls.shell("docker compose --profile monitoring ps; docker compose --profile monitoring logs --tail=30", check=False))

    @classmethod
    def shell(cls, command, check=True):
        for name, port in PORTS.items():
            command = command.replace(f"localhost:{port}/api", f"localhost:{cls.ports[name]}/api")
        done = subprocess.run(["bash", "-c", SHELL + command], cwd=cls.folder, env=cls.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}\nended with {done.returncode}:\n{done.stdout[-4000:]}")
        return done.stdout

    def containers(self):
        """Service -> what the engine says about its container."""
        idents = self.shell("docker ps -aq --filter label=com.docker.compose.project=vigiatest").split()
        found = json.loads(self.shell("docker inspect " + " ".join(idents))) if idents else []
        return {c["Config"]["Labels"]["com.docker.compose.service"]: c for c in found}

    def healthy(self):
        found = self.containers()
        return set(found) == set(SERVICES) and all(c["State"].get("Health", {}).get("Status") == "healthy" for c in found.values())

    def query(self, expression, **parameters):
        return get_json(self.base + "/api/v1/query", query=expression, **parameters)["data"]["result"]

    def targets(self):
        found = get_json(self.base + "/api/v1/targets", state="active")["data"]["activeTargets"]
        return {t["scrapePool"]: t["health"] for t in found}

    def alerts(self):
        """Names of the alerts that Alertmanager has, inhibited ones too."""
        return {a["labels"]["alertname"] for a in get_json(self.alertmanager + "/api/v2/alerts")}

    def wait_for_alerts(self, names, seconds):
        missing = set(names)
        deadline = time.monotonic() + seconds
        while missing and time.monotonic() < deadline:
            time.sleep(2)
            for name in sorted(missing & self.alerts()):
                print(f"  {name} reached Alertmanager after {seconds - (deadline - time.monotonic()):.0f} s", flush=True)
                missing.discard(name)
        self.assertEqual(missing, set())

    def test_01_the_stack_comes_up_healthy(self):
        self.shell(readme_command("activate"))
        wait_until("all services healthy", self.healthy, 300, 2)
        self.assertIn("prometheus", self.shell(readme_command("status")))

    def test_02_no_service_is_root_or_writes_its_image(self):
        for service, found in self.containers().items():
            self.assertNotIn(found["Config"]["User"], ("", "root", "0"), service)
            self.assertTrue(found["HostConfig"]["ReadonlyRootfs"], service)
            self.assertEqual(found["HostConfig"]["CapDrop"], ["ALL"], service)
            self.assertEqual(found["HostConfig"]["RestartPolicy"]["Name"], "unless-stopped", service)

    def test_03_verification(self):
        expected = {"prometheus": "up", "devmatrix-api": "up", "postgres": "up", "redis": "up", "chromadb": "down"}
        wait_until("first scrapes", lambda: self.targets() == expected, 60, 1)
        output = self.shell(readme_command("verify"))
        for text in ("# TYPE http_requests_total counter", '"scrapePool":"devmatrix-api"', "LowRAGCacheHitRate"):
            self.assertIn(text, output)
        groups = get_json(self.base + "/api/v1/rules")["data"]["groups"]
        self.assertEqual(sum(len(g["rules"]) for g in groups), 16)
        wait_until("every rule evaluated", lambda: all(r["health"] == "ok" for g in get_json(self.base + "/api/v1/rules")["data"]["groups"]
                                                       for r in g["rules"]), 60, 1)
        wait_until("the exporters reach their databases", lambda: len(self.query("pg_up == 1") + self.query("redis_up == 1")) == 2, 60, 1)
        flags = get_json(self.base + "/api/v1/status/flags")["data"]
        self.assertEqual((flags["storage.tsdb.retention.time"], flags["storage.tsdb.retention.size"]), ("30d", "10GB"))

    def test_04_test_traffic_is_counted(self):
        self.shell(readme_command("traffic"))
        wait_until("100 requests", lambda: self.query('http_requests_total{endpoint="/api/v1/health/live"} >= 100'), 40, 1)

    def test_05_exporters(self):
        output = self.shell(readme_command("exporters"))
        self.assertIn("pg_stat_database_numbackends", output)
        self.assertIn("redis_memory_used_bytes", output)

    def test_06_reload(self):
        def reloads():
            return float(self.query("prometheus_config_last_reload_success_timestamp_seconds")[0]["value"][1])
        before = wait_until("own metrics", reloads, 30, 1)
        self.assertIn("docker compose kill -s SIGHUP prometheus", README)
        self.shell("docker compose kill -s SIGHUP prometheus")
        wait_until("reloaded", lambda: reloads() > before, 40, 1)

    def test_07_alertmanager_s_configuration(self):
        self.assertIn("SUCCESS", self.shell("docker compose exec alertmanager amtool check-config /etc/alertmanager/alertmanager.yml"))

    def test_08_each_alert_can_be_caused(self):
        # A database that has just started reads its first blocks from disk, which the shortened alerts notice.
        wait_until("no alerts at first", lambda: not self.alerts(), 240, 2)
        self.shell(readme_command("faults"))
        for name in FAULTS:
            self.shell(f'curl -fsS -X POST "http://localhost:8000/api/v1/demo/faults/{name}?seconds=3000"')
        for name in DATABASE:
            self.shell(readme_command(name))
        self.wait_for_alerts([*FAULTS, *DATABASE], 900 if REAL_TIME else 300)
        self.shell(readme_command("down"))
        self.wait_for_alerts(DOWN, 180)
        self.shell(readme_command("recover"))
        wait_until("all services healthy again", self.healthy, 300, 2)
        wait_until("resolved", lambda: not set(DOWN) & self.alerts(), 180, 2)

    def test_09_data_outlive_down_and_up(self):
        at = round(time.time() - 30, 3)
        window = {"time": at}
        expression = '{job=~"devmatrix-api|redis", __name__=~"http_requests_total|redis_up|up"}[10m]'
        before = self.query(expression, **window)
        self.assertGreater(len(before), 5)
        self.shell("docker compose --profile monitoring down")
        self.assertEqual(self.containers(), {})
        self.shell(readme_command("activate"))
        wait_until("all services healthy", self.healthy, 300, 2)
        self.assertEqual(sorted(map(json.dumps, self.query(expression, **window))), sorted(map(json.dumps, before)))
        wait_until("scraping again", lambda: self.query('up{job="devmatrix-api"} == 1'), 120, 1)

    def test_10_the_image_takes_the_place_of_prom_prometheus(self):
        port = free_port()
        self.assertIn("vigia", self.shell("docker run --rm --entrypoint /bin/prometheus vigia --version"))
        self.assertIn("SUCCESS", self.shell("docker run --rm --entrypoint /bin/promtool vigia check config /etc/prometheus/prometheus.yml"))
        ident = self.shell(f"docker run -d --read-only -p 127.0.0.1:{port}:9090 "
                           f"-v {self.folder}/prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro "
                           f"-v {self.folder}/prometheus/alerts.yml:/etc/prometheus/alerts.yml:ro vigia").split()[-1]
        try:
            wait_until("ready", lambda: get(f"http://127.0.0.1:{port}/-/ready"), 60, 0.5)
            inspect = "docker inspect -f '{{.State.Health.Status}}' " + ident
            wait_until("healthy", lambda: self.shell(inspect).strip() == "healthy", 60, 1)
            self.assertEqual(self.shell(f"docker exec {ident} id -u").strip(), "65534")
            self.assertEqual(self.shell(f"docker exec {ident} pwd").strip(), "/prometheus")
            self.shell(f"docker stop -t 30 {ident}")
            self.assertEqual(self.shell("docker inspect -f '{{.State.ExitCode}}' " + ident).strip(), "0")
        finally:
            self.shell(f"docker rm -f -v {ident}")

    def test_11_clean_end(self):
        logs = self.shell("docker compose logs --no-color prometheus")
        self.assertNotRegex(logs, r"level=(ERROR|error)")
        type(self).done = True


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


if __name__ == "__main__":
    unittest.main(verbosity=2)
