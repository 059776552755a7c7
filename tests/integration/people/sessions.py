"""How a session begins and ends, here and on other nodes."""

import time

from checks import equal, test, true
from people import PASSWORD, Browser, add_user, command, logged_in


def status(browser):
    return browser.ask("GET", "/api/v1/calls?limit=1").status


def refused_soon(browser, what):
    """A node that changed nothing itself has to know within five seconds (a second for the machine)."""
    begun = time.monotonic()
    while status(browser) == 200:
        true(time.monotonic() - begun < 6, f"{what}: still let in after six seconds")
        time.sleep(0.1)
    equal(status(browser), 401, what)


def user_id(world, name):
    return next(user["id"] for user in world.admin.ask("GET", "/api/v1/users").json()["users"] if user["name"] == name)


@test("A11: a log-in gives a new session whatever the browser had, and the one that it had is over")
def no_fixation(world):
    browser = Browser(world)
    browser.session = "f" * 64  # somebody else put it there
    equal(browser.log_in("vic").status, 200, "log in")
    true(browser.session != "f" * 64, "the session that was put there")
    first = browser.session
    equal(browser.log_in("vic").status, 200, "again")
    old = Browser(world)
    old.session = first
    equal((status(browser), status(old)), (200, 401), "the new one, the old one")


@test("A11: a session that was logged out is refused at once, also where its cookie was stolen")
def log_out(world):
    browser = logged_in(world, "vic")
    thief = Browser(world, "203.0.113.66")
    thief.session, thief.csrf = browser.session, browser.csrf
    equal(status(thief), 200, "before")
    answer = browser.ask("DELETE", "/api/v1/session")
    equal((answer.status, "Max-Age=0" in answer.headers["set-cookie"]), (204, True), "log out")
    equal((status(browser), status(thief)), (401, 401), "after")


@test("A11: a new role, a new password and disabling end the sessions of a user at once")
def changed(world):
    add_user(world, "tom", "viewer")
    address = f"/api/v1/users/{user_id(world, 'tom')}"
    for change in ({"role": "operator"}, {"password": PASSWORD}, {"disabled": True}):
        browser = logged_in(world, "tom")
        equal(status(browser), 200, "before")
        equal(world.admin.ask("POST", address, change).status, 200, str(change))
        equal(status(browser), 401, f"after {change}")
    equal(Browser(world).log_in("tom").status, 401, "a disabled user logs in")
    equal(world.admin.ask("POST", address, {"disabled": False}).status, 200, "enabled again")
    equal(logged_in(world, "tom").ask("GET", "/api/v1/session").json()["role"], "operator", "role")


@test("A11: what another node changes is known within five seconds")
def changed_elsewhere(world):
    gone, moved = logged_in(world, "tom"), logged_in(world, "olga")
    equal((status(gone), status(moved)), (200, 200), "before")
    equal(command(world, "disable", "tom")[0], 0, "disable")
    equal(command(world, "role", "olga", "--role", "viewer")[0], 0, "role")
    refused_soon(gone, "disabled")
    refused_soon(moved, "another role")
    equal(command(world, "role", "olga", "--role", "operator")[0], 0, "role")


@test("A11: a session is over when it is a week old, or eight hours idle")
def too_old(world):
    for column, age in (("expires_at", "0 seconds"), ("seen_at", "8 hours")):
        browser = logged_in(world, "vic")
        world.sql(f"update bridge.sessions set {column} = now() - interval '{age}' where user_id = "
                  f"(select id from bridge.users where name = 'vic')")
        equal(status(browser), 401, column)
