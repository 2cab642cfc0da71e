"""A Docker engine of its own in a temporary folder, and an image with one small program in it. Needs root and dockerd."""
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import time
import unittest

from processes import Process

# Answers every request on port argv[1] with one metric; without a port it only waits.
PROGRAM = r"""
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int argc, char** argv) {
  static const char answer[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 14\r\n\r\ndemo_metric 1\n";
  struct sockaddr_in at;
  char request[4096];
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  if (argc < 2) for (;;) pause();
  memset(&at, 0, sizeof at);
  at.sin_family = AF_INET;
  at.sin_port = htons(atoi(argv[1]));
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr*)&at, sizeof at) != 0 || listen(listener, 16) != 0) return 1;
  for (;;) {
    int peer = accept(listener, 0, 0);
    if (peer < 0) continue;
    if (read(peer, request, sizeof request) > 0 && write(peer, answer, sizeof answer - 1) > 0) shutdown(peer, SHUT_WR);
    while (read(peer, request, sizeof request) > 0) {}
    close(peer);
  }
}
"""
IMAGE = "vigia-test/demo:1"


class Engine:
    """Touches neither the machine's firewall nor its default bridge. Raises SkipTest where no engine can run."""

    def __init__(self, folder):
        if os.geteuid() != 0 or not shutil.which("dockerd") or not shutil.which("docker") or not shutil.which("cc"):
            raise unittest.SkipTest("a Docker engine needs root, dockerd, docker and a C compiler")
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.socket = self.folder / "docker.sock"
        command = ["dockerd", "--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec",
                   "--pidfile", f"{self.folder}/pid", "-H", f"unix://{self.socket}", "--bridge=none", "--iptables=false",
                   "--ip6tables=false"]
        for driver in ([], ["--storage-driver=vfs"]):
            self.process = Process("dockerd", command + driver, folder)
            if self._comes_up():
                break
            self.process.stop()
        else:
            raise unittest.SkipTest("no Docker engine can run here: " + self.process.log()[-400:])
        self._import_image()

    def _comes_up(self):
        for _ in range(60):
            if self.process.process.poll() is not None:
                return False
            if subprocess.run(self._command("version"), capture_output=True).returncode == 0:
                return True
            time.sleep(0.5)
        return False

    def _import_image(self):
        (self.folder / "demo.c").write_text(PROGRAM)
        subprocess.run(["cc", "-static", "-Os", "-o", f"{self.folder}/demo", f"{self.folder}/demo.c"], check=True)
        with tarfile.open(self.folder / "demo.tar", "w") as tar:
            tar.add(self.folder / "demo", "demo")
        self("import", "-c", 'ENTRYPOINT ["/demo"]', str(self.folder / "demo.tar"), IMAGE)

    def _command(self, *arguments):
        return ["docker", "-H", f"unix://{self.socket}", *arguments]

    def __call__(self, *arguments):
        done = subprocess.run(self._command(*arguments), capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"docker {arguments}: {done.stderr}")
        return done.stdout.strip()

    def run(self, name, *options, command=()):
        return self("run", "-d", "--name", name, *options, IMAGE, *command)

    def inspect(self, name):
        return json.loads(self("inspect", name))[0]

    def stop(self):
        """Leaves no network, namespace or mount behind."""
        self._each(("service", "ls", "-q"), "service", "rm")
        self._each(("ps", "-aq"), "rm", "-f")
        time.sleep(1)  # The swarm takes its networks out of the namespaces.
        self._each(("network", "ls", "-q", "--filter", "type=custom"), "network", "rm")
        subprocess.run(self._command("swarm", "leave", "--force"), capture_output=True)
        self._each(("network", "ls", "-q", "--filter", "type=custom"), "network", "rm")
        self.process.stop()
        for line in pathlib.Path("/proc/mounts").read_text().splitlines():
            if line.split()[1].startswith(f"{self.folder}/"):
                subprocess.run(["umount", "-l", line.split()[1]], capture_output=True)

    def _list(self, *arguments):
        return subprocess.run(self._command(*arguments), capture_output=True, text=True).stdout.split()

    def _each(self, what, *arguments):
        for one in self._list(*what):
            subprocess.run(self._command(*arguments, one), capture_output=True)
