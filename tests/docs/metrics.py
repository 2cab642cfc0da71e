#!/usr/bin/env python3
"""server/METRICS.md, made of what a running server exposes.

    metrics.py            compares the page with the server (VIGIA_BINARY)
    metrics.py --write    writes the page
"""
import os
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from processes import Vigia, free_port, get, wait_until  # noqa: E402

BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))
PAGE = ROOT / "server/METRICS.md"

# Everything that makes a family of metrics appear.
CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:1']}}]}}]}}
remote_write: [{{url: 'http://127.0.0.1:1/', name: nobody}}]
remote_read: [{{url: 'http://127.0.0.1:{port}/metrics', name: nobody, read_recent: true}}]
scrape_configs:
  - job_name: self
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
  - job_name: files
    file_sd_configs: [{{files: [targets.yml]}}]
  - job_name: http
    http_sd_configs: [{{url: 'http://127.0.0.1:1/'}}]
  - job_name: kubernetes
    kubernetes_sd_configs: [{{role: node, api_server: 'http://127.0.0.1:1/'}}]
"""
FLAGS = ["--web.enable-admin-api", "--web.enable-remote-write-receiver", "--web.enable-otlp-receiver",
         "--enable-feature=otlp-deltatocumulative"]

SECTIONS = [
    ("Process", r"process_|vigia_process|prometheus_build_info|vigia_build_info|prometheus_ready"),
    ("Configuration", r"prometheus_config_"),
    ("HTTP server", r"prometheus_http_|vigia_http_|prometheus_web_"),
    ("Queries", r"prometheus_engine_|vigia_quer|vigia_slow_"),
    ("Scraping", r"prometheus_target_"),
    ("Discovery", r"prometheus_sd_|vigia_sd_"),
    ("Rules and templates", r"prometheus_rule_|prometheus_template_"),
    ("Notifications", r"prometheus_notifications_"),
    ("Remote write and read", r"prometheus_remote_|prometheus_api_remote|vigia_remote_"),
    ("OTLP", r"prometheus_api_otlp|vigia_otlp_"),
    ("Storage", r"prometheus_tsdb_|vigia_storage_"),
]

INTRODUCTION = """# Metrics

What the server exposes at `/metrics`, in its own words. Made of a running server (`./dev docs`); a test compares. Where Prometheus' words do not quite
fit, see [OPERATIONS.md](OPERATIONS.md#metrics).
"""


def families(text):
    """name -> [type, help, labels]"""
    out = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, words = line.split(" ", 3)
            out[name] = ["", words, set()]
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ", 3)
            out.setdefault(name, ["", "", set()])[0] = kind
        elif line:
            name = re.match(r"[a-zA-Z_:][\w:]*", line).group(0)
            family = name if name in out else re.sub(r"_(bucket|sum|count)$", "", name)
            out[family][2] |= set(re.findall(r'[{,](\w+)="', line)) - {"le", "quantile"}
    return out


def page(found):
    lines = [INTRODUCTION]
    rest = dict(found)
    for title, pattern in [*SECTIONS, ("Other", "")]:
        names = [n for n in sorted(rest) if re.match(pattern, n)]
        if not names:
            continue
        lines.append(f"## {title}\n\n| metric | type | labels | meaning |\n|---|---|---|---|")
        for name in names:
            kind, words, labels = rest.pop(name)
            shown = " ".join(f"`{label}`" for label in sorted(labels))
            lines.append(f"| `{name}` | {kind} | {shown} | {words.replace('|', chr(92) + '|')} |")
        lines.append("")
    return "\n".join(lines)


def expose():
    """The text of /metrics of a server that has done a little of everything."""
    with tempfile.TemporaryDirectory(prefix="vigia-metrics-") as folder:
        port = free_port()
        path = pathlib.Path(folder)
        (path / "rules.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: vector(1)}]}]")
        (path / "targets.yml").write_text(f"[{{targets: ['127.0.0.1:{port}']}}]")
        server = Vigia(BINARY, folder, CONFIG.format(port=port), FLAGS, port)
        try:
            wait_until("a notification", lambda: "prometheus_notifications_errors_total{" in get(server.base + "/metrics"))
            wait_until("a scrape", lambda: server.query("vigia_build_info"))
            wait_until("a refresh", lambda: re.search(r"^prometheus_sd_http_failures_total [1-9]", get(server.base + "/metrics"), re.M))
            wait_until("a list", lambda: re.search(r"^prometheus_sd_kubernetes_failures_total [1-9]", get(server.base + "/metrics"), re.M))
            return get(server.base + "/metrics")
        finally:
            server.stop()


def main():
    made = page(families(expose()))
    if "--write" in sys.argv[1:]:
        PAGE.write_text(made)
        return 0
    written = PAGE.read_text() if PAGE.exists() else ""
    if made == written:
        return 0
    lines = set(written.splitlines())
    for line in made.splitlines():
        if line not in lines:
            print(f"{PAGE} is out of date (./dev docs writes it); the first line that it lacks:\n{line}", file=sys.stderr)
            return 1
    print(f"{PAGE} has lines about what the server does not expose (./dev docs writes it)", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
