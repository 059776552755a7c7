"""A bridge of its own for a group of faults, with its own stand-ins and database, on a cluster that all lanes share."""

import os
import subprocess
import tempfile
import threading
from pathlib import Path

from world import ROOT, World
from processes import tail  # world knows the way to deploy/lib

POSTGRES = str(ROOT / "deploy" / "postgres")


class Cluster:
    """The PostgreSQL of all lanes."""

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

    def __init__(self, environment, database):
        self._process = subprocess.Popen([POSTGRES, "psql", "-d", database, "-qAt", "-F", "|"], env=environment, text=True,
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
    """Both legs of every call run through the gate: listeners NAME-carrier and NAME-voice. `narrow`: a direction
    that fills within a second when it is stalled; `voice`: settings of the stand-in agent; those that are left are the bridge's."""

    def __init__(self, name, cluster, gate, narrow=None, secure=False, no_database=False, voice=None, **settings):
        self.name, self._cluster, self.gate = name, cluster, gate
        self._touched = threading.local()
        self._buffers = {f"{narrow}_bytes": 4096} if narrow else {}
        self._is_secure, self._has_no_database = secure, no_database
        try:
            super().__init__(LOG_LEVEL="debug", SHARDS="1", **settings)
            self.control.put("/evi/settings", voice or {})
        except BaseException:
            self.close()
            raise

    def _start_database(self):
        """One database for each lane: to a bridge, the calls of another whose carrier it cannot ask are lost calls."""
        cluster = Session(self._cluster.environment, "tandem")
        cluster.rows(f"create database {self.name}")
        cluster.close()
        self._session = Session(self._cluster.environment, self.name)
        self._stack.callback(self._session.close)
        return self._cluster.environment

    def sql(self, statement):
        return self._session.rows(statement)

    def _through_gate(self, leg, target):
        return f"127.0.0.1:{self.gate.listen(f'{self.name}-{leg}', target, **self._buffers)}"

    def _way_to_bridge(self):
        return self._through_gate("carrier", super()._way_to_bridge())

    def _way_to_voice(self):
        scheme, _, address = super()._way_to_voice().partition("://")
        return f"{scheme}://{self._through_gate('voice', address)}"

    def _stand_in_options(self):
        """With `secure`, the agent speaks TLS with a certificate that nobody vouches for."""
        if not self._is_secure:
            return []
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=agent.test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                        "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        return ["--tls-cert", certificate, "--tls-key", key]

    def _migrate(self, environment):
        """With `no_database`, the bridge's database is behind a black hole; the cluster is there for the others."""
        if not self._has_no_database:
            environment["DATABASE_URL"] = environment["DATABASE_URL"].replace("/tandem?", f"/{self.name}?")
            return super()._migrate(environment)
        port = self.gate.listen(f"{self.name}-database", "127.0.0.1:1")
        self.gate.mode(f"{self.name}-database", "black_hole")
        environment["DATABASE_URL"] = f"postgresql://tandem@127.0.0.1:{port}/tandem"

    def start(self, count=1, **body):
        """As World's; the calls are remembered for what_happened()."""
        sids = super().start(count, **body)
        vars(self._touched).setdefault("calls", []).extend(sids)
        return sids

    def fault(self, leg, kind, **details):
        """Does something to the connections of a leg; they are remembered for what_happened()."""
        connections = self.gate.fault(leg, kind, **details)
        assert connections, f"the gate knows no live connection of {leg}"
        vars(self._touched).setdefault("connections", set()).update(connections)

    def begin_case(self):
        """Forgets what this thread had happen before."""
        vars(self._touched).clear()

    def what_happened(self):
        """What the gate did for this thread's case, connection by connection, and what the bridge wrote down of its
        calls, unless they are many."""
        if not self.bridge.is_alive():
            return [str(self.bridge.death()), *tail(self.bridge_log, 20).splitlines()]
        touched = vars(self._touched)
        lines = [line for number in sorted(touched.get("connections", ())) for line in self.gate.table(connection=number)]
        for sid in touched.get("calls", [])[:3]:
            lines.append(f"call {sid}, what the bridge wrote down:")
            lines += [f"{offset:>9} ms  {kind} {data}" for kind, data, offset in self.sql(
                "select event_type, event_data::text, offset_ms from bridge.events e join bridge.calls c on c.id = e.call_id "
                f"where c.call_sid = '{sid}' and event_type <> 'turn_completed' order by c.start_time, seq")]
        return lines

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
