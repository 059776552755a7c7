"""A private PostgreSQL that can be stopped, killed and started again."""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from world import BUILD, ROOT

POSTGRES = str(ROOT / "deploy" / "postgres")
DRIVER = BUILD / "tests" / "integration" / "tandem_record_driver"


class Database:
    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="tandem-record-")
        self.folder = Path(self._folder.name)
        self.folder.chmod(0o755)
        self.environment = {**os.environ, "TANDEM_VAR": str(self.folder)}
        self.start()
        self.url = subprocess.run([POSTGRES, "url"], env=self.environment, check=True, text=True,
                                  stdout=subprocess.PIPE).stdout.strip()

    def start(self, patience_s=60):
        """A killed postmaster leaves backends that hold its memory for a moment: the first attempts may fail."""
        deadline = time.monotonic() + patience_s
        while self._fails("start") or self._fails("psql", "-qAtc", "select 1"):
            assert time.monotonic() < deadline, "PostgreSQL does not start again"
            time.sleep(0.2)

    def _fails(self, *order):
        return subprocess.run([POSTGRES, *order], env=self.environment, check=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode != 0

    def stop(self):
        self._fails("stop")

    def kill(self):
        """SIGKILL to the postmaster: a crash, recovered from its log at the next start."""
        try:
            pid = int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.01)
        except (OSError, ValueError, IndexError):
            pass  # it is down already

    def rows(self, statement):
        done = subprocess.run([POSTGRES, "psql", "-qAt", "-F", "|", "-c", statement], env=self.environment, check=True,
                              text=True, stdout=subprocess.PIPE)
        return [line.split("|") for line in done.stdout.splitlines()]

    def close(self):
        self.stop()
        self._folder.cleanup()
