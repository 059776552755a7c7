"""Who is let in, for how long, and what everybody may do."""

import json
import subprocess
import threading
import time
import urllib.request

from checks import equal, test, true
from client import BINARY, TEXT, AdminSocket, upgrade
from world import BUILD, PUBLIC_HOST


@test("A05: a page of another site is refused before the upgrade; our own pages and programs are not")
def origins(stage):
    port = stage.world.port
    for expected, origins_ in [(403, ["https://elsewhere.example", "null", f"http://127.0.0.1:{port + 1}", "http://localhost.elsewhere.example",
                                      f"http://127.0.0.1:{port}.elsewhere.example"]),
                               (101, [None, f"http://127.0.0.1:{port}", f"https://{PUBLIC_HOST}"])]:
        for origin in origins_:
            connection, status, _ = upgrade(port, Origin=origin)
            connection.close()
            equal(status, expected, f"Origin {origin}")
    connection, status, _ = upgrade(port, Sec_Fetch_Site="cross-site")
    connection.close()
    equal(status, 403, "Sec-Fetch-Site")


@test("a ticket opens one socket; without one a socket is closed, at once when it says something else, else after five seconds")
def tickets(stage):
    silent = AdminSocket(stage.world)
    ticket = stage.ticket()
    first, second, wrong, early = (AdminSocket(stage.world, each) for each in (ticket, ticket, "0" * 32, None))
    early.send({"type": "subscribe", "calls": "all"})
    first.wait_for("node_status", role="admin", name="local")
    stage.sockets += [first, second, wrong, early, silent]
    equal([client.wait_end() for client in (second, wrong, early, silent)], [1008] * 4, "codes")
    true(4 < time.monotonic() - silent.opened_at < 8, "five seconds")
    equal([client.messages for client in (second, wrong, early, silent)], [[]] * 4, "what they were told")
    equal(first.ask("unsubscribe", calls="all")["type"], "ack", "the first lives")


@test("A10: a viewer is told and can do nothing; nobody is let in from afar without a ticket of their own")
def roles(stage):
    viewer, operator = stage.watch("viewer"), stage.watch("operator")
    equal([client.of("node_status")[0]["role"] for client in (viewer, operator)], ["viewer", "operator"], "roles")
    sid, call_id = stage.talking(viewer)
    for kind, members in [("hangup", {}), ("say", {"text": "x"}), ("context", {"text": "x"}), ("pause_agent", {}), ("resume_agent", {}),
                          ("transfer", {"to": "+14155550142"}), ("listen", {"on": True})]:
        equal(viewer.ask(kind, call_id=call_id, **members).get("code"), "not_allowed", kind)
    equal(viewer.of("operator_action", call_id) + viewer.sounds, [], "nothing happened")
    equal(operator.ask("pause_agent", call_id=call_id)["type"], "ack", "an operator may")
    stage.hang_up(sid)
    viewer.wait_for("call_ended", call_id)


@test("A11: a socket whose token is revoked is closed within five seconds")
def revoked(stage):
    short, lasting = stage.watch("operator", "short-lived"), stage.watch("operator")
    listed = [line.split() for line in user(stage, "tokens").splitlines()]
    number, = [words[0] for words in listed if words[1] == "short-lived"]
    user(stage, "revoke", number)
    since = time.monotonic()
    equal(short.wait_end(), 4401, "the code")
    true(time.monotonic() - since <= 5, f"{time.monotonic() - since:.1f} s")
    equal(lasting.ask("unsubscribe", calls="all")["type"], "ack", "others stay")


def user(stage, *words, words_in=""):
    return subprocess.run([BUILD / "tandem", "user", *words], env=stage.world.environment, input=words_in, text=True,
                          capture_output=True, check=True).stdout


class Browser:
    """Somebody logged in: what a page of ours sends with every change."""

    def __init__(self, stage, name, password):
        self._stage, self._origin = stage, f"http://127.0.0.1:{stage.world.port}"
        status, body, cookie = self._send("POST", {"name": name, "password": password})
        equal(status, 200, f"log in: {body}")
        self._own = {"Cookie": cookie.split(";")[0], "X-CSRF-Token": body["csrf"]}

    def _send(self, method, body=None, path="/api/v1/session", **headers):
        request = urllib.request.Request(self._origin + path, None if body is None else json.dumps(body).encode(),
                                         {"Content-Type": "application/json", "Origin": self._origin, **headers}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None, answer.headers["Set-Cookie"]

    def open(self):
        status, body, _ = self._send("POST", path="/api/v1/ws-ticket", **self._own)
        equal(status, 201, "ticket")
        client = AdminSocket(self._stage.world, body["ticket"], Origin=self._origin)
        client.wait_for("node_status", role="operator")
        self._stage.sockets.append(client)
        return client

    def log_out(self):
        self._send("DELETE", **self._own)


@test("A11: log-out and a changed role close open sockets within five seconds, and so does the first user those of nobody")
def sessions(stage):
    nobodys = stage.open()
    for name in ("ann", "bob", "eve"):
        user(stage, "add", name, "--role", "operator", words_in="an invented pass phrase\n")
    ann, bob, eve = (Browser(stage, name, "an invented pass phrase") for name in ("ann", "bob", "eve"))
    clients = [browser.open() for browser in (ann, bob, eve)]
    ann.log_out()
    user(stage, "role", "bob", "--role", "viewer")
    since = time.monotonic()
    equal([clients[0].wait_end(), clients[1].wait_end(), nobodys.wait_end()], [4401] * 3, "codes")
    true(time.monotonic() - since <= 5.5, f"{time.monotonic() - since:.1f} s")
    equal(clients[2].ask("unsubscribe", calls="all")["type"], "ack", "others stay")


@test("A12: two operators hang up the same call at once: it ends once, and both are told")
def race(stage):
    clients = [stage.watch("operator", "ada"), stage.watch("operator", "ben")]
    sid, call_id = stage.talking(clients[0])
    answers = [None, None]

    def hang_up(index):
        answers[index] = clients[index].ask("hangup", call_id=call_id)

    threads = [threading.Thread(target=hang_up, args=(index,)) for index in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    true(all(answer["type"] == "ack" or answer["code"] == "call_over" for answer in answers), f"{answers}")
    true(any(answer["type"] == "ack" for answer in answers), f"{answers}")
    for client in clients:
        equal(client.wait_for("call_ended", call_id, patience_s=15)["end_reason"], "operator_hung_up", "the end")
        equal(len(client.of("call_ended", call_id)), 1, "told once")
        true(client.of("operator_action", call_id), "told who did it")
    report = stage.world.control.get(f"/calls/{sid}/wait?seconds=20", timeout_s=30)
    equal([report["ended_by"], report["violations"]], ["rest", []], "the carrier's end")

    def ends():
        requests = stage.world.control.get("/twilio/requests")["requests"]
        return [request for request in requests if sid in request["path"] and request["method"] == "POST"]

    stage.world.until("the carrier has noted the hang-up", ends)  # it ends the call first
    equal(len(ends()), 1, "hang-ups at the carrier")


@test("A14: what cannot be read is answered, and closes the socket when it does not stop; too much is refused")
def bounds(stage):
    client = stage.open()
    equal(client.ask("dance")["code"], "unknown_type", "unknown")
    equal(client.ask("subscribe", calls="some")["code"], "unusable", "unusable")
    for _ in range(5):
        client.send_frame(TEXT, b'{"type":')
    equal(client.wait_end(), 1007, "malformed")
    equal([error["code"] for error in client.of("error")][2:], ["malformed"] * 5, "each was answered")
    closings = [(TEXT, b'"' + b"x" * 65536 + b'"', 1009), (BINARY, b"x", 1003), (TEXT, b'"\xff"', 1007)]
    clients = [stage.open() for _ in closings]
    for other, (opcode, payload, _) in zip(clients, closings):
        other.send_frame(opcode, payload)
    hasty = stage.open()
    hasty.send_at_once({"type": "unsubscribe", "id": number, "calls": "all"} for number in range(130))
    equal(hasty.wait_end(), 1008, "too many commands")
    true(len(hasty.of("ack")) in range(20, 30) and {e["code"] for e in hasty.of("error")} == {"too_many_commands"},
         f"{len(hasty.of('ack'))} were taken")
    for other, (_, payload, code) in zip(clients, closings):
        other.wait_end()
        true(code in (other.close_code, 1009 if other.problem else code), f"{payload[:9]}: {other.ending()}")
