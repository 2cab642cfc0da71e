"""The two servers, each on loopback, with the same data, and how they are asked."""
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
import processes  # noqa: E402

import wire  # noqa: E402

CONFIG = "global:\n  evaluation_interval: 1m\n"
FEATURES = ["promql-experimental-functions", "native-histograms", "promql-at-modifier", "promql-negative-offset",
            "promql-extended-range-selectors", "promql-binop-fill-modifiers"]


def version(binary):
    """Of Prometheus, as numbers."""
    text = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+)\.(\d+)", text.stdout + text.stderr)
    return int(found[1]), int(found[2])


class Ended(Exception):
    """A server is no more, or gives no answer."""


class Server:
    def __init__(self, name, binary, folder, features=()):
        self.name = name
        self.port = processes.free_port()
        self.connection = None
        folder = pathlib.Path(folder) / name
        folder.mkdir(parents=True)
        config = folder / "prometheus.yml"
        config.write_text(CONFIG)
        self.process = processes.Process(name, [
            shutil.which(binary) or binary, f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}", "--storage.tsdb.retention.time=100y",
            "--web.enable-remote-write-receiver", "--log.level=warn", f"--enable-feature={','.join([*FEATURES, *features])}"], folder)
        processes.wait_until(f"{name} ready", self.is_ready, 60)

    def is_ready(self):
        if self.process.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.process.returncode}:\n{self.process.log()[-2000:]}")
        return processes.get(f"http://127.0.0.1:{self.port}/-/ready")

    def load(self, world):
        for piece in world.requests():
            wire.write(self.port, wire.request(piece))

    def ask(self, path, parameters):
        """The answer as it came: (HTTP status, JSON). The connection is kept."""
        body = urllib.parse.urlencode(parameters)
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                self.connection.request("POST", f"/api/v1/{path}", body, {"Content-Type": "application/x-www-form-urlencoded"})
                answer = self.connection.getresponse()
                return answer.status, json.loads(answer.read())
            except (http.client.HTTPException, ConnectionError) as error:
                self.connection.close()
                self.connection = None
                ended = self.process.process.poll()
                if attempt == 2 or ended is not None:
                    raise Ended(f"{self.name} gave no answer (its status: {ended}) {self.process.log()[-1000:]}") from error
        raise AssertionError("not reached")

    def stop(self):
        if self.connection is not None:
            self.connection.close()
        self.process.stop()
