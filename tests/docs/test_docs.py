"""The documentation against the programs: links, files, flags, commands, metrics, fields, snippets, endpoints.

Standard library only. VIGIA_BINARY and VIGIATOOL_BINARY name the programs.
"""
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from processes import Process, Vigia, free_port, get, wait_until  # noqa: E402

BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))
TOOL = os.environ.get("VIGIATOOL_BINARY", str(pathlib.Path(BINARY).with_name("vigiatool")))

# Words that look like metrics and are none.
NOT_METRICS = {"prometheus_data", "vigia_room", "vigia_unit_test"}
# Flags of other programs that the pages call.
FOREIGN_FLAGS = {"--alertmanager.url", "--http.config.file"}
TOP_FOLDERS = ("alerting", "config", "docker", "promql", "server", "storage", "tests")


@functools.cache
def pages():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.split() if listed.returncode == 0 else [
        str(p.relative_to(ROOT)) for p in ROOT.rglob("*.md") if not {"node_modules", "build"} & set(p.parts)]
    return {name: (ROOT / name).read_text() for name in sorted(names) if (ROOT / name).exists()}


def prose(text):
    """Without fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def fences(text):
    """(language, mark before it, block)"""
    return re.findall(r"(?:<!-- check: (\S+) -->\n)?^```(\w*)\n(.*?)^```", text, flags=re.M | re.S)


def words_in_code(text):
    """What stands in backticks or in fenced blocks."""
    return re.findall(r"`([^`\n]+)`", prose(text)) + [block for _, _, block in fences(text)]


def slug(title):
    title = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", title.strip().lower())
    return re.sub(r"[^\w\- ]", "", title).replace(" ", "-")


def anchors(text):
    return {slug(t) for t in re.findall(r"^#+ (.+)$", prose(text), flags=re.M)}


@functools.cache
def help_of(program):
    return subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout


def known_flags():
    """Those that --help lists, and those that the reference says are accepted or refused."""
    reference = (ROOT / "server/REFERENCE.md").read_text()
    listed = set(re.findall(r"--(?:\[no-\])?([\w.-]+)", help_of(BINARY)))
    return listed | set(re.findall(r"`--([\w.-]+)`", reference))


def metric_names():
    names = set(re.findall(r"^\| `(\w+)`", (ROOT / "server/METRICS.md").read_text(), flags=re.M))
    for top in ("alerting", "promql", "server", "storage"):
        for path in (ROOT / top).rglob("*.cc"):
            if "node_modules" not in path.parts:
                names |= set(re.findall(r'"((?:prometheus|vigia)_[a-z0-9_]+)"', path.read_text()))
    return names


def is_metric(name, names):
    return name in names or re.sub(r"_(bucket|sum|count)$", "", name) in names


def config_fields():
    text = (ROOT / "config/REFERENCE.md").read_text()
    return set(re.findall(r"`([\w]+)`", text))


class Pages(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for name, text in pages().items():
            for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = (ROOT / name).parent / path if path else ROOT / name
                with self.subTest(f"{name}: {target}"):
                    self.assertTrue(file.exists(), "no such file")
                    if anchor and file.suffix == ".md":
                        self.assertIn(anchor, anchors(file.read_text()))

    def test_files_exist(self):
        pattern = re.compile(rf"(?:{'|'.join(TOP_FOLDERS)})/[\w./-]+\w")
        for name, text in pages().items():
            if name == "CHANGELOG.md":
                continue
            for code in re.findall(r"`([^`\n]+)`", prose(text)):
                if not pattern.fullmatch(code):
                    continue
                places = [ROOT / code, (ROOT / name).parent / code]
                found = any(p.exists() or list(p.parent.glob(p.name + ".*")) for p in places)
                self.assertTrue(found, f"{name}: {code}")

    def test_flags_exist(self):
        known = known_flags()
        for name, text in pages().items():
            for flag in re.findall(r"(?<![\w-])(--[a-z][a-z-]*\.[\w.-]*\w)", text):
                plain = re.sub(r"^--(no-)?", "", flag)
                if flag not in FOREIGN_FLAGS:
                    self.assertIn(plain, known, f"{name}: {flag}")

    def test_commands_of_vigiatool_exist(self):
        commands = set(re.findall(r"^  (\w+ [\w-]+)", help_of(TOOL), flags=re.M))
        self.assertIn("check config", commands)
        for name, text in pages().items():
            for code in words_in_code(text):
                for group, command in re.findall(r"\bvigiatool ([a-z]+) ([a-z-]+)", code):
                    self.assertIn(f"{group} {command}", commands, name)

    def test_commands_of_dev_exist(self):
        usage = subprocess.run([str(ROOT / "dev"), "help"], check=True, capture_output=True, text=True).stdout
        known = set(re.findall(r"^\./dev ([\w-]+)", usage, flags=re.M))
        for name, text in pages().items():
            for code in words_in_code(text):
                for command in re.findall(r"(?:^|\s)\./dev ([a-z][\w-]*)", code):
                    self.assertIn(command, known, name)

    def test_metrics_exist(self):
        names = metric_names()
        for name, text in pages().items():
            if name == "server/METRICS.md":
                continue  # Made of the server; its words are Prometheus'.
            for metric in re.findall(r"(?<![\w.])((?:prometheus|vigia)_[a-z0-9_]*[a-z0-9])(?![\w*…]|\.\d)", text):
                if metric not in NOT_METRICS:
                    self.assertTrue(is_metric(metric, names), f"{name}: {metric}")

    def test_fields_exist(self):
        fields = config_fields()
        for name, text in pages().items():
            if name.startswith("docker/") or name == "server/METRICS.md":
                continue
            for code in re.findall(r"`([^`\n]+)`", prose(text)):
                path = re.fullmatch(r"(?:global|storage|runtime|alerting)((?:\.[a-z_]+)+)", code)
                parts = path.group(1).strip(".").split(".") if path else []
                if re.fullmatch(r"[a-z_]+_(?:configs|protocols|histograms)", code):
                    parts = [code]
                for part in parts:
                    self.assertIn(part, fields, f"{name}: {code}")

    def test_snippets_of_yaml_are_accepted(self):
        checked = 0
        for name, text in pages().items():
            for mark, language, block in fences(text):
                if language not in ("yaml", "yml"):
                    continue
                with self.subTest(f"{name}: {block.splitlines()[0]}"):
                    checked += self.check_snippet(mark, block)
        self.assertGreater(checked, 2)

    def test_translations_have_the_same_commands(self):
        for english in ("README.md", "docker/README.md"):
            def commands(name):
                blocks = [b for _, language, b in fences(pages()[name]) if language]
                return [[re.sub(r"\s+#.*", "", line) for line in b.splitlines() if not line.startswith("#")] for b in blocks]
            self.assertEqual(commands(english), commands(english.replace(".md", ".es.md")), english)

    def check_snippet(self, mark, block):
        keys = set(re.findall(r"^(\w+):", block, flags=re.M))
        if keys & {"services", "prometheus", "alertmanager", "receivers"} and not keys & {"scrape_configs"}:
            return 0  # A part of a compose file; tests/docker reads the real one.
        if mark == "web-config":
            if "check web-config" not in help_of(TOOL):
                return 0
            command = ["check", "web-config"]
        elif keys == {"groups"}:
            command = ["check", "rules"]
        else:
            self.assertTrue(keys & {"global", "scrape_configs", "alerting", "rule_files", "storage", "remote_write"}, f"what is it? {keys}")
            command = ["check", "config", "--syntax-only"]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "snippet.yml")
            file.write_text(block)
            for secret in re.findall(r"_file: (\S+)", block):
                pathlib.Path(folder, pathlib.Path(secret).name).write_text("x")
            done = subprocess.run([TOOL, *command, str(file)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return 1


class Mixin(unittest.TestCase):
    """The rules and the dashboard about the server."""

    def rules(self):
        return {p.name: p.read_text() for p in (ROOT / "config/default/rules").glob("*.yml")}

    def test_rules_are_sound(self):
        files = [str(p) for p in (ROOT / "config/default/rules").glob("*.yml")]
        self.assertGreaterEqual(len(files), 2)
        for tool in filter(None, (TOOL, shutil.which("promtool"))):
            done = subprocess.run([tool, "check", "rules", "--lint=all", "--lint-fatal", *files], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_expressions_name_metrics_that_exist(self):
        names = metric_names()
        listed = set(re.findall(r"^\| `(\w+)`", (ROOT / "server/METRICS.md").read_text(), flags=re.M))
        texts = dict(self.rules())
        dashboard = json.loads((ROOT / "docker/grafana/dashboards/4-server.json").read_text())
        texts["4-server.json"] = " ".join(t["expr"] for p in dashboard["panels"] for t in p.get("targets", []))
        for where, text in texts.items():
            for metric in set(re.findall(r"(?<!\w)((?:prometheus|vigia|process)_[a-z0-9_]+)", text)):
                self.assertTrue(is_metric(metric, names | listed), f"{where}: {metric}")

    def test_each_alert_is_tested_and_explained(self):
        tests = (ROOT / "tests/rules/default_rules.yml").read_text()
        operations = (ROOT / "server/OPERATIONS.md").read_text()
        for name, text in self.rules().items():
            for alert in re.findall(r"alert: (\w+)", text):
                self.assertIn(f'alertname="{alert}"', tests, name)
                self.assertRegex(operations, rf"\b{alert}\b", name)
        named = set(re.findall(r"^\| ((?:[A-Z]\w+(?:, )?)+) \|", operations, flags=re.M))
        alerts = set(re.findall(r"alert: (\w+)", " ".join(self.rules().values())))
        self.assertEqual({a for row in named for a in row.split(", ")} - alerts, set(), "explained, but there is no such alert")


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="vigia-docs-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        port = free_port()
        config = (ROOT / "config/default/prometheus.yml").read_text()
        config = config.replace("localhost:9090", f"localhost:{port}").replace("rules/*.yml", str(ROOT / "config/default/rules/*.yml"))
        config = re.sub(r"scrape_interval: 15s", "scrape_interval: 1s", config)
        cls.vigia = Vigia(BINARY, cls.folder, config, ["--web.enable-admin-api", "--web.enable-remote-write-receiver"], port)
        cls.addClassCleanup(cls.vigia.stop)
        wait_until("a scrape", lambda: cls.vigia.query("up"))

    def status_of(self, path, method="GET"):
        request = urllib.request.Request(self.vigia.base + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def missing_endpoints(self):
        text = (ROOT / "server/DIFFERENCES.md").read_text()
        section = text.split("### Endpoints that answer 404")[1].split("###")[0]
        return [p for row in re.findall(r"^\| (`/.*?) \|", section, flags=re.M) for p in re.findall(r"`(/[^`]+)`", row)]

    def test_endpoints_that_are_missing_are_missing(self):
        missing = self.missing_endpoints()
        self.assertGreater(len(missing), 2)
        for path in missing:
            self.assertEqual(self.status_of(path), 404, f"{path} is there: server/DIFFERENCES.md says it is not")

    def test_endpoints_that_pages_name_are_there(self):
        missing = set(self.missing_endpoints())
        for name, text in pages().items():
            if name.startswith(("docker/", "tests/")) or name == "CHANGELOG.md":
                continue
            for path in set(re.findall(r"(?<![\w:])(?:localhost:9090)?(/(?:api/v1|-)/[\w/{}.%-]*[\w}])", text)):
                path = path.rstrip("/")
                if "%" in path or path in missing or any(m.startswith(path + "/") for m in missing):
                    continue
                real = re.sub(r"\{\w+\}", "job", path)
                codes = {self.status_of(real, "GET")} if "admin" not in real and real not in ("/-/quit",) else {405}
                self.assertNotIn(404, codes - ({404} if "/query/active/" in real else set()), f"{name}: {path}")

    def test_sections_and_flags_that_are_refused_are_refused(self):
        text = (ROOT / "server/DIFFERENCES.md").read_text()
        section = text.split("### Sections of the configuration that are refused")[1].split("\n\n")[1]
        for key in re.findall(r"`(\w+)`", section):
            file = pathlib.Path(self.folder, "refused.yml")
            file.write_text(f"{key}: [{{url: 'http://x'}}]\n" if key.startswith("remote") else f"{key}: {{a: b}}\n")
            done = subprocess.run([TOOL, "check", "config", str(file)], capture_output=True, text=True)
            self.assertIn(f"{key}: not supported yet", done.stdout + done.stderr)
        section = text.split("### Flags that are refused")[1].split("###")[0]
        for flag in re.findall(r"`--([\w.-]+)`", section):
            done = subprocess.run([BINARY, f"--{flag}"], capture_output=True, text=True, timeout=20)
            self.assertIn("not supported", done.stdout + done.stderr, flag)

    def test_commands_that_are_missing_are_missing(self):
        text = (ROOT / "server/DIFFERENCES.md").read_text()
        section = text.split("### Commands of promtool that vigiatool does not have")[1].split("###")[0]
        commands = re.findall(r"`([a-z]+ [a-z-]+)`", section)
        self.assertGreater(len(commands), 5)
        for command in commands:
            done = subprocess.run([TOOL, *command.split()], capture_output=True, text=True)
            self.assertIn("expected command but got", done.stderr, command)

    def test_commands_of_the_pages_work(self):
        """Each line of a shell block that asks the server, as it is written, against a server on another port."""
        ran = 0
        for name in ("README.md", "README.es.md", "server/OPERATIONS.md", "server/MIGRATION.md"):
            for _, language, block in fences(pages().get(name, "")):
                if language not in ("sh", "bash"):
                    continue
                for line in block.replace("\\\n", " ").splitlines():
                    if not re.match(r"(curl|promtool query|vigiatool (query|check (healthy|ready))) ", line) or "localhost:9090" not in line:
                        continue
                    program = line.split()[0]
                    if program == "promtool" and not shutil.which("promtool"):
                        continue
                    line = line.replace("localhost:9090", f"localhost:{self.vigia.port}")
                    line = re.sub(r"^curl ", "curl -fsS ", re.sub(r"^vigiatool ", TOOL + " ", line))
                    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30, cwd=self.folder)
                    self.assertEqual(done.returncode, 0, f"{name}: {line}\n{done.stdout}{done.stderr}")
                    ran += 1
        self.assertGreater(ran, 4)

    def test_expressions_about_size_have_an_answer(self):
        section = pages()["server/OPERATIONS.md"].split("\n## Size\n")[1].split("\n## ")[0]
        expressions = re.findall(r"^\| [^|]+ \| `([^`]+)` \|$", section, flags=re.M)
        self.assertGreaterEqual(len(expressions), 4)
        for expression in expressions:
            wait_until(expression, lambda e=expression: self.vigia.query(e))

    def test_a_snapshot_is_a_backup(self):
        """server/OPERATIONS.md: snapshot, copy, start on the copy."""
        expression = 'count_over_time(up[10m] @ %.3f)' % float(self.vigia.api("query", query="time()")["result"][1])
        before = self.vigia.value(expression)
        request = urllib.request.Request(self.vigia.base + "/api/v1/admin/tsdb/snapshot", method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            name = json.load(answer)["data"]["name"]
        restored = pathlib.Path(self.folder, "restored")
        shutil.copytree(pathlib.Path(self.folder, "data", "snapshots", name), restored / "data")
        other = Vigia(BINARY, restored, "scrape_configs: []\n")
        self.addCleanup(other.stop)
        self.assertEqual(other.value(expression), before)

    def test_a_full_disk_is_told(self):
        """server/OPERATIONS.md: nothing is stored, queries go on, readiness and an alert say so."""
        folder = pathlib.Path(self.folder, "full")
        folder.mkdir()
        port = free_port()
        config = (ROOT / "config/default/prometheus.yml").read_text()
        config = config.replace("localhost:9090", f"localhost:{port}").replace("rules/*.yml", str(ROOT / "config/default/rules/server.yml"))
        (folder / "prometheus.yml").write_text(config.replace("_interval: 15s", "_interval: 1s"))
        base = f"http://127.0.0.1:{port}"
        self.addCleanup(Process("full", [BINARY, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                                         f"--web.listen-address=127.0.0.1:{port}", "--storage.min-free-space=1EB"], folder).stop)
        wait_until("the server", lambda: get(base + "/-/healthy"))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            get(base + "/-/ready")
        self.assertEqual(refused.exception.code, 503)
        self.assertEqual(json.loads(get(base + "/api/v1/query", query="vector(1)"))["status"], "success")
        self.assertIn("\nvigia_storage_read_only 1\n", get(base + "/metrics"))
        wait_until("the alert", lambda: "VigiaMetricsMissing" in get(base + "/api/v1/alerts"))
        wait_until("refused samples", lambda: re.search(r"^vigia_storage_samples_rejected_total [1-9]", get(base + "/metrics"), re.M))

    @unittest.skipUnless(shutil.which("prometheus"), "Prometheus is not installed")
    def test_prometheus_sends_to_it_and_federates_from_it(self):
        """server/MIGRATION.md: remote_write of a Prometheus, and its job for /federate."""
        migration = pages()["server/MIGRATION.md"]
        remote = re.search(r"```\n(  remote_write:.*?)```", migration, flags=re.S).group(1).replace("vigia:9091", f"127.0.0.1:{self.vigia.port}")
        federate = next(block for _, language, block in fences(migration) if language == "yaml" and "federate" in block)
        federate = federate.replace("['vigia-1:9090', 'vigia-2:9090']", f"['127.0.0.1:{self.vigia.port}']")
        folder = pathlib.Path(self.folder, "prometheus")
        folder.mkdir()
        port = free_port()
        remote = "\n".join(line.removeprefix("  ") for line in remote.splitlines())
        (folder / "prometheus.yml").write_text(
            f"global: {{scrape_interval: 1s}}\n{remote}\n{federate}\n"
            f"  - job_name: sender\n    static_configs:\n      - targets: ['127.0.0.1:{port}']\n")
        self.addCleanup(Process("prometheus", ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                                               f"--web.listen-address=127.0.0.1:{port}"], folder).stop)
        wait_until("samples of Prometheus", lambda: self.vigia.query('up{job="sender"} == 1'), 60)

        def federated():
            return json.loads(get(f"http://127.0.0.1:{port}/api/v1/query", query="job:up:avg"))["data"]["result"]
        wait_until("a recorded series in Prometheus", federated, 60)

    def test_default_rules_are_well_while_the_server_is(self):
        def evaluated():
            rules = [r for g in self.vigia.api("rules")["groups"] for r in g["rules"]]
            return rules if rules and all(r["health"] != "unknown" for r in rules) else None
        for rule in wait_until("all rules evaluated", evaluated, 40, 0.5):
            self.assertEqual(rule["health"], "ok", rule.get("lastError"))
        self.assertEqual([a for a in self.vigia.api("alerts")["alerts"] if a["state"] == "firing"], [])
        self.assertIn("vigia_build_info", get(self.vigia.base + "/metrics"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
