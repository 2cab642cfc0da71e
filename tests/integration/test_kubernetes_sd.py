"""kubernetes_sd_configs over TLS with tokens and client certificates, against an API server in the test.

That server is what kubectl, a client that is not ours, takes for one: it lists and watches with the same answers.
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from fake_kubernetes import Cluster
from processes import Vigia, get, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIGIA_BINARY", str(ROOT / "build/release/vigia"))


def pod(name, ip, port=8080):
    return {"kind": "Pod", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": "shop", "uid": "u-" + name, "labels": {"app.kubernetes.io/name": "web"}},
            "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i:1", "ports": [{"name": "http", "containerPort": port,
                                                                                             "protocol": "TCP"}]}]},
            "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "hostIP": "10.0.0.1",
                       "conditions": [{"type": "Ready", "status": "True"}]}}


class Kubernetes(unittest.TestCase):
    def setUp(self):
        if shutil.which("openssl") is None:
            self.skipTest("no openssl command is installed")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vigia-kubernetes-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "pki").mkdir()
        self.cluster = Cluster(self.folder / "pki", "t0ken-1")
        self.addCleanup(self.cluster.stop)

    def kubeconfig(self, user):
        ca = base64.b64encode((self.folder / "pki/ca.crt").read_bytes()).decode()
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "c", "cluster": {"server": self.cluster.url, "certificate-authority-data": ca}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}]}))
        return path

    def vigia(self, sd):
        config = f"""
scrape_configs:
  - job_name: k
    kubernetes_sd_configs: [{sd}]
    relabel_configs:
      - {{source_labels: [__meta_kubernetes_pod_name], target_label: pod}}
      - {{action: labelmap, regex: __meta_kubernetes_pod_label_(.+)}}
"""
        vigia = Vigia(BINARY, self.folder / "vigia", config)
        self.addCleanup(vigia.stop)
        return vigia

    @staticmethod
    def pods(vigia):
        return {t["labels"]["pod"]: t for t in vigia.api("targets", state="active")["activeTargets"]}

    def test_kubeconfig_with_a_client_certificate(self):
        self.cluster.page = 2
        for i in range(5):
            self.cluster.put("pods", pod(f"p{i}", f"127.0.1.{i}"))
        config = self.kubeconfig({"client-certificate": "pki/client.crt", "client-key": "pki/client.key"})
        vigia = self.vigia(f"{{role: pod, kubeconfig_file: '{config}'}}")
        wait_until("five pods", lambda: len(self.pods(vigia)) == 5)
        labels = self.pods(vigia)["p0"]["labels"]
        self.assertEqual(labels["app_kubernetes_io_name"], "web")
        self.assertEqual(labels["instance"], "127.0.1.0:8080")
        self.cluster.put("pods", pod("new", "127.0.1.9"))
        self.cluster.remove("pods", "shop", "p0")
        wait_until("what changed", lambda: set(self.pods(vigia)) == {"p1", "p2", "p3", "p4", "new"})
        self.cluster.put("pods", pod("while-away", "127.0.1.10"))
        self.cluster.compact()
        self.cluster.put("pods", pod("after", "127.0.1.11"))
        wait_until("what changed when its version was gone", lambda: {"while-away", "after"} <= set(self.pods(vigia)))

    def test_a_token_is_read_again(self):
        self.cluster.put("pods", pod("a", "127.0.1.1"))
        token = self.folder / "token"
        token.write_text("t0ken-1\n")
        vigia = self.vigia(f"{{role: pod, namespaces: {{names: [shop]}}, api_server: '{self.cluster.url}', "
                           f"authorization: {{credentials_file: '{token}'}}, tls_config: {{ca_file: '{self.folder}/pki/ca.crt'}}}}")
        wait_until("the pod", lambda: set(self.pods(vigia)) == {"a"})
        token.write_text("t0ken-2\n")
        self.cluster.token = "t0ken-2"
        self.cluster.compact()
        self.cluster.put("pods", pod("b", "127.0.1.2"))
        wait_until("a pod found by the new token", lambda: set(self.pods(vigia)) == {"a", "b"})
        self.assertTrue(any(r.startswith("/api/v1/namespaces/shop/pods?") for r in self.cluster.requests))
        self.assertNotIn("t0ken", vigia.process.log())
        self.assertNotIn("t0ken", get(vigia.base + "/api/v1/status/config"))

    def test_who_is_not_let_in_says_so(self):
        vigia = self.vigia(f"{{role: pod, kubeconfig_file: '{self.kubeconfig({'token': 'wr0ng'})}'}}")
        wait_until("a failure", lambda: "Unauthorized" in vigia.process.log())
        self.assertNotIn("wr0ng", vigia.process.log())
        self.assertIn('prometheus_sd_kubernetes_http_request_total{status_code="401"}', get(vigia.base + "/metrics"))

    def test_kubectl_takes_the_server_for_one(self):
        if shutil.which("kubectl") is None:
            self.skipTest("no kubectl is installed")
        self.cluster.put("pods", pod("a", "127.0.1.1"))
        self.cluster.page = 1
        self.cluster.put("pods", pod("b", "127.0.1.2"))
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig({"token": "t0ken-1"})), "--cache-dir", str(self.folder / "cache")]
        done = subprocess.run([*command, "get", "pods", "-A", "-o", "name"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout.split(), ["pod/a", "pod/b"], done.stderr)
        watching = subprocess.Popen([*command, "get", "pods", "-n", "shop", "-o", "name", "--watch"], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
        try:
            self.assertEqual([watching.stdout.readline().strip() for _ in range(2)], ["pod/a", "pod/b"])
            self.cluster.put("pods", pod("c", "127.0.1.3"))
            self.assertEqual(watching.stdout.readline().strip(), "pod/c")
        finally:
            watching.kill()
            watching.communicate()


if __name__ == "__main__":
    unittest.main()
