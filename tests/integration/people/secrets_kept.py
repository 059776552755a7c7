"""Where sessions, passwords, links and tokens must not be, and what is kept of what was done."""

import json
from pathlib import Path

from checks import equal, test, true
from people import Browser


def tables(world):
    names = world.sql("select table_name from information_schema.tables where table_schema = 'bridge' and table_type = 'BASE TABLE'")
    return str(world.sql(" union all ".join(f"select t::text from bridge.{name} t" for name, in names)))


def command_lines():
    """Of every process that may be looked at."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue  # it has ended
    return "\n".join(found)


def problems(world):
    """Documents that are refused, with a secret in what was asked."""
    secret = max(world.secrets, key=len)
    nobody = Browser(world, "203.0.113.5")
    nobody.session = secret if len(secret) == 64 else None
    for path in (f"/{secret}", f"/api/v1/calls/{secret}", f"/api/v1/users?cursor={secret}", f"/setup/{secret}"):
        yield nobody.ask("GET", path).text
    for path in ("/api/v1/session", "/api/v1/setup"):
        yield nobody.ask("POST", path, json.dumps({"link": secret, "password": secret})).text


@test("A09: no session, password, link or token is in a log, a table, a metric, a problem document or a command line")
def nowhere(world):
    true(len(world.secrets) > 20, "secrets to look for")
    documents = "\n".join(problems(world))
    bridge_log = [line for line in world.bridge_log.read_text().splitlines() if '"setup_link"' not in line]
    places = {"the bridge's log": "\n".join(bridge_log), "PostgreSQL's log": world.database_log.read_text(errors="replace"),
              "the metrics": world.nobody.ask("GET", "/metrics").text, "the tables": tables(world),
              "command lines": command_lines(), "problem documents": documents}
    for where, text in places.items():
        true(text, f"{where}: nothing to search")
        equal(sum(secret in text for secret in world.secrets | {world.setup_secret}), 0, f"secrets in {where}")


@test("A09: the setup link is in one line of the log, and only its digest in the database")
def one_line(world):
    lines = [line for line in world.bridge_log.read_text().splitlines() if world.setup_secret in line]
    equal([json.loads(line)["event"] for line in lines], ["no_users_yet"], "lines with the link")


@test("what was done is in the audit log by name, newest first, page by page, and the chain is whole")
def audit(world):
    entries, cursor = [], ""
    while cursor is not None:
        page = world.admin.ask("GET", f"/api/v1/audit?limit=40{cursor and '&cursor=' + cursor}").json()
        entries += page["entries"]
        cursor = page["next_cursor"]
    ids = [entry["id"] for entry in entries]
    equal(ids, list(range(len(ids), 0, -1)), "ids")
    done = {(entry["actor"], entry["action"]) for entry in entries}
    expected = {("setup link", "user_added"), ("command line", "user_added"), ("ann", "token_added"), ("ann", "user_role_changed"),
                ("ann", "user_disabled"), ("ann", "user_password_changed"), ("vic", "logged_in"), ("vic", "logged_out"),
                ("nobody", "log_in_refused"), ("pat", "own_password_changed"), ("prey", "password_change_refused"),
                ("bridge", "log_in_locked"), ("command line", "user_disabled")}
    equal(sorted(expected - done), [], "not in the audit log")
    equal(world.admin.ask("GET", "/api/v1/audit/check").json(), {"entries": len(ids), "first_wrong": None}, "the chain")
    mine = world.admin.ask("GET", "/api/v1/audit?actor=vic&action=logged_in").json()["entries"]
    true(mine and all((entry["actor"], entry["action"]) == ("vic", "logged_in") for entry in mine), "filters")
