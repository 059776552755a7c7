"""`tandem dnc` and `tandem consent` as an operator uses them, on a database of their own."""

import os
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CALLEE = "+12125550123"
CONSENT = ["--purpose", "telemarketing", "--seller", "Example Diner", "--wording", "You may call me.", "--channel",
           "web form", "--ip", "192.0.2.7", "--written", "--at", "2026-11-01"]


class Desk:
    """A terminal with DATABASE_URL set."""

    def __init__(self, program):
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tandem-dial-")))
        self.folder.chmod(0o755)
        self._program = str(program)
        self._postgres = str(ROOT / "deploy" / "postgres")
        self._environment = {**os.environ, "TANDEM_VAR": str(self.folder)}
        subprocess.run([self._postgres, "start"], env=self._environment, check=True, stdout=subprocess.DEVNULL)
        self._stack.callback(subprocess.run, [self._postgres, "stop"], env=self._environment, check=False,
                             stdout=subprocess.DEVNULL)
        url = subprocess.run([self._postgres, "url"], env=self._environment, check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
        self._environment["DATABASE_URL"] = url
        self.run("migrate")

    def close(self):
        self._stack.close()

    def run(self, *words):
        """(exit code, what it printed)"""
        done = subprocess.run([self._program, *map(str, words)], env=self._environment, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def sql(self, statement):
        return subprocess.run([self._postgres, "psql", "-At", "-c", statement], env=self._environment, check=True,
                              text=True, stdout=subprocess.PIPE).stdout.strip()

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


def audited(desk):
    """The lines of the audit log, and whether a number is among them."""
    lines = desk.sql("select action || ':' || subject || detail from bridge.audit_log order by id").split("\n")
    return [line.split(":")[0] for line in lines], CALLEE[1:] in "".join(lines)


def check(problems, what, is_so):
    if not is_so:
        problems.append(what)


def test_own_list(desk):
    problems = []
    code, said = desk.run("dnc", "add", CALLEE, "--reason", "wrote a letter")
    check(problems, f"add: {code} {said}", code == 0 and CALLEE not in said)
    check(problems, "a second add is no error", desk.run("dnc", "add", CALLEE)[0] == 0)
    check(problems, "list", CALLEE in desk.run("dnc", "list")[1] and "wrote a letter" in desk.run("dnc", "list")[1])
    check(problems, "remove", desk.run("dnc", "remove", CALLEE)[0] == 0)
    check(problems, "remove again", desk.run("dnc", "remove", CALLEE)[0] == 1)
    check(problems, "a number with spaces", desk.run("dnc", "add", "212 555 0123")[0] == 1)
    check(problems, f"audited: {audited(desk)}", audited(desk) == (["dnc add", "dnc add", "dnc remove"], False))
    for words in ([], ["add"], ["add", CALLEE, "--nonsense"], ["list", CALLEE], ["erase", CALLEE]):
        check(problems, f"usage: {words}", desk.run("dnc", *words)[0] == 2)
    return problems


def test_registry(desk):
    problems = []
    good = desk.file("good.txt", "".join(f"201555{line:04}\n" for line in range(100, 200)))
    short = desk.file("short.txt", "".join(f"201555{line:04}\n" for line in range(100, 190)))
    torn = desk.file("torn.txt", "2015550100\n20155")
    date = ["--date", "2026-11-20"]
    imports = "select count(*) from bridge.dnc_imports"
    check(problems, "a dry run", desk.run("dnc", "import", good, *date, "--dry-run")[0] == 0)
    check(problems, "a dry run changes nothing", desk.sql(imports) == "0")
    code, said = desk.run("dnc", "import", torn, *date)
    check(problems, f"a torn file: {said}", code == 1 and "line 2" in said and desk.sql(imports) == "0")
    check(problems, "an empty file", desk.run("dnc", "import", desk.file("empty.txt", ""), *date)[0] == 1)
    check(problems, "no date", desk.run("dnc", "import", good)[0] == 1)
    check(problems, "import", desk.run("dnc", "import", good, *date, "--san", "san-1")[0] == 0)
    code, said = desk.run("dnc", "import", short, *date)
    check(problems, f"a tenth is missing: {said}", code == 1 and "--accept-loss" in said)
    check(problems, "nothing was changed", desk.sql("select count(*) from bridge.dnc_imported") == "100")
    check(problems, "accepted", desk.run("dnc", "import", short, *date, "--accept-loss")[0] == 0)
    check(problems, "only the new one is kept", desk.sql("select count(*) from bridge.dnc_imported") == "90")
    check(problems, f"audited: {audited(desk)}", audited(desk) == (["dnc import"] * 2, False))
    check(problems, "complete", desk.sql("select string_agg(distinct state, ' ') from bridge.dnc_imports") == "complete")
    return problems


def test_consent(desk):
    problems = []
    evidence = ["--evidence-file", desk.file("form.html", "<form>")]
    code, said = desk.run("consent", "add", CALLEE, *CONSENT)
    check(problems, f"without evidence: {said}", code == 1 and "--evidence-file" in said)
    code, said = desk.run("consent", "add", CALLEE, *CONSENT, *evidence)
    check(problems, f"add: {said}", code == 0 and CALLEE not in said)
    digest = desk.sql("select evidence->>'sha256' from bridge.consent")
    check(problems, "the evidence is hashed", digest == subprocess.run(
        ["sha256sum", desk.folder / "form.html"], check=True, text=True, stdout=subprocess.PIPE).stdout.split()[0])
    check(problems, "live", "live" in desk.run("consent", "list", CALLEE)[1])
    check(problems, "revoke", desk.run("consent", "revoke", CALLEE)[1].startswith("1 consent"))
    check(problems, f"audited: {audited(desk)}", audited(desk) == (["consent add", "consent revoke"], False))
    check(problems, "revoked", "revoked" in desk.run("consent", "list", CALLEE)[1])
    desk.run("consent", "add", CALLEE, *CONSENT, *evidence)
    desk.run("dnc", "add", CALLEE)
    check(problems, "the list ends consents", "live" not in desk.run("consent", "list", CALLEE)[1])
    check(problems, "usage", desk.run("consent", "add")[0] == 2)
    return problems


def tests(program):
    """Name and test, in the order in which they run."""
    def on_a_desk(test):
        desk = Desk(program)
        try:
            return test(desk)
        finally:
            desk.close()
    return {"tandem dnc keeps our own list": lambda: on_a_desk(test_own_list),
            "O04: tandem dnc import takes a whole registry or nothing": lambda: on_a_desk(test_registry),
            "tandem consent records nothing that could not be shown": lambda: on_a_desk(test_consent)}
