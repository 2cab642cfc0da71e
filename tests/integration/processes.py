"""Real servers on loopback, each in a folder and on ports of its own: PostgreSQL, Redis, the exporters, Alertmanager, Vigía."""
import glob
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, timeout_s=30.0, pause_s=0.1):
    """Returns the first true value of condition(); a failed connection counts as false."""
    deadline = time.monotonic() + timeout_s
    last = None
    while time.monotonic() < deadline:
        try:
            last = condition()
            if last:
                return last
        except (OSError, urllib.error.URLError) as error:
            last = error
        time.sleep(pause_s)
    raise AssertionError(f"{what}: not within {timeout_s} s (last: {last!r})")


def now():
    """The time in whole milliseconds, which is all that a query's time can carry."""
    return round(time.time(), 3)


def get(url, **parameters):
    if parameters:
        url += "?" + urllib.parse.urlencode(parameters, doseq=True)
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read().decode()


def get_json(url, **parameters):
    return json.loads(get(url, **parameters))


class Process:
    def __init__(self, name, command, folder, env=None, user=None):
        self.name = name
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        identity = {}
        if user is not None and os.geteuid() == 0:
            entry = pwd.getpwnam(user)
            identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder,
                                            env={**os.environ, **(env or {})}, **identity)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self, signal_number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class Postgres:
    """A cluster in a temporary folder with the database `devmatrix`."""

    def __init__(self, folder):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.folder = pathlib.Path(folder) / "postgres"
        self.folder.mkdir()
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.port = free_port()
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "postgres", "--auth=trust", "--no-sync")
        self.process = Process("postgres-server", [f"{self.bin}/postgres", "-D", str(self.folder / "data"), "-p", str(self.port),
                                                   "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1",
                                                   "-c", "fsync=off"], self.folder, user=self.user)
        wait_until("PostgreSQL", lambda: self.psql("select 1", check=False) == "1")
        self.psql("create database devmatrix")

    def _run(self, program, *arguments):
        entry = pwd.getpwnam(self.user)
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run([f"{self.bin}/{program}", *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **identity)

    def _psql(self, database):
        return [f"{self.bin}/psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-XAtq", database]

    def psql(self, sql, database="postgres", check=True):
        done = subprocess.run([*self._psql(database), "-c", sql], capture_output=True, text=True, cwd=self.folder)
        if check and done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    def hold_connection(self, database):
        """A session that stays open until its standard input is closed."""
        return subprocess.Popen(self._psql(database), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=self.folder)

    def url(self):
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?sslmode=disable"

    def stop(self):
        self.process.stop(signal.SIGINT)


class Vigia:
    """The server under test. `flags` come after the usual ones."""

    def __init__(self, binary, folder, config_text, flags=(), port=None):
        self.binary = os.path.abspath(binary)
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.port = port or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.config = self.folder / "prometheus.yml"
        self.config.write_text(config_text)
        self.flags = list(flags)
        self.process = None
        self.start()

    def start(self):
        self.process = Process("vigia", [self.binary, f"--config.file={self.config}", f"--storage.tsdb.path={self.folder}/data",
                                         f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-lifecycle",
                                         *self.flags], self.folder)
        wait_until("Vigía ready", self.is_ready, 30)

    def is_ready(self):
        if self.process.process.poll() is not None:
            raise AssertionError(f"Vigía ended with {self.process.process.returncode}:\n{self.process.log()[-4000:]}")
        return get(self.base + "/-/ready")

    def kill(self):
        self.process.stop(signal.SIGKILL)

    def stop(self):
        return self.process.stop()

    def api(self, path, **parameters):
        answer = get_json(f"{self.base}/api/v1/{path}", **parameters)
        assert answer["status"] == "success", answer
        return answer.get("data")

    def query(self, expression, **parameters):
        return self.api("query", query=expression, **parameters)["result"]

    def value(self, expression, **parameters):
        """The one value of a query with one result."""
        result = self.query(expression, **parameters)
        assert len(result) == 1, (expression, result)
        return float(result[0]["value"][1])
