"""Who may ask for what: every row of the API's table, as its own document tells it."""

from checks import equal, test, true
from people import NOBODY, Browser, Program, logged_in

RANK = {"anyone": 0, "machine": 1, "view": 1, "operate": 2, "administer": 3}
ROLES = {"nobody": 0, "viewer": 1, "operator": 2, "admin": 3}
USERS = {"viewer": "vic", "operator": "olga", "admin": "ann"}
WRONG = {"no_such": "x"}  # a body that nothing takes: what may be asked for is asked, and nothing happens


def rows(world):
    """(method, path, access) of every row but the log-out, which would end the session that asks."""
    paths = world.admin.ask("GET", "/api/v1/openapi.json").json()["paths"]
    return [(method.upper(), path.replace("{id}", NOBODY), operation["x-access"])
            for path, methods in paths.items() for method, operation in methods.items()
            if (method, path) != ("delete", "/api/v1/session")]


def visitors(world):
    """(role, how, who asks)"""
    yield "nobody", "nothing", Browser(world, "192.0.2.9")
    yield "nobody", "an invented session", invented(world)
    yield "nobody", "an invented token", Program(world, "brg_" + "0" * 64)
    for role, name in USERS.items():
        yield role, "session", logged_in(world, name, address="192.0.2.10")
        made = world.admin.ask("POST", "/api/v1/tokens", {"name": f"program-{role}", "role": role}).json()
        yield role, "token", Program(world, made["token"])


def invented(world):
    browser = Browser(world, "192.0.2.9")
    browser.session, browser.csrf = "0" * 64, "0" * 64
    return browser


@test("A10: every role may ask for exactly what the table says, with a session and with a token")
def matrix(world):
    asked, wrong = 0, []
    table = rows(world)
    for role, how, who in visitors(world):
        for method, path, access in table:
            status = who.ask(method, path, None if method == "GET" else WRONG).status
            may = ROLES[role] >= RANK[access]
            right = status not in (401, 403) if may else status == (401 if role == "nobody" else 403)
            if not right:
                wrong.append(f"{role} with {how}: {method} {path} ({access}) is answered {status}")
            asked += 1
    equal(wrong, [], "not as the table says")
    true(asked >= 9 * 40, f"only {asked} questions")


@test("A10: the last admin cannot be taken away, by nobody")
def last_admin(world):
    users = {user["name"]: user["id"] for user in world.admin.ask("GET", "/api/v1/users").json()["users"]}
    for change in ({"role": "viewer"}, {"disabled": True}):
        answer = world.admin.ask("POST", f"/api/v1/users/{users['ann']}", change)
        equal((answer.status, answer.json()["title"]), (409, "This is the last admin"), str(change))
    equal(world.admin.ask("POST", f"/api/v1/users/{NOBODY}", {"role": "viewer"}).status, 404, "no such user")

