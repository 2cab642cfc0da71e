"""consul_sd_configs: targets of services that come, change and go, found by blocking queries."""
import os
import pathlib
import shutil
import tempfile
import unittest

from fake_consul import Agent
from processes import Vigia, get, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))


def instance(name, port, status="passing", tags=("blue",)):
    return {"Node": {"Node": "n1", "Address": "127.0.2.1", "Datacenter": "dc1", "TaggedAddresses": {"lan": "127.0.2.1"},
                     "Meta": {"rack": "r1"}},
            "Service": {"ID": name, "Service": "web", "Tags": list(tags), "Address": "", "Port": port, "Meta": {"version": "2"}},
            "Checks": [{"CheckID": "serfHealth", "Status": "passing"}, {"CheckID": "service:" + name, "Status": status}]}


class Consul(unittest.TestCase):
    def test_services_come_change_and_go(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="vigia-consul-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        agent = Agent(token="s3cret")
        self.addCleanup(agent.stop)
        agent.register("web", [instance("web-1", 8001)], tags=["blue"])
        vigia = Vigia(BINARY, folder / "vigia", f"""
scrape_configs:
  - job_name: consul
    consul_sd_configs: [{{server: '{agent.address}', token: s3cret, refresh_interval: 100ms}}]
    relabel_configs:
      - {{source_labels: [__meta_consul_tags], action: keep, regex: '.*,blue,.*'}}
      - {{source_labels: [__meta_consul_service_id], target_label: id}}
      - {{source_labels: [__meta_consul_health], target_label: health}}
""")
        self.addCleanup(vigia.stop)

        def found():
            return {t["labels"]["id"]: t for t in vigia.api("targets", state="active")["activeTargets"]}

        first = wait_until("the first", found)["web-1"]
        self.assertEqual(first["labels"]["instance"], "127.0.2.1:8001")
        self.assertEqual(first["discoveredLabels"]["__meta_consul_metadata_rack"], "r1")
        self.assertEqual(first["discoveredLabels"]["__meta_consul_dc"], "dc1")
        agent.register("web", [instance("web-1", 8001, "critical"), instance("web-2", 8002)], tags=["blue"])
        wait_until("a change", lambda: {i: t["labels"]["health"] for i, t in found().items()} == {"web-1": "critical", "web-2": "passing"})
        agent.register("web", [])
        wait_until("the end", lambda: found() == {})
        self.assertNotIn("s3cret", vigia.process.log())
        self.assertNotIn("s3cret", get(vigia.base + "/api/v1/status/config"))
        self.assertIn("prometheus_sd_consul_rpc_failures_total 0", get(vigia.base + "/metrics"))


if __name__ == "__main__":
    unittest.main()
