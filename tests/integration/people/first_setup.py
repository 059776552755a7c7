"""From nobody to the first admin."""

import json

from checks import equal, test, true
from people import PASSWORD, Browser, command


def setup_links(world):
    """Of every line of the log."""
    lines = (json.loads(line) for line in world.bridge_log.read_text().splitlines())
    return [line["setup_link"] for line in lines if "setup_link" in line]


@test("while there are no users, this machine acts as admin and nobody else is let in")
def nobody_yet(world):
    told = world.nobody.ask("GET", "/api/v1/session").json()
    equal(told, {"name": "local", "role": "admin", "via": "local", "csrf": None, "has_users": False}, "at this machine")
    equal(world.nobody.ask("GET", "/api/v1/users").json(), {"users": []}, "users")
    equal(Browser(world, "192.0.2.1").ask("GET", "/api/v1/session").status, 403, "from elsewhere")
    for page in ("/", "/login", "/setup", "/people"):
        equal(Browser(world, "192.0.2.1").ask("GET", page).status, 200, f"the page {page} itself is for anyone")


@test("the first user cannot be anything but an admin, and no password is weak")
def first_user(world):
    body = {"name": "eve", "role": "viewer", "password": PASSWORD}
    equal(world.nobody.ask("POST", "/api/v1/users", body).status, 409, "a viewer")
    for weak in ("short", "ann" * 5, "x" * 20):
        answer = world.nobody.ask("POST", "/api/v1/users", {"name": "ann", "role": "admin", "password": weak})
        equal((answer.status, answer.json()["errors"][0]["name"]), (422, "password"), weak)


@test("the link that the first start wrote makes the first admin, once, from anywhere; its secret is in the fragment")
def setup_link(world):
    world.until("the link is in the log", lambda: setup_links(world))
    link, = setup_links(world)
    page, secret = link.split("#")
    true(page.endswith("/setup") and len(secret) == 64, "the form of the link")
    admin, body = Browser(world, "192.0.2.1"), {"name": "ann", "password": PASSWORD}
    for wrong in ("", "x", secret[:-1] + ("0" if secret[-1] != "0" else "1")):
        status = admin.ask("POST", "/api/v1/setup", {"link": wrong, **body}).status
        true(status in (403, 422), f"a wrong link: {status}")
    equal(admin.ask("POST", "/api/v1/setup", {"link": secret, "name": "ann", "password": "short"}).status, 422, "weak")
    answer = admin.keep(admin.ask("POST", "/api/v1/setup", {"link": secret, **body}))
    equal((answer.status, answer.json()["role"]), (200, "admin"), "the first admin")
    world.setup_secret, world.admin = secret, admin
    equal(admin.ask("GET", "/api/v1/session").json()["name"], "ann", "is logged in")
    equal(admin.ask("POST", "/api/v1/setup", {"link": secret, "name": "eve", "password": PASSWORD}).status, 403, "twice")
    cookie = answer.headers["set-cookie"]
    true(all(part in cookie for part in ("; HttpOnly", "; SameSite=Strict", "; Secure", "; Path=/")), "what the cookie may")


@test("from the first user on everybody logs in, but for the pages, health, and metrics and dependencies at this machine")
def everybody_logs_in(world):
    answer = world.nobody.ask("GET", "/api/v1/calls")
    equal((answer.status, answer.headers["www-authenticate"]), (401, "Bearer"), "nobody")
    for path, at_home, elsewhere in (("/healthz", 200, 200), ("/readyz", 200, 200), ("/metrics", 200, 401),
                                     ("/api/v1/health/dependencies", 200, 401),
                                     ("/login", 200, 200), ("/api/v1/openapi.json", 401, 401), ("/api/none", 401, 401)):
        equal(world.nobody.ask("GET", path).status, at_home, path)
        equal(Browser(world, "192.0.2.1").ask("GET", path).status, elsewhere, f"{path} from elsewhere")


@test("tandem user lets people in, changes them and never shows a password")
def command_line(world):
    for name, role in (("olga", "operator"), ("vic", "viewer"), ("bob", "admin")):
        equal(command(world, "add", name, "--role", role, typed=PASSWORD + "\n")[0], 0, name)
    equal(command(world, "add", "vic", "--role", "viewer", typed=PASSWORD + "\n")[0], 1, "twice")
    equal(command(world, "add", "zoe", "--role", "viewer", typed="short\n")[0], 1, "a weak password")
    equal(command(world, "disable", "nobody")[0], 1, "no such user")
    for words in (["add", "x"], ["add", "x", "--role", "king"], ["add", "a b", "--role", "viewer"], ["role", "vic"], ["list", "x"]):
        equal(command(world, *words, typed=PASSWORD + "\n")[0], 2, " ".join(words))
    listed = {line.split()[0]: line.split()[1] for line in command(world, "list")[1].splitlines()}
    equal(listed, {"ann": "admin", "bob": "admin", "olga": "operator", "vic": "viewer"}, "list")
    equal(command(world, "role", "bob", "--role", "operator")[0], 0, "role")
    code, _, err = command(world, "disable", "ann")
    equal((code, "last admin" in err), (1, True), "the last admin stays")
