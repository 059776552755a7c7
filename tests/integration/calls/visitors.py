"""Who may ask: programs with tokens, from elsewhere."""

import subprocess
import time
import urllib.error
import urllib.request
import uuid

from checks import equal, test, true
from world import BUILD

NOBODYS_CALL = uuid.UUID(int=7)


def ask(world, path, token=None, method="GET", **headers):
    """Status and headers of a request that a proxy passed on."""
    request = urllib.request.Request(f"http://127.0.0.1:{world.port}{path}", method=method, headers={
        "X-Forwarded-For": "192.0.2.7", **({"Authorization": f"Bearer {token}"} if token else {}), **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def user(world, *words):
    done = subprocess.run([BUILD / "tandem", "user", *words], env=world.environment, text=True, capture_output=True)
    return done.returncode, done.stdout.strip(), done.stderr


def token(world, name, role):
    code, out, err = user(world, "token", name, "--role", role)
    equal(code, 0, err)
    return out


@test("A10: each role may do what it includes and nothing else, and nobody does anything from afar without a token")
def roles(world):
    matrix = {"viewer": (200, 403, 403), "operator": (200, 404, 403), "admin": (200, 404, 404)}
    routes = [("GET", "/api/v1/calls"), ("POST", f"/api/v1/calls/{NOBODYS_CALL}/hangup"),
              ("GET", f"/api/v1/erase/{NOBODYS_CALL}")]
    for role, expected in matrix.items():
        secret = token(world, f"program-{role}", role)
        found = tuple(ask(world, path, secret, method)[0] for method, path in routes)
        equal(found, expected, role)
    for method, path in [*routes, ("GET", "/metrics")]:
        equal(ask(world, path, None, method)[0], 403, f"{path} without a token")
        equal(ask(world, path, "brg_" + "0" * 64, method)[0], 401, f"{path} with an invented token")
        equal(ask(world, path, None, method, Authorization="Basic eDp5")[0], 401, f"{path} with a password")
    for path in ("/healthz", "/", "/login"):
        equal(ask(world, path)[0], 200, f"{path} is for anyone")


@test("A11: a revoked token is refused within five seconds")
def revoked(world):
    secret = token(world, "short-lived", "viewer")
    equal(ask(world, "/api/v1/calls", secret)[0], 200, "before")
    listed = [line.split() for line in user(world, "tokens")[1].splitlines()]
    found = [words[0] for words in listed if words[1] == "short-lived"]
    equal(len(found), 1, "one token of that name")
    equal(user(world, "revoke", found[0])[0], 0, "revoke")
    deadline = time.monotonic() + 6
    while ask(world, "/api/v1/calls", secret)[0] == 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    status, headers = ask(world, "/api/v1/calls", secret)
    equal(status, 401, "after")
    true("invalid_token" in headers["WWW-Authenticate"], "the header says why")
    equal(user(world, "revoke", found[0])[0], 1, "revoked twice")


@test("A09: a token is in no log and no table; what was done with it is in the audit log, which is one chain")
def audited(world):
    secret = token(world, "caller-of-commands", "operator")
    status, _ = ask(world, f"/api/v1/calls/{NOBODYS_CALL}/hangup", secret, "POST")
    equal(status, 404, "no such call")
    world.until("the command is in the audit log", lambda: world.sql(
        "select 1 from bridge.audit_log where actor = 'token:caller-of-commands' "
        f"and action = 'POST /api/v1/calls/{{id}}/hangup' and subject = '{NOBODYS_CALL}'"))
    true(secret not in world.bridge_log.read_text(), "the log is free of it")
    equal(world.sql(f"select count(*) from bridge.api_tokens t where t::text like '%{secret[4:]}%'"), [["0"]], "the table")
    code, out, _ = user(world, "audit")
    equal((code, "each follows" in out), (0, True), out)
    for words in (["token", "x"], ["token", "x", "--role", "king"], ["token", "a b", "--role", "viewer"],
                  ["token", "x", "--role", "viewer", "--days", "0"], ["revoke"], ["tokens", "extra"], []):
        equal(user(world, *words)[0], 2, " ".join(words))
