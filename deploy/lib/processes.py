"""Programs that this run starts and must stop again, and words for people while it works."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


class Failure(Exception):
    """What went wrong, for the person at the screen; `log` is the file whose end says more."""

    def __init__(self, what, log=None):
        super().__init__(what)
        self.log = log


def say(text=""):
    print(text, flush=True)


class Progress:
    """One rewritten line on a terminal, a line every few seconds elsewhere."""

    def __init__(self, every_s=5):
        self._every_s, self._next = every_s, 0
        self._is_terminal = sys.stderr.isatty()

    def show(self, text):
        if self._is_terminal:
            print(f"\r\033[K  {text}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() >= self._next:
            print(f"  {text}", file=sys.stderr, flush=True)
            self._next = time.monotonic() + self._every_s

    def done(self):
        if self._is_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def tail(path, lines=15):
    try:
        return "\n".join("    " + line for line in Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "    (no log)"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def _die_with_parent():
    """However this run ends, nothing it started stays behind."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class Program:
    """A started program: its standard output can be read line by line, its standard error is its log."""

    def __init__(self, name, command, environment, log):
        self.name, self.log = name, Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as errors:
            # a session of its own: Ctrl-C reaches us only, and we stop things in order
            self._process = subprocess.Popen(
                [str(part) for part in command], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=errors, text=True, start_new_session=True, preexec_fn=_die_with_parent)

    @property
    def pid(self):
        return self._process.pid

    def read_line(self):
        line = self._process.stdout.readline()
        if not line:
            raise self.death()
        return line

    def is_alive(self):
        return self._process.poll() is None

    def death(self):
        self._process.wait()
        return Failure(f"{self.name} ended with status {self._process.returncode}", self.log)

    def stop(self, patience_s=30):
        """SIGTERM. What does not go is killed, and that is a failure."""
        if not self.is_alive():
            return
        self._process.terminate()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise Failure(f"{self.name} did not stop within {patience_s} s of SIGTERM and was killed", self.log) from None
