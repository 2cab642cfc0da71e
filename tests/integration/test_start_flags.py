"""Flags that change what a running server does: address, defaults of the configuration, reloading by itself."""
import os
import pathlib
import tempfile
import unittest
import urllib.error
import urllib.request

from processes import Process, free_port, get_json, wait_until

BINARY = os.path.abspath(os.environ.get("VIGIA_BINARY", "build/release/vigia"))

CONFIG = """
rule_files: ['rules/*.yml']
scrape_configs:
  - job_name: self
    scheme: HTTP
    scrape_interval: 1s
    metrics_path: /prometheus/metrics
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
"""
RULES = """
groups:
  - name: %s
    interval: 1s
    rules: [{alert: Always, expr: vector(1), annotations: {urls: '{{ externalURL }} {{ pathPrefix }}'}}]
"""


class StartFlags(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vigia-flags-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "rules").mkdir()
        self.port = free_port()
        self.config = self.folder / "prometheus.yml"
        self.config.write_text(CONFIG.format(port=self.port))
        self.api = f"http://127.0.0.1:{self.port}/prometheus/api/v1/"
        self.server = Process("vigia", [
            BINARY, f"--config.file={self.config}", f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.external-url=/prometheus", "--enable-feature=extra-scrape-metrics,type-and-unit-labels", "--config.auto-reload",
            "--config.auto-reload-interval=1s"], self.folder)
        self.addCleanup(self.server.stop)
        wait_until("ready", lambda: get_json(self.api + "status/buildinfo"))

    def groups(self):
        return sorted(group["name"] for group in get_json(self.api + "rules")["data"]["groups"])

    def test_a_path_as_external_url_is_the_prefix(self):
        with self.assertRaises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/status/buildinfo", timeout=10)
        (self.folder / "rules/a.yml").write_text(RULES % "a")
        alerts = wait_until("an alert", lambda: get_json(self.api + "alerts")["data"]["alerts"])
        self.assertEqual(alerts[0]["annotations"], {"urls": "/prometheus /prometheus"})

    def test_features_take_effect_and_are_told(self):
        extra = wait_until("a scrape", lambda: get_json(self.api + "query", query="scrape_timeout_seconds")["data"]["result"])
        self.assertEqual(extra[0]["value"][1], "1")
        features = get_json(self.api + "features")["data"]
        self.assertTrue(features["scrape"]["type_and_unit_labels"] and features["promql"]["type_and_unit_labels"])

    def test_new_files_of_a_pattern_are_seen(self):
        (self.folder / "rules/a.yml").write_text(RULES % "a")
        wait_until("the first file", lambda: self.groups() == ["a"])
        (self.folder / "rules/b.yml").write_text(RULES % "b")
        wait_until("the second file", lambda: self.groups() == ["a", "b"])
        (self.folder / "rules/a.yml").unlink()
        wait_until("the file that went", lambda: self.groups() == ["b"])

    def test_what_a_refused_configuration_names_is_watched(self):
        bad = self.folder / "other.yml"
        bad.write_text("groups: [{name: g, rules: [{record: a, expr: '('}]}]")
        self.config.write_text(self.config.read_text().replace("rules/*.yml", "other.yml"))
        wait_until("the refusal", lambda: "Error reloading config" in self.server.log())
        bad.write_text(RULES % "mended")
        wait_until("the mended file", lambda: self.groups() == ["mended"])

    def test_what_only_reads_takes_no_post(self):
        for path in ("targets", "rules", "alerts", "metadata", "scrape_pools", "status/config", "status/tsdb"):
            with self.subTest(path), self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(self.api + path, data=b"", timeout=10)
            self.assertEqual(refused.exception.code, 405)


if __name__ == "__main__":
    unittest.main()
