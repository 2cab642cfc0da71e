"""Remote write and remote read between this server and a real Prometheus.

Run by ctest; VIGIA_BINARY names the server. What the one has is compared with what the other says.
"""
import os
import pathlib
import shutil
import signal
import tempfile
import time
import unittest

import test_native_histograms
from processes import Process, Vigia, free_port, get, get_json, now, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))


class Prometheus:
    def __init__(self, folder, config, flags=(), port=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.port = port or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.flags = list(flags)
        (self.folder / "prometheus.yml").write_text(config)
        self.start()

    def start(self):
        self.process = Process("prometheus", ["prometheus", f"--config.file={self.folder}/prometheus.yml",
                                              f"--storage.tsdb.path={self.folder}/data",
                                              f"--web.listen-address=127.0.0.1:{self.port}", *self.flags], self.folder)
        wait_until("Prometheus ready", lambda: get(self.base + "/-/ready"))


def matrix(base, selector, seconds, at=None):
    """{labels: [(time, value)]} of raw samples."""
    answer = get_json(base + "/api/v1/query", query=f"{selector}[{seconds}s]", time=at or now())
    return {tuple(sorted(s["metric"].items())): [tuple(v) for v in s["values"]] for s in answer["data"]["result"]}


class Remote(unittest.TestCase):
    def setUp(self):
        if shutil.which("prometheus") is None:
            self.skipTest("no Prometheus is installed")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vigia-remote-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def peer(self, config="global: {scrape_interval: 1h}\n", flags=("--web.enable-remote-write-receiver",), port=None):
        peer = Prometheus(self.folder / "peer", config, flags, port)
        self.addCleanup(lambda: peer.process.stop())
        return peer

    def vigia(self, config, flags=()):
        port = free_port()
        vigia = Vigia(BINARY, self.folder / "vigia", config.replace("PORT", str(port)), flags, port)
        self.addCleanup(lambda: vigia.stop())
        return vigia

    CONFIG = """
global:
  scrape_interval: 500ms
  scrape_timeout: 500ms
  external_labels: {{site: test}}
scrape_configs:
  - job_name: self
    static_configs: [{{targets: ['127.0.0.1:PORT']}}]
remote_write:
  - url: http://127.0.0.1:{peer}/api/v1/write
    queue_config: {{batch_send_deadline: 300ms, max_backoff: 500ms}}
    metadata_config: {{send_interval: 1s}}
"""

    def assert_complete(self, vigia, peer, since):
        """Every sample that vigia has from `since` on until now has arrived, and nothing else has."""
        until = now()
        selector = '{job="self",__name__=~"up|process_.*|prometheus_http_requests_total"}'
        seconds = int(until - since) + 1

        def both():
            own = matrix(vigia.base, selector, seconds, until)
            sent = matrix(peer.base, selector, seconds, until)
            wanted = {tuple(sorted([*labels, ("site", "test")])): values for labels, values in own.items()}
            return bool(own) and wanted == sent

        wait_until("all samples have arrived", both, 20, 0.5)

    def test_1_peer_receives_and_misses_nothing(self):
        peer = self.peer()
        vigia = self.vigia(self.CONFIG.format(peer=peer.port))
        since = time.time() - 1
        wait_until("samples arrive", lambda: matrix(peer.base, 'up{site="test"}', 60))
        self.assert_complete(vigia, peer, since)
        # The peer dies and comes back.
        peer.process.stop(signal.SIGKILL)
        time.sleep(3)
        peer.start()
        self.assert_complete(vigia, peer, since)
        # This server dies while the peer is away, and comes back before it.
        peer.process.stop(signal.SIGKILL)
        time.sleep(2)
        vigia.kill()
        vigia.start()
        time.sleep(1)
        peer.start()
        self.assert_complete(vigia, peer, since)
        # It stops in an orderly way while the peer is away.
        peer.process.stop(signal.SIGTERM)
        time.sleep(2)
        vigia.stop()
        peer.start()
        vigia.start()
        self.assert_complete(vigia, peer, since)
        self.assertEqual(vigia.value("sum(prometheus_remote_storage_samples_failed_total) or vector(0)"), 0)
        vigia.value("prometheus_remote_storage_shards")
        wait_until("metadata arrives", lambda: vigia.value("prometheus_remote_storage_metadata_total") > 0)
        self.assertEqual(vigia.value("prometheus_remote_storage_metadata_failed_total"), 0)

    def test_2_this_server_receives_its_own_version_2(self):
        receiver = Vigia(BINARY, self.folder / "receiver", "", ("--web.enable-remote-write-receiver",))
        self.addCleanup(lambda: receiver.stop())
        config = self.CONFIG.format(peer=receiver.port).replace(
            "    queue_config:", "    protobuf_message: io.prometheus.write.v2.Request\n    queue_config:")
        vigia = self.vigia(config)
        since = time.time() - 1
        wait_until("samples arrive", lambda: matrix(receiver.base, 'up{site="test"}', 60))
        self.assert_complete(vigia, receiver, since)

    def test_3_peer_reads_from_this_server(self):
        vigia = self.vigia("""
global: {scrape_interval: 500ms, scrape_timeout: 500ms, external_labels: {site: test}}
scrape_configs:
  - job_name: self
    static_configs: [{targets: ['127.0.0.1:PORT']}]
""")
        peer = self.peer(f"""
global: {{scrape_interval: 1h}}
remote_read:
  - url: {vigia.base}/api/v1/read
    read_recent: true
""", ())
        time.sleep(4)
        until = now()
        for selector in ('{job="self"}', 'up', '{__name__=~"prometheus_http_.*",handler!="/metrics"}'):
            own = matrix(vigia.base, selector, 60, until)
            wanted = {tuple(sorted([*labels, ("site", "test")])): values for labels, values in own.items()}
            self.assertEqual(wanted, matrix(peer.base, selector, 60, until), selector)
            self.assertTrue(wanted)
        # External labels are matched, and do not hide anything.
        self.assertEqual(len(matrix(peer.base, 'up{site="test"}', 60, until)), 1)
        self.assertEqual(matrix(peer.base, 'up{site="other"}', 60, until), {})
        self.assertEqual(vigia.value("prometheus_remote_read_handler_queries"), 0)


    SELF = """
global: {{scrape_interval: 500ms, scrape_timeout: 500ms, external_labels: {{site: test}}}}
scrape_configs:
  - job_name: self
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
{more}
"""

    def test_4_this_server_reads_from_a_peer(self):
        peer_port = free_port()
        peer = self.peer(self.SELF.format(port=peer_port, more=""), (), peer_port)
        vigia = self.vigia(f"""
global: {{scrape_interval: 1h, external_labels: {{site: test}}}}
remote_read:
  - url: {peer.base}/api/v1/read
    name: peer
    read_recent: true
""")
        wait_until("the peer has samples", lambda: matrix(peer.base, "up", 60))
        time.sleep(4)
        until = now()
        for selector in ("up", '{job="self"}', '{__name__=~"prometheus_http_.*_bucket",handler!="/metrics"}'):
            wanted = matrix(peer.base, selector, 60, until)
            self.assertTrue(wanted)
            self.assertEqual(wanted, matrix(vigia.base, selector, 60, until), selector)
        # Nothing but streamed chunks was asked for and given, and nothing failed.
        counts = get_json(vigia.base + "/api/v1/status/self_metrics",
                          metric_name_pattern="prometheus_remote_read_client_queries_total")["data"]
        self.assertIn("chunked", str(counts))
        self.assertNotIn("sampled", str(counts))
        self.assertNotIn("unsupported", str(counts))
        # Expressions over both are computed here.
        own = get_json(vigia.base + "/api/v1/query", query="count(up) + sum(rate(prometheus_http_requests_total[1m])) * 0",
                       time=until)
        self.assertEqual(own["data"]["result"][0]["value"][1], "1")
        self.assertNotIn("warnings", own)
        # A peer that is gone is a warning, and what is here is still answered.
        peer.process.stop()
        answer = get_json(vigia.base + "/api/v1/query", query="vector(1) or up")
        self.assertEqual(len(answer["data"]["result"]), 1)
        self.assertIn("remote_read: error sending request: Post", answer["warnings"][0])
        labels = get_json(vigia.base + "/api/v1/labels")
        self.assertEqual(labels["warnings"], ["not implemented"])

    def test_5_native_histograms_of_a_peer(self):
        target = test_native_histograms.Target()
        self.addCleanup(target.server_close)
        self.addCleanup(target.shutdown)
        peer = self.peer(f"""
global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}
scrape_configs:
  - job_name: native
    metrics_path: /protobuf
    static_configs: [{{targets: ['127.0.0.1:{target.server_port}']}}]
""", ("--enable-feature=native-histograms",))
        vigia = self.vigia(f"global: {{scrape_interval: 1h}}\nremote_read: [{{url: '{peer.base}/api/v1/read', "
                           "read_recent: true}]\n")
        wait_until("the peer scrapes", lambda: target.accepted)
        for scale in (1, 2, 3, 5, 1, 4):  # The second 1 is a counter reset.
            target.scale = scale
            time.sleep(0.7)
        until = now()

        def histograms(base):
            answer = get_json(base + "/api/v1/query", query='h[60s]', time=until)
            return [(s["metric"], s["histograms"]) for s in answer["data"]["result"]]

        wanted = histograms(peer.base)
        if not wanted:
            self.skipTest("this Prometheus takes native histograms in another way")
        self.assertGreater(len(wanted[0][1]), 5)  # Several samples in each chunk.
        self.assertEqual(wanted, histograms(vigia.base))
        rate = [get_json(base + "/api/v1/query", query="rate(h[5s])", time=until)["data"]["result"]
                for base in (peer.base, vigia.base)]
        self.assertTrue(rate[0])
        for key in ("count", "sum"):
            one, two = [float(r[0]["histogram"][1][key]) for r in rate]
            self.assertAlmostEqual(one, two, places=9)


if __name__ == "__main__":
    unittest.main()
