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

from processes import Process, Vigia, free_port, get, get_json, now, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))


class Prometheus:
    def __init__(self, folder, config, flags=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.port = free_port()
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

    def peer(self, config="global: {scrape_interval: 1h}\n", flags=("--web.enable-remote-write-receiver",)):
        peer = Prometheus(self.folder / "peer", config, flags)
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


if __name__ == "__main__":
    unittest.main()
