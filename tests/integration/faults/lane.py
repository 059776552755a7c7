"""A bridge of its own for a group of faults, with its own stand-ins, on a database cluster that all lanes share."""

import os
import subprocess
import tempfile
import threading
from pathlib import Path

from world import ROOT, World

POSTGRES = str(ROOT / "deploy" / "postgres")


class Cluster:
    """The database of all lanes. None of them has anything to fear from another's rows."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="tandem-faults-")
        Path(self._folder.name).chmod(0o755)
        self.environment = {**os.environ, "TANDEM_VAR": self._folder.name}
        subprocess.run([POSTGRES, "start"], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def close(self):
        subprocess.run([POSTGRES, "stop"], env=self.environment, check=False, stdout=subprocess.DEVNULL)
        self._folder.cleanup()


class Session:
    """One psql that stays: a process per question would cost more than everything that is tested here."""

    _END = "--- end of answer ---"

    def __init__(self, environment):
        self._process = subprocess.Popen([POSTGRES, "psql", "-qAt", "-F", "|"], env=environment, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._lock = threading.Lock()

    def rows(self, statement):
        with self._lock:
            self._process.stdin.write(f"{statement};\n\\echo {self._END}\n")
            self._process.stdin.flush()
            lines = []
            while (line := self._process.stdout.readline()) and line != self._END + "\n":
                lines.append(line[:-1].split("|"))
        return lines

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class Lane(World):
    """With a gate, both legs of every call run through it: listeners NAME-carrier and NAME-voice."""

    def __init__(self, name, cluster, gate=None, small_buffers=False, **settings):
        self.name, self._cluster, self.gate = name, cluster, gate
        self._touched = threading.local()
        self._buffers = {"receive_bytes": 4096} if small_buffers else {}
        try:
            super().__init__(LOG_LEVEL="debug", SHARDS="1", **settings)
        except BaseException:
            self.close()
            raise

    def _start_database(self):
        self._session = Session(self._cluster.environment)
        self._stack.callback(self._session.close)
        return self._cluster.environment

    def sql(self, statement):
        return self._session.rows(statement)

    def _through_gate(self, leg, target):
        return f"127.0.0.1:{self.gate.listen(f'{self.name}-{leg}', target, **self._buffers)}"

    def _way_to_bridge(self):
        way = super()._way_to_bridge()
        return self._through_gate("carrier", way) if self.gate else way

    def _way_to_voice(self):
        way = super()._way_to_voice()
        return "http://" + self._through_gate("voice", way.removeprefix("http://")) if self.gate else way

    def fault(self, leg, kind, **details):
        """Does something to the connections of a leg; they are remembered for cause_table()."""
        connections = self.gate.fault(leg, kind, **details)
        assert connections, f"the gate knows no live connection of {leg}"
        vars(self._touched).setdefault("connections", set()).update(connections)

    def cause_table(self):
        """What this thread's case had the gate do, connection by connection."""
        return [line for number in sorted(vars(self._touched).pop("connections", set()))
                for line in self.gate.table(connection=number)]

    def report(self, sid):
        """The carrier's view of a call, whether it is over or not."""
        return self.control.get(f"/calls/{sid}")

    def stream(self, sid, number=0):
        """The call's n-th media stream as the carrier sees it, once it is open."""
        return self.until(f"stream {number} of {sid}", lambda: [
            s for s in self.report(sid)["streams"][number:] if s.get("opened_ms") is not None])[0]

    def carrier_leg(self, sid, number=0):
        """Where the gate finds the connection of a media stream."""
        return {"listener": f"{self.name}-carrier",
                "contains": "GET /media-stream/" + self.stream(sid, number)["url"].rsplit("/", 1)[1]}

    def sessions(self, sid):
        """Reports of the call's sessions at the voice agent, oldest first, once the bridge wrote down the first."""
        group = self.until(f"the chat of {sid}", lambda: [
            row[0] for row in self.sql(f"select chat_group_id from bridge.calls where call_sid = '{sid}'") if row[0]])[0]
        return [chat for chat in self.chats() if chat["chat_group_id"] == group]

    def next_session(self, sid, patience_s=15):
        """The report of its second session, once there is one."""
        return self.until(f"a second session of {sid}", lambda: self.sessions(sid)[1:], patience_s)[0]

    def voice_leg(self, chat_id):
        return {"listener": f"{self.name}-voice", "contains": chat_id}

    def events(self, sid, kind):
        """What the bridge wrote down of that kind: a list of JSON texts."""
        return [row[0] for row in self.sql(
            "select event_data::text from bridge.events e join bridge.calls c on c.id = e.call_id "
            f"where c.call_sid = '{sid}' and event_type = '{kind}' order by seq")]

    def lines(self, sid):
        """The transcript: (speaker, words), in order."""
        return [tuple(row) for row in self.sql(
            "select speaker, message from bridge.transcriptions t join bridge.calls c on c.id = t.call_id "
            f"where c.call_sid = '{sid}' order by seq")]
