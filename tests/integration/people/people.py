"""People and programs before the bridge: a browser with its cookie, a program with its token, and the command line."""

import json
import subprocess

from client import Http
from checks import equal
from world import BUILD

PASSWORD = "a boat and three lamps"  # of everybody, unless a test says otherwise
NOBODY = "00000000-0000-4000-8000-ffffffffffff"


class Browser:
    """A browser at this machine, or with `address` behind the proxy; keeps its session and what changes have to carry."""

    def __init__(self, world, address=None):
        self._http, self._address = Http(world.port), address
        self.origin = f"http://127.0.0.1:{world.port}"
        self.session, self.csrf, self._world = None, None, world

    def ask(self, method, path, body=None, **headers):
        """`headers` with None are left out, though a browser would send them."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if self._address:
            sent["X-Forwarded-For"] = self._address
        if self.session:
            sent["Cookie"] = f"theme=dark; tandem_session={self.session}"
        if method != "GET":
            sent |= {"Origin": self.origin, "X-CSRF-Token": self.csrf}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        return self._http.ask(method, path, text, {name: value for name, value in sent.items() if value is not None})

    def keep(self, answer):
        """The session that an answer gave."""
        if answer.status == 200:
            cookie = answer.headers["set-cookie"]
            self.session = cookie.split(";")[0].removeprefix("tandem_session=")
            self.csrf = answer.json()["csrf"]
            self._world.secrets |= {self.session, self.csrf}
        return answer

    def log_in(self, name, password=PASSWORD):
        self._world.secrets.add(password)
        return self.keep(self.ask("POST", "/api/v1/session", {"name": name, "password": password}))


class Program:
    """With a token; behind the proxy, as programs elsewhere are."""

    def __init__(self, world, token):
        self._http, self._token = Http(world.port), token
        world.secrets.add(token)

    def ask(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self._token}", "X-Forwarded-For": "192.0.2.200"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self._http.ask(method, path, None if body is None else json.dumps(body), headers)


def command(world, *words, typed=""):
    """Exit code and output of `tandem user`."""
    done = subprocess.run([BUILD / "tandem", "user", *words], env=world.environment, text=True, capture_output=True, input=typed)
    return done.returncode, done.stdout.strip(), done.stderr


def add_user(world, name, role):
    code, _, err = command(world, "add", name, "--role", role, typed=PASSWORD + "\n")
    equal(code, 0, err)


def logged_in(world, name, **more):
    browser = Browser(world, **more)
    equal(browser.log_in(name).status, 200, f"{name} logs in")
    return browser
