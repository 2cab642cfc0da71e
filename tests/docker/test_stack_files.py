"""What the files of docker/ say about each other: services, ports, settings, alerts, documentation. Needs no Docker."""
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
COMPOSE = (DOCKER / "docker-compose.yml").read_text()
README = {language: (DOCKER / name).read_text() for language, name in (("en", "README.md"), ("es", "README.es.md"))}
ALERTS = (DOCKER / "prometheus/alerts.yml").read_text()

# The guide's services: container port, profile.
SERVICES = {"api": (8000, None), "postgres": (None, None), "redis": (None, None), "prometheus": (9090, "monitoring"),
            "grafana": (3000, "monitoring"), "alertmanager": (9093, "monitoring"), "postgres-exporter": (9187, "monitoring"),
            "redis-exporter": (9121, "monitoring")}


def services():
    """Name -> the lines of the service in the compose file."""
    body = COMPOSE.split("\nservices:\n", 1)[1].split("\nvolumes:\n", 1)[0]
    found = re.split(r"(?m)^  ([\w-]+):\n", body)
    return dict(zip(found[1::2], found[2::2]))


def defaults_in_compose():
    return dict(re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE))


def example():
    return dict(re.findall(r"(?m)^(\w+)=(.*)$", (DOCKER / ".env.example").read_text()))


def alerts():
    """Name -> (for, severity)."""
    found = re.findall(r"- alert: (\w+)(.*?)severity: (\w+)", ALERTS, re.DOTALL)
    return {name: ((re.search(r"for: (\w+)", body) or [None, None])[1], severity) for name, body, severity in found}


class Compose(unittest.TestCase):
    def test_services_of_the_guide(self):
        found = services()
        self.assertEqual(set(found), set(SERVICES))
        for name, (port, profile) in SERVICES.items():
            if port:
                self.assertRegex(found[name], rf'ports: \["\$\{{BIND_ADDRESS:-127\.0\.0\.1\}}:\$\{{\w+:-\d+\}}:{port}"\]', name)
            self.assertEqual("profiles: [monitoring]" in found[name], profile == "monitoring", name)
            self.assertIn("<<: *service", found[name])
            self.assertRegex(found[name], r"\n    user: ", name)

    def test_every_service_has_a_health_check(self):
        for name, text in services().items():
            if "healthcheck:" not in text:
                file = DOCKER / ("Dockerfile" if name == "prometheus" else "api/Dockerfile")
                self.assertIn(name, ("prometheus", "api"))
                self.assertIn("\nHEALTHCHECK ", file.read_text())

    def test_retention_of_the_guide(self):
        self.assertIn("--storage.tsdb.retention.time=30d", services()["prometheus"])
        self.assertIn("--storage.tsdb.retention.size=10GB", services()["prometheus"])

    def test_volumes_and_files_exist(self):
        declared = set(re.findall(r"(?m)^  (\w+):$", COMPOSE.split("\nvolumes:\n", 1)[1]))
        used = set(re.findall(r"\b(\w+_data):/", COMPOSE))
        self.assertEqual(used, declared)
        for path in re.findall(r"[- ](\.[\w./-]*):/", COMPOSE):
            self.assertTrue((DOCKER / path).exists(), path)

    def test_scraped_targets_are_services(self):
        text = (DOCKER / "prometheus/prometheus.yml").read_text()
        for host, port in re.findall(r"targets: \['([\w-]+):(\d+)'\]", text):
            if host not in ("localhost", "chromadb"):
                self.assertEqual(SERVICES[host][0], int(port))

    def test_settings_and_their_defaults_are_in_the_example(self):
        self.assertEqual(example(), defaults_in_compose())

    @unittest.skipUnless(shutil.which("docker-compose"), "docker-compose is missing")
    def test_compose_reads_it(self):
        done = subprocess.run(["docker-compose", "-f", str(DOCKER / "docker-compose.yml"), "--profile", "monitoring", "config", "-q"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


class Alertmanager(unittest.TestCase):
    TEXT = (DOCKER / "prometheus/alertmanager.yml").read_text()

    @unittest.skipUnless(shutil.which("amtool"), "amtool (package prometheus-alertmanager) is missing")
    def test_amtool_reads_it_and_routes_by_severity(self):
        file = str(DOCKER / "prometheus/alertmanager.yml")
        done = subprocess.run(["amtool", "check-config", file], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for severity, receivers in (("critical", "pagerduty,slack"), ("warning", "slack,mail"), ("info", "nobody")):
            done = subprocess.run(["amtool", "config", "routes", "test", f"--config.file={file}", f"severity={severity}"],
                                  capture_output=True, text=True)
            self.assertEqual(done.stdout.strip(), receivers, severity)

    def test_secrets_are_files_that_are_documented(self):
        files = re.findall(r"_file: /etc/alertmanager/secrets/(\w+)", self.TEXT)
        self.assertEqual(set(files), {"smtp_password", "slack_url", "pagerduty_key"})
        explained = (DOCKER / "secrets/README.md").read_text()
        for name in files:
            self.assertIn(f"`{name}`", explained)
        self.assertNotRegex(self.TEXT, r"(?m)^\s*(smtp_auth_password|slack_api_url|routing_key|service_key|api_url):")

    def test_inhibition_names_alerts_that_exist(self):
        for pattern in re.findall(r'alertname =~? "?([\w.*|]+)"?', self.TEXT):
            for part in pattern.split("|"):
                self.assertTrue([name for name in alerts() if re.fullmatch(part, name)], part)


class Documentation(unittest.TestCase):
    def test_alert_tables(self):
        words = {None: "", "1m": "1 min", "5m": "5 min", "10m": "10 min"}
        for language, text in README.items():
            rows = {name: (condition, severity) for name, condition, severity in
                    re.findall(r"(?m)^\| (\w+) \| ([^|]+) \| (critical|warning|info) \|", text)}
            self.assertEqual({n: s for n, (_, s) in rows.items()}, {n: s for n, (_, s) in alerts().items()}, language)
            for name, (duration, _) in alerts().items():
                self.assertIn(words[duration], rows[name][0], f"{language}: {name}")

    def test_both_languages_have_the_same_commands(self):
        def commands(text):
            blocks = re.findall(r"```\w+\n(.*?)```", text, re.DOTALL)
            return [re.sub(r"\s+# .*", "", block) for block in blocks], re.findall(r"<!-- run: (\w+) -->", text)
        self.assertEqual(commands(README["en"]), commands(README["es"]))

    def test_links_and_files(self):
        for language, text in README.items():
            anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"(?m)^#+ (.*)$", text)}
            for target in re.findall(r"\]\(([^)]+)\)", text):
                if target.startswith("#"):
                    self.assertIn(target[1:], anchors, language)
                else:
                    self.assertTrue((DOCKER / target).exists(), f"{language}: {target}")
            for path in re.findall(r"`([\w-]+\.json)`", text):
                self.assertTrue((DOCKER / "grafana/dashboards" / path).exists(), path)

    def test_settings_that_it_names_exist(self):
        for language, text in README.items():
            for name in re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", text):
                self.assertIn(name, example(), language)


if __name__ == "__main__":
    unittest.main(verbosity=2)
