"""The demo application of the monitoring stack. Runs from Python's standard library alone.

    DEMO_ADDRESS=0.0.0.0   DEMO_PORT=8000   where it listens
    DEMO_FAULTS=           comma-separated faults that are active from the start (see faults.py)
    DEMO_TRAFFIC=1         how much simulated traffic, 1 being about 20 requests per second; 0 for none
    DEMO_SEED=0            of the random numbers
"""
import os
import signal
import sys
import threading
import time

from catalog import Catalog
from faults import Faults, UnknownFault
from server import Server
from traffic import Traffic

STEP_SECONDS = 0.25
LONGEST_STEP_SECONDS = 5.0  # After a pause (a suspended machine) the missed work is not made up for.


class DemoApp:
    """The whole application in this process: starts with the constructor, ends with stop()."""

    def __init__(self, address, port, scale=1.0, seed=0):
        self.catalog = Catalog()
        self.faults = Faults(time.monotonic)
        self._traffic = Traffic(self.catalog, self.faults, seed, scale) if scale > 0 else None
        self._stopping = threading.Event()
        self.server = Server((address, port), self.catalog, self.faults)
        self.port = self.server.port
        self._threads = [threading.Thread(target=self.server.serve_forever, daemon=True)]
        if self._traffic:
            self._threads.append(threading.Thread(target=self._work, daemon=True))
        for thread in self._threads:
            thread.start()

    def _work(self):
        before = time.monotonic()
        while not self._stopping.wait(STEP_SECONDS):
            now = time.monotonic()
            self._traffic.step(min(now - before, LONGEST_STEP_SECONDS))
            before = now

    def stop(self):
        self._stopping.set()
        self.server.close()
        for thread in self._threads:
            thread.join()


def main(environment):
    try:
        address = environment.get("DEMO_ADDRESS", "0.0.0.0")
        app = DemoApp(address, int(environment.get("DEMO_PORT", "8000")), float(environment.get("DEMO_TRAFFIC", "1")),
                      int(environment.get("DEMO_SEED", "0")))
        for name in filter(None, (part.strip() for part in environment.get("DEMO_FAULTS", "").split(","))):
            app.faults.start(name)
    except (ValueError, OSError, UnknownFault) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    print(f"demo: http://{address}:{app.port}/api/v1/metrics", flush=True)
    ended.wait()
    app.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
