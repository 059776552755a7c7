"""What the tests of the admin socket share: tickets, roles, calls that are talking."""

import json
import subprocess
import urllib.error
import urllib.request

from checks import equal
from client import AdminSocket, Schema
from world import BUILD

LISTEN = [{"do": "wait_agent"}, {"do": "pause", "ms": 60000}]


def ask(port, method, path, body=None, **headers):
    """Status and JSON of a request from this machine."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


class Stage:
    """A world with everybody who opened a socket in it, so that at the end every message can be held against the schema."""

    def __init__(self, world):
        self.world, self.sockets, self._tokens = world, [], {}
        status, document = ask(world.port, "GET", "/admin/v1/schema.json")
        equal(status, 200, "the schema")
        self.schema = Schema(document)

    def token(self, role, name=None):
        """A program's token, made once for each name."""
        name = name or f"program-{role}"
        if name not in self._tokens:
            done = subprocess.run([BUILD / "tandem", "user", "token", name, "--role", role], env=self.world.environment,
                                  text=True, capture_output=True, check=True)
            self._tokens[name] = done.stdout.strip()
        return self._tokens[name]

    def ticket(self, role=None, name=None, port=None):
        headers = {"Authorization": f"Bearer {self.token(role, name)}"} if role else {}
        status, body = ask(port or self.world.port, "POST", "/api/v1/ws-ticket", **headers)
        equal((status, body.get("expires_in")), (201, 30), f"ticket: {body}")
        return body["ticket"]

    def open(self, role=None, name=None, world=None, **more):
        """A socket that was let in; without a role as somebody at this machine."""
        world = world or self.world
        client = AdminSocket(world, self.ticket(role, name, world.port), **more)
        self.sockets.append(client)
        if more.get("reads", True):
            client.wait_for("node_status")
        return client

    def watch(self, role=None, name=None, **more):
        """One that hears of all calls."""
        client = self.open(role, name, **more)
        equal(client.ask("subscribe", calls="all")["type"], "ack", "subscribe")
        client.wait_for("snapshot")
        return client

    def talking(self, watcher, script=None, **body):
        """A new call: its id at the carrier and ours, once the watcher knows that both sides talk."""
        sid, = self.world.start(script=script or LISTEN, **body)
        call_id = self.world.until("the call", lambda: self.world.sql(
            f"select id from bridge.calls where call_sid = '{sid}'"))[0][0]
        watcher.wait_for("state_changed", call_id, state="talking")
        return sid, call_id

    def hang_up(self, sid):
        self.world.control.post(f"/calls/{sid}/hangup", {})

    def chat_of(self, call_id):
        chat_id = self.world.sql(f"select chat_id from bridge.calls where id = '{call_id}'")[0][0]
        return self.world.control.get(f"/evi/chats/{chat_id}")

    def complaints(self):
        return [complaint for client in self.sockets for complaint in client.check(self.schema)]
