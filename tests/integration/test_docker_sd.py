"""docker_sd_configs and dockerswarm_sd_configs against a real engine, and what Prometheus makes of the same engine.

Run by ctest; VIGIA_BINARY names the server. Skipped where no engine can run.
"""
import os
import pathlib
import shutil
import tempfile
import unittest

from docker_engine import IMAGE, Engine
from processes import Process, Vigia, free_port, get, get_json, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))

# Labels that younger versions of Prometheus know than those that distributions have.
YOUNG = {"__meta_docker_container_image", "__meta_docker_container_image_id"}

CONFIG = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: compose
    docker_sd_configs:
      - host: unix://SOCKET
        refresh_interval: 1s
        filters: [{name: label, values: [com.docker.compose.project=shop]}]
    relabel_configs:
      - {source_labels: [__meta_docker_port_private], action: keep, regex: '8080'}
      - {source_labels: [__meta_docker_container_label_com_docker_compose_service], target_label: service}
  - job_name: all
    docker_sd_configs: [{host: 'unix://SOCKET', refresh_interval: 1s, match_first_network: false}]
    relabel_configs: [{action: drop}]
"""

# Prometheus of that age has no match_first_network: it takes all.
PEER_CONFIG = """
scrape_configs:
  - job_name: all
    docker_sd_configs: [{host: 'unix://SOCKET', refresh_interval: 1s}]
    relabel_configs: [{action: drop}]
"""

SWARM_CONFIG = "scrape_configs:\n" + "".join(f"""
  - job_name: {role}
    dockerswarm_sd_configs: [{{host: 'unix://SOCKET', refresh_interval: 1s, role: {role}, port: 9100}}]
    relabel_configs: [{{action: drop}}]
""" for role in ("nodes", "services", "tasks"))


def discovered(base, job):
    """The labels of a job's targets before relabelling, without those of no mechanism, as a sorted list."""
    targets = get_json(base + "/api/v1/targets", state="any")["data"]
    found = [t["discoveredLabels"] for t in targets["activeTargets"] + targets["droppedTargets"]]
    kept = [{k: v for k, v in labels.items() if v and k not in YOUNG and (k == "__address__" or k.startswith("__meta_"))}
            for labels in found if labels.get("job") == job]
    return sorted((sorted(labels.items()) for labels in kept))


class DockerDiscovery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="vigia-docker-sd-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.engine = Engine(cls.folder / "engine")
        cls.addClassCleanup(cls.engine.stop)

    def vigia(self, config):
        vigia = Vigia(BINARY, tempfile.mkdtemp(dir=self.folder), config.replace("SOCKET", str(self.engine.socket)))
        self.addCleanup(vigia.stop)
        return vigia

    def peer(self, config):
        """A real Prometheus that asks the same engine; None without one."""
        if shutil.which("prometheus") is None:
            return None
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "prometheus.yml").write_text(config.replace("SOCKET", str(self.engine.socket)))
        port = free_port()
        process = Process("prometheus", ["prometheus", f"--config.file={folder}/prometheus.yml",
                                         f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"], folder)
        self.addCleanup(process.stop)
        wait_until("Prometheus ready", lambda: get(f"http://127.0.0.1:{port}/-/ready"))
        return f"http://127.0.0.1:{port}"

    def compare(self, vigia, peer, job, at_least):
        ours = wait_until(f"targets of {job}", lambda: (found := discovered(vigia.base, job)) and len(found) >= at_least and found)
        if peer is not None:
            # Younger versions alone follow a container into the network of another.
            ours = [labels for labels in ours if not dict(labels).get("__meta_docker_container_network_mode", "").startswith("container:")]
            theirs = wait_until("as many at Prometheus", lambda: (found := discovered(peer, job)) and len(found) == len(ours) and found)
            self.assertEqual(ours, theirs)
        return ours

    def service(self, name):
        return ("--label", "com.docker.compose.project=shop", "--label", f"com.docker.compose.service={name}")

    def test_containers(self):
        engine = self.engine
        engine("network", "create", "--label", "tier=front", "shop_front")
        engine("network", "create", "--internal", "shop_back")
        web = engine.run("shop_web_1", *self.service("web"), "--network", "shop_front", "--expose", "8080", "--expose", "53/udp",
                         "-p", f"127.0.0.1:{free_port()}:8080", command=("8080",))
        engine("network", "connect", "shop_back", "shop_web_1")
        engine.run("shop_plain_1", *self.service("plain"), "--network", "shop_back")
        engine.run("shop_side_1", *self.service("side"), "--network", f"container:{web}", command=("9100",))
        engine.run("hosted", "--network", "host")
        vigia = self.vigia(CONFIG)
        found = self.compare(vigia, None, "all", 6)
        self.assertEqual(2, sum(dict(labels)["__meta_docker_container_name"] == "/shop_side_1" for labels in found))
        self.compare(vigia, self.peer(PEER_CONFIG), "all", 6)
        # The stack's web server is found by its labels, and scraped; it is reached in the network that comes first by name.
        wait_until("a scrape of the container", lambda: vigia.query('demo_metric{job="compose",service="web"}'), 30)
        address = engine.inspect("shop_web_1")["NetworkSettings"]["Networks"]["shop_back"]["IPAddress"]
        self.assertEqual(vigia.query('up{job="compose"}')[0]["metric"]["instance"], f"{address}:8080")
        engine("rm", "-f", "shop_web_1")
        wait_until("that it is gone", lambda: not [t for t in vigia.api("targets", state="active")["activeTargets"]])
        text = get(vigia.base + "/metrics")
        self.assertIn('prometheus_sd_refresh_failures_total{config="all",mechanism="docker"} 0', text)

    def test_swarm(self):
        engine = self.engine
        engine("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", f"127.0.0.1:{free_port()}")
        engine("node", "update", "--label-add", "zone=a", engine("node", "ls", "-q"))
        engine("network", "create", "-d", "overlay", "--label", "tier=back", "back")
        engine("service", "create", "-d", "--name", "web", "--replicas", "2", "--label", "team=x", "--container-label", "c.l=1",
               "--network", "back", "--publish", f"published={free_port()},target=8080", "--no-resolve-image", IMAGE, "8080")
        engine("service", "create", "-d", "--name", "plain", "--mode", "global", "--network", "back", "--no-resolve-image", IMAGE)
        wait_until("the tasks", lambda: engine("service", "ls", "--format", "{{.Replicas}}").split() in (["1/1", "2/2"], ["2/2", "1/1"]), 60)
        vigia = self.vigia(SWARM_CONFIG)
        peer = self.peer(SWARM_CONFIG)
        self.compare(vigia, peer, "nodes", 1)
        self.compare(vigia, peer, "services", 3)
        tasks = self.compare(vigia, peer, "tasks", 5)
        self.assertTrue(any(("__meta_dockerswarm_container_label_c_l", "1") in labels for labels in tasks))


if __name__ == "__main__":
    unittest.main()
