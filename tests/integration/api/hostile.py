"""Requests that nobody sends by mistake."""

import json
import socket

from checks import equal, test, true
from world import BUILD  # noqa: F401  (makes deploy/lib known)

CANARY = "injected-line-7f3a"


def raw(world, text):
    """The answer to these bytes, to the end of the connection."""
    with socket.create_connection(("127.0.0.1", world.port), timeout=10) as client:
        client.sendall(text.encode("latin-1"))
        client.shutdown(socket.SHUT_WR)
        received = b""
        while piece := client.recv(65536):
            received += piece
    return received.decode("latin-1")


@test("A08: spellings of a path that climb, hide or end it are answered 404 and nothing else")
def spellings(world):
    tricks = ["/..", "/../..", "/%2e%2e", "/..%2f", "/%00", "//", "/.", "/%c0%ae%c0%ae", "/%252e", "/;", "/%5c..", "/etc/passwd",
              "/.git/config", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/.env", "/~root", "/%u002e%u002e", "/*", "/0", "/null"]
    places = ["", "/api", "/api/v1", "/api/v1/calls", f"/api/v1/calls/{world.call_id}", f"/api/v1/calls/{world.call_id}/events",
              "/assets", "/api/v1/openapi.json", "/metrics", "/healthz"]
    asked = [place + trick for place in places for trick in tricks]
    answers = {target: world.http.get(target).status for target in asked}
    equal(len(asked) >= 200, True, "payloads")
    equal({target: status for target, status in answers.items() if status != 404}, {}, "answered otherwise")


@test("A14: huge bodies, deep nesting and repeated names are refused, and the next request is served")
def bodies(world):
    headers = {"Content-Type": "application/json"}
    target = f"/api/v1/calls/{world.call_id}/say"
    for status, body in [(413, '{"text":"' + "x" * 2_000_000 + '"}'), (400, "[" * 30_000), (400, '{"a":' * 33 + "1" + "}" * 33),
                         (400, '{"text":"a","text":"b"}'), (400, '{"text":{"a":1,"a":2}}'), (400, "\x00"), (400, '{"text":"\\ud800"}')]:
        try:
            answer = world.http.ask("POST", target, body, headers)
        except (BrokenPipeError, ConnectionResetError):  # closed while a body of megabytes was still on its way
            equal(status, 413, "only a huge body may be cut off")
            continue
        equal([answer.status, answer.media_type], [status, "application/problem+json"], body[:40])
    equal(world.http.get("/api/v1/calls?limit=1").status, 200, "the next request")


@test("A15: CR and LF, plain or escaped, split neither answers nor the log")
def splitting(world):
    evil = f"%0d%0aSet-Cookie:%20{CANARY}%0d%0a%0d%0a{{%22event%22:%22{CANARY}%22}}"
    for target in [f"/api/v1/calls?q={evil}", f"/api/v1/calls?{evil}=1", f"/api/v1/calls/{evil}", f"/{evil}", f"/api/v1/calls?cursor={evil}"]:
        answer = world.http.get(target)
        true("set-cookie" not in answer.headers, f"{target}: {answer.headers}")
        true(answer.status in (400, 404), f"{target}: {answer.status}")
    for header in [f"Host: x\r\n X: {CANARY}", f"Host: x\rX: {CANARY}", f"Host: x\nSet-Cookie: {CANARY}", f"Host: {CANARY}\x00"]:
        answer = raw(world, f"GET /{CANARY} HTTP/1.1\r\n{header}\r\n\r\n")
        true(answer.startswith("HTTP/1.1 400") and "Set-Cookie" not in answer, answer[:200])
    raw(world, f"GET /{CANARY} HTTP/1.1\r\nHost: elsewhere.example\r\nOrigin: {CANARY}\x1b[31m\r\n\r\n")
    lines = world.bridge_log.read_text(encoding="utf-8").splitlines()
    true(all(json.loads(line)["event"] != CANARY for line in lines), "the log has a line that a request wrote")
    true(all(line.isprintable() for line in lines), "the log has control characters")
