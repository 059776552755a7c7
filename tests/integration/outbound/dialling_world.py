"""A world in which calls may be placed: it is Tuesday noon in New York, and people agreed to be called."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from world import BUILD, World

DAY_S = 24 * 3600
TUESDAY = 1


def next_noon():
    """Of a Tuesday in New York, today or within a week (in summer, one o'clock)."""
    now = time.time()
    days = (TUESDAY - time.gmtime(now).tm_wday) % 7
    return int(now // DAY_S + days) * DAY_S + 17 * 3600


NOON = next_noon()
CLOCK = BUILD / "tests" / "integration" / "libtandem_wall_clock.so"
OURS = "+14155550100"


class DiallingWorld(World):
    def __init__(self, **settings):
        self._clock_folder = tempfile.mkdtemp(prefix="tandem-clock-")  # where the database's user may read it
        Path(self._clock_folder).chmod(0o755)
        clock = shutil.copy(CLOCK, self._clock_folder)
        os.environ["TANDEM_WALL_SHIFT"] = str(NOON - int(time.time()))
        os.environ["LD_PRELOAD"] = clock  # of every program that this one starts
        self._callees = 0
        super().__init__(CALLS_PER_SECOND="20", LOG_LEVEL="debug", **settings)

    def close(self):
        super().close()
        os.environ.pop("LD_PRELOAD", None)
        shutil.rmtree(self._clock_folder)

    def start_bridge(self, **settings):
        """Also a second one, on another port and spool."""
        kept, self._settings = self._settings, {**self._settings, **settings}
        try:
            super().start_bridge()
        finally:
            self._settings = kept

    def callee(self, consents=True, **behaviour):
        """The number of somebody new, and what happens when it is called."""
        self._callees += 1
        number = f"+1212555{100 + self._callees:04}"
        if consents:
            self.sql(f"""insert into bridge.consent (phone_number, purpose, seller, written, wording, channel, evidence, captured_at)
                values ('{number}', 'informational', 'Example Diner', true, 'You may call me.', 'web form',
                '{{"ip":"192.0.2.7","sha256":"x"}}', clock_timestamp() - interval '10 days')""")
        self.control.put("/twilio/destinations", {"number": number, "ring_ms": 300, **behaviour})
        return number

    def ask(self, path, body, key=None, port=None):
        """(status, headers, JSON) of a POST, refusals included."""
        headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.port}{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), json.loads(error.read())

    def place(self, number, **more):
        """The id of a call that is queued now."""
        status, _, answer = self.ask("/api/v1/calls", {"to": number, "purpose": "informational", **more})
        assert status == 201, f"{status}: {answer}"
        return answer["call"]["id"]

    def tandem(self, *words, **settings):
        """(exit code, what it printed) of a command; `settings` beside those of the bridge."""
        done = subprocess.run([BUILD / "tandem", *map(str, words)], env={**self.environment, **settings}, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def intent(self, call_id):
        row, = self.sql(f"select state, coalesce(call_sid, ''), tries, coalesce(error_code, 0) from bridge.dial_intents "
                        f"where id = '{call_id}'")
        return dict(zip(["state", "sid", "tries", "error"], row))

    def creates(self, number):
        """Requests to the carrier to call this number."""
        return [each for each in self.control.get("/twilio/requests")["requests"]
                if each["method"] == "POST" and each["path"].endswith("/Calls.json") and each["params"].get("To") == number]

    def rung(self, number):
        """Calls that the carrier placed to this number."""
        return [each for each in self.control.get("/calls")["calls"] if each["to"] == number]

    def over(self, call_id, patience_s=40):
        """The row of a call once it says why it ended, and its intent is over."""
        columns = ["status", "end_reason", "direction", "purpose", "phone_number", "call_sid", "answered_by"]

        def ended():
            row, = self.sql(f"select {','.join(columns)} from bridge.calls where id = '{call_id}'")
            return row if row[1] and self.intent(call_id)["state"] in ("ended", "failed", "refused") else None
        return dict(zip(columns, self.until(f"call {call_id} is over", ended, patience_s)))
