"""What a page of another site can make a browser send: its cookie, and nothing else that counts."""

from checks import equal, test
from people import PASSWORD, Browser, Program, logged_in

NEW = {"name": "mallory", "role": "admin", "password": PASSWORD}
CSRF = {"X_CSRF_Token": None}
FORGED = {
    "a form of another site": {"Origin": "https://elsewhere.example", "Content_Type": "application/x-www-form-urlencoded", **CSRF},
    "a fetch of another site": {"Origin": "https://elsewhere.example", **CSRF},
    "a sandboxed frame": {"Origin": "null", **CSRF},
    "another port of this host": {"Origin": "http://127.0.0.1:1", **CSRF},
    "what the browser calls cross-site": {"Sec_Fetch_Site": "cross-site"},
    "what the browser calls same-site": {"Sec_Fetch_Site": "same-site"},
    "no Origin at all": {"Origin": None},
    "no word of the session": CSRF,
    "another session's word": {"X_CSRF_Token": "0" * 64},
    "another site that knows the word": {"Origin": "https://elsewhere.example"},
}


@test("A04: no change that another site makes a browser ask for is carried out, though the cookie is right")
def forged(world):
    for what, headers in FORGED.items():
        answer = world.admin.ask("POST", "/api/v1/users", NEW, **headers)
        equal((answer.status, answer.media_type), (403, "application/problem+json"), what)
        equal(world.admin.ask("DELETE", "/api/v1/session", **headers).status, 403, f"log-out by {what}")
    names = {user["name"] for user in world.admin.ask("GET", "/api/v1/users").json()["users"]}
    equal("mallory" in names, False, "a user was made")


@test("A04: nobody can be logged in by another site")
def forged_login(world):
    for headers in ({"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
        body = {"name": "vic", "password": PASSWORD}
        answer = Browser(world).ask("POST", "/api/v1/session", body, **{"Origin": None, "X_CSRF_Token": None, **headers})
        equal((answer.status, "set-cookie" in answer.headers), (403, False), str(headers))


@test("A04: a change from our own page is carried out, under the address of the machine and the public one; a token needs no word")
def allowed(world):
    public = world.environment["PUBLIC_URL"]
    for name, origin in (("one", world.admin.origin), ("two", public)):
        made = world.admin.ask("POST", "/api/v1/tokens", {"name": name, "role": "admin"}, Origin=origin)
        equal(made.status, 201, f"from {origin}")
        world.secrets.add(made.json()["token"])
    program = Program(world, made.json()["token"])
    equal(program.ask("DELETE", f"/api/v1/tokens/{made.json()['about']['id']}").status, 204, "by a program")


@test("A04: the word of a session is its own")
def own_word(world):
    one, other = logged_in(world, "olga"), logged_in(world, "olga")
    equal(one.csrf == other.csrf, False, "two sessions have one word")
    answer = one.ask("DELETE", "/api/v1/session", X_CSRF_Token=other.csrf)
    equal(answer.status, 403, "with the word of the other")
    equal(one.ask("DELETE", "/api/v1/session").status, 204, "with its own")
