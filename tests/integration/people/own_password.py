"""Whoever is logged in changes the own password, and nobody else's."""

from checks import equal, test
from people import PASSWORD, Browser, Program, add_user, logged_in

CHANGE = "/api/v1/session/password"
NEXT = "two boats and no lamp"


def change(world, browser, current, wanted, **headers):
    world.secrets |= {current, wanted}
    return browser.ask("POST", CHANGE, {"current": current, "password": wanted}, **headers)


def status(browser):
    return browser.ask("GET", "/api/v1/session").status


def audited(world, action, actor):
    return int(world.sql(f"select count(*) from bridge.audit_log where action = '{action}' and actor = '{actor}' "
                         f"and detail = '{{}}'")[0][0])


@test("A11: a new password of one's own ends all other sessions of the user, and this one stays")
def replaced(world):
    add_user(world, "pat", "viewer")
    here, elsewhere, other = (logged_in(world, name, address="192.0.2.40") for name in ("pat", "pat", "vic"))
    answer = change(world, here, PASSWORD, NEXT)
    equal((answer.status, answer.text, "set-cookie" in answer.headers), (204, "", False), "changed")
    equal((status(here), status(elsewhere), status(other)), (200, 401, 200), "this session, the other one, somebody else's")
    equal(Browser(world, "192.0.2.40").log_in("pat", PASSWORD).status, 401, "the password until then")
    equal(Browser(world, "192.0.2.40").log_in("pat", NEXT).status, 200, "the new one")
    equal(change(world, here, NEXT, PASSWORD).status, 204, "with the same word of the session, back")
    equal(audited(world, "own_password_changed", "pat"), 2, "in the audit log")


@test("a new password that cannot be used costs no try and changes nothing")
def unusable(world):
    pat = logged_in(world, "pat", address="192.0.2.41")
    for wanted in ("short", "pat and three lamps", "x" * 20, PASSWORD) * 2:
        answer = change(world, pat, PASSWORD, wanted)
        equal((answer.status, answer.json()["errors"][0]["name"]), (422, "password"), wanted)
    equal(status(logged_in(world, "pat", address="192.0.2.41")), 200, "the password until then")


@test("A06: whoever has a session and guesses its password is stopped after five tries, log-ins included; the right one waits too")
def guessed(world):
    add_user(world, "prey", "viewer")
    thief, before = logged_in(world, "prey", address="192.0.2.42"), refusals(world)
    answers = [change(world, thief, f"guess number {n}", NEXT) for n in range(4)]
    equal([(answer.status, answer.json()["errors"][0]["name"]) for answer in answers], [(422, "current")] * 4, "guesses")
    equal(Browser(world, "192.0.2.43").log_in("prey", "guess number 5").status, 401, "the fifth, at the door")
    for who, what in ((change(world, thief, PASSWORD, NEXT), "the right one"),
                      (Browser(world, "192.0.2.44").log_in("prey"), "a log-in from elsewhere")):
        equal((who.status, 0 < int(who.headers["retry-after"]) <= 60), (429, True), what)
    equal((audited(world, "password_change_refused", "prey"), audited(world, "log_in_locked", "bridge") > 0), (4, True), "audit log")
    equal(refusals(world), (before[0] + 5, before[1] + 2), "refused and turned away, by the metric")


def refusals(world):
    return tuple(world.metric(f'tandem_logins_total{{result="{result}"}}') for result in ("refused", "too_many"))


@test("A04: no program and no page of another site changes a password")
def not_by_others(world):
    made = world.admin.ask("POST", "/api/v1/tokens", {"name": "changer", "role": "admin"}).json()
    program = Program(world, made["token"])
    answer = program.ask("POST", CHANGE, {"current": PASSWORD, "password": NEXT})
    equal((answer.status, answer.json()["title"]), (403, "Only who is logged in has a password"), "a token")
    pat = logged_in(world, "pat", address="192.0.2.45")
    for headers in ({"X_CSRF_Token": None}, {"X_CSRF_Token": "0" * 64}, {"Origin": "https://elsewhere.example"}, {"Origin": None}):
        equal(change(world, pat, PASSWORD, NEXT, **headers).status, 403, str(headers))
    equal(Browser(world, "192.0.2.45").ask("POST", CHANGE, {"current": PASSWORD, "password": NEXT}).status, 401, "nobody")
    equal(status(logged_in(world, "pat", address="192.0.2.45")), 200, "the password until then")
