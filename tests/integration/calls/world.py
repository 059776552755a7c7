"""A private world for one run: database, stand-ins and bridge, each with its own folder and invented credentials."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "deploy" / "lib"))

from api import Client  # noqa: E402
from parties import PARTIES, PUBLIC_HOST, invented_credentials  # noqa: E402
from processes import Program, free_port  # noqa: E402

BUILD = Path(os.environ.get("TANDEM_BUILD") or ROOT / "build" / "release")


def utc_day(shift_s):
    """Of a clock that is moved by so much."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + shift_s))


class World:
    """Everything runs until close(); `settings` change what the bridge is told."""

    def __init__(self, **settings):
        self._stack = ExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tandem-calls-"))
        self.folder = Path(folder)
        self.folder.chmod(0o755)
        self._postgres = [str(ROOT / "deploy" / "postgres")]
        self._environment = self._start_database()
        self.port = free_port()
        self.credentials = invented_credentials(PARTIES)
        self._settings = settings
        self.bridge_logs = []  # one for each time it was started
        self._start_stand_ins()
        self.start_bridge()

    def _start_database(self):
        """A cluster of its own; the environment in which deploy/postgres finds it."""
        environment = {**os.environ, "TANDEM_VAR": str(self.folder)}
        subprocess.run([*self._postgres, "start"], env=environment, check=True, stdout=subprocess.DEVNULL)
        self._stack.callback(subprocess.run, [*self._postgres, "stop"], env=environment, check=False,
                             stdout=subprocess.DEVNULL)
        return environment

    @property
    def database_log(self):
        """What the PostgreSQL server wrote."""
        return Path(self._environment["TANDEM_VAR"]) / "log" / "postgres.log"

    def _way_to_bridge(self):
        """Where the carrier connects to."""
        return f"127.0.0.1:{self.port}"

    def _way_to_voice(self):
        """HUME_URL."""
        return self.urls["evi"]

    def _stand_in_options(self):
        return []

    def _migrate(self, environment):
        subprocess.run([BUILD / "tandem", "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)

    def _start_stand_ins(self):
        command = [BUILD / "tests" / "standins" / "tandem-standins", "serve", "--max-seconds", "1200", "--say-speed", "20",
                   "--route", f"wss://{PUBLIC_HOST}={self._way_to_bridge()}", *self._stand_in_options()]
        self.stand_ins = Program("tandem-standins", command, {**os.environ, **self.credentials}, self.folder / "standins.log")
        self._stack.callback(self.stand_ins.stop)
        urls = {}
        while "control" not in urls:
            line = json.loads(self.stand_ins.read_line())
            urls[line["party"]] = line["url"]
        self.urls = urls
        self.control = Client("the stand-ins", urls["control"])

    def start_bridge(self):
        """Also again after it died: the same port, database and spool."""
        url = subprocess.run([*self._postgres, "url"], env=self._environment, check=True, text=True, stdout=subprocess.PIPE)
        environment = {**os.environ, **self.credentials, "DATABASE_URL": url.stdout.strip(), "PORT": str(self.port),
                       "PUBLIC_URL": f"https://{PUBLIC_HOST}", "SPOOL_DIR": str(self.folder / "spool"),
                       "CALLING_RULES_REVIEWED": utc_day(int(os.environ.get("TANDEM_WALL_SHIFT", 0))),
                       "DRAIN_TIMEOUT_SECONDS": "5", "TWILIO_API_URL": self.urls["twilio"], "HUME_URL": self._way_to_voice(),
                       "GEMINI_URL": self.urls["gemini"], "OPENAI_URL": self.urls["openai"], **self._settings}
        self._migrate(environment)
        self.environment = environment  # what the bridge was told
        self.bridge_log = self.folder / f"bridge-{len(self.bridge_logs)}.log"
        self.bridge_logs.append(self.bridge_log)
        self.bridge = Program("tandem", [BUILD / "tandem", "serve"], environment, self.bridge_log)
        self._stack.callback(self.bridge.stop)
        self.api = Client("the bridge", f"http://127.0.0.1:{self.port}")
        deadline = time.monotonic() + 30
        while self.api.status("/readyz") != 200:
            if time.monotonic() > deadline or not self.bridge.is_alive():
                raise self.bridge.death()
            time.sleep(0.05)

    def close(self):
        self._stack.close()

    def start(self, count=1, **body):
        """Places calls; their ids at the carrier."""
        return self.control.post("/calls", {
            "voice_url": f"https://{PUBLIC_HOST}/twilio/voice", "status_url": f"https://{PUBLIC_HOST}/twilio/status",
            "status_events": ["initiated", "ringing", "answered", "completed"], "count": count, **body})["sids"]

    def call(self, count=1, **body):
        """Places calls and answers the stand-in's reports once all are over."""
        return [self.control.get(f"/calls/{sid}/wait?seconds=120", timeout_s=130) for sid in self.start(count, **body)]

    def metric(self, series):
        """Value of one series of /metrics, 0 when it does not exist yet."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(series + " "))

    def row(self, sid, patience_s=20):
        """What the bridge wrote about a call, once it wrote why it ended: a dictionary of columns."""
        columns = ["id", "status", "end_reason", "duration", "direction", "phone_number", "stream_sid", "provider", "chat_id"]
        deadline = time.monotonic() + patience_s
        while True:
            rows = self.sql(f"select {','.join(columns)} from bridge.calls where call_sid = '{sid}'")
            if rows and rows[0][2]:
                return dict(zip(columns, rows[0]))
            if time.monotonic() > deadline:
                raise AssertionError(f"the bridge wrote no end of {sid}: {rows}")
            time.sleep(0.1)

    def until(self, what, fact, patience_s=20):
        deadline = time.monotonic() + patience_s
        while not (found := fact()):
            if time.monotonic() > deadline:
                raise AssertionError(f"still not so after {patience_s} s: {what}")
            time.sleep(0.1)
        return found

    def chats(self):
        return self.control.get("/evi/chats")["chats"]

    def sql(self, statement):
        done = subprocess.run([*self._postgres, "psql", "-At", "-F", "|", "-c", statement], env=self._environment,
                              check=True, text=True, stdout=subprocess.PIPE)
        return [line.split("|") for line in done.stdout.splitlines()]

    def fetch(self, path):
        with urllib.request.urlopen(self.urls["control"] + path, timeout=30) as answer:
            return answer.read()
