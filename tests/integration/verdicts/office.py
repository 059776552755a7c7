"""A database with labelled calls in it, the stand-in for Gemini, and `tandem analyze` beside them."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "deploy" / "lib"))

from api import Client  # noqa: E402
from processes import Program  # noqa: E402

BUILD = Path(os.environ.get("TANDEM_BUILD") or ROOT / "build" / "release")
KEY = "example-key-not-real"


def labelled_calls():
    """(name, label, [(speaker, heard percentage or None, text)])"""
    for paragraph in (ROOT / "tests/data/verdicts/calls.txt").read_text().strip().split("\n\n"):
        head, *lines = paragraph.splitlines()
        name, _, label = [field.strip() for field in head[2:].split("|")[:3]]
        turns = []
        for line in lines:
            who, text = line.split(": ", 1)
            digits = "".join(filter(str.isdigit, who))
            turns.append(("user" if who[0] == "C" else "assistant", int(digits) if digits else None, text))
        yield name, label, turns


class Office:
    def __init__(self):
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tandem-verdicts-")))
        self.folder.chmod(0o755)
        self._postgres = [str(ROOT / "deploy" / "postgres")]
        self._environment = {**os.environ, "TANDEM_VAR": str(self.folder)}
        subprocess.run([*self._postgres, "start"], env=self._environment, check=True, stdout=subprocess.DEVNULL)
        self._stack.callback(subprocess.run, [*self._postgres, "stop"], env=self._environment, check=False,
                             stdout=subprocess.DEVNULL)
        url = subprocess.run([*self._postgres, "url"], env=self._environment, check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
        stand_in = Program("tandem-standins", [BUILD / "tests/standins/tandem-standins", "serve", "--gemini", "--max-seconds",
                                               "600", "--gemini-api-key", KEY], os.environ, self.folder / "standins.log")
        self._stack.callback(stand_in.stop)
        urls = {}
        while "control" not in urls:
            line = json.loads(stand_in.read_line())
            urls[line["party"]] = line["url"]
        self.control = Client("the stand-in", urls["control"])
        self.environment = {**os.environ, "DATABASE_URL": url, "GEMINI_API_KEY": KEY, "GEMINI_URL": urls["gemini"]}
        subprocess.run([BUILD / "tandem", "migrate"], env=self.environment, check=True, stdout=subprocess.DEVNULL)
        self._calls = 0

    def close(self):
        self._stack.close()

    def sql(self, statement):
        done = subprocess.run([*self._postgres, "psql", "-At", "-F", "|", "-v", "ON_ERROR_STOP=1", "-f", "-"], input=statement,
                              env=self._environment, check=True, text=True, stdout=subprocess.PIPE)
        return [line.split("|") for line in done.stdout.splitlines()]

    def add_call(self, day, turns):
        """A finished call of that day ("2025-01-02"); its id."""
        self._calls += 1
        call_id = f"00000000-0000-4000-8000-{self._calls:012x}"
        rows = [f"insert into bridge.calls (id, direction, phone_number, from_number, to_number, status, start_time, "
                f"answered_time, end_time, duration) values ('{call_id}', 'inbound', '+15555550123', '+15555550123', "
                f"'+15555550199', 'completed', '{day}T12:00:00Z', '{day}T12:00:01Z', '{day}T12:01:00Z', 59);"
                f"insert into bridge.analytics (call_id) values ('{call_id}');"]
        for seq, (speaker, heard, text) in enumerate(turns):
            played = f"1000, {heard * 10}" if heard is not None else "null, null"
            quoted = text.replace("'", "''")
            rows.append(f"insert into bridge.transcriptions (call_id, seq, speaker, message, timestamp, offset_ms, event_type, "
                        f"audio_ms, heard_ms, content_hash) values ('{call_id}', {seq}, '{speaker}', '{quoted}', "
                        f"'{day}T12:00:02Z', {seq}, 'message', {played}, '');")
        self.sql("".join(rows))
        return call_id

    def analyze(self, *words):
        """Starts `tandem analyze`."""
        return subprocess.Popen([BUILD / "tandem", "analyze", *words], env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def analyze_whole(self, *words, patience_s=60):
        """(exit code, what it printed)"""
        program = self.analyze(*words)
        printed, _ = program.communicate(timeout=patience_s)
        return program.returncode, printed

    def misbehave(self, kind, count=1, **more):
        self.control.post("/gemini/next", {"fault": kind, "count": count, **more})

    def requests(self):
        return self.control.get("/gemini/requests")["requests"]

    def verdict(self, call_id):
        """state, outcome, reason, booking_status, verdicts kept"""
        return tuple(self.sql(
            f"select b.state, coalesce(b.outcome, ''), coalesce(b.reason, ''), a.booking_status, (select count(*) from "
            f"bridge.verdicts v where v.call_id = b.call_id) from bridge.booking_analysis b join bridge.analytics a "
            f"using (call_id) where call_id = '{call_id}'")[0])
