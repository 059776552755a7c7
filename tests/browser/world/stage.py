"""Holds a private world (tests/integration/calls/world.py) for the browser tests: PostgreSQL, stand-ins and the bridge as it
ships. Prints one JSON line when everything runs, answers each order line on standard input with one JSON line, and takes the
world down when standard input ends.

    stage.py '{"PHONE_HASH_KEY": "..."}'      settings of the bridge

    {"do": "start_call", "body": {...}}       as World.start: ids at the carrier
    {"do": "sql", "text": "select 1"}         rows of text
    {"do": "tandem", "words": ["user", ...], "input": "..."}    {"code", "out", "err"}
    {"do": "log"}                             what the bridge wrote so far
"""

import json
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integration" / "calls"))

from world import BUILD, World  # noqa: E402
from parties import PUBLIC_HOST  # noqa: E402


def sql(world, order):
    """Over standard input: an argument holds no line of a million letters."""
    done = subprocess.run([*world._postgres, "psql", "-AtqX", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-f", "-"],
                          input=order["text"], env=world._environment, check=False, text=True, capture_output=True)
    if done.returncode:
        raise AssertionError(done.stderr[:2000])
    return [line.split("\x1f") for line in done.stdout.splitlines()]


def tandem(world, order):
    done = subprocess.run([BUILD / "tandem", *order["words"]], env=world.environment, text=True, check=False,
                          input=order.get("input", ""), capture_output=True)
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr}


ORDERS = {
    "sql": sql,
    "tandem": tandem,
    "start_call": lambda world, order: world.start(**order["body"]),
    "log": lambda world, order: world.bridge_log.read_text(errors="replace"),
}


def tell(answer):
    print(json.dumps(answer), flush=True)


def obey(world, line):
    order = json.loads(line)
    try:
        return {"answer": ORDERS[order["do"]](world, order)}
    except Exception as error:  # the test that asked fails, and says why; the world goes on
        return {"error": f"{order['do']}: {error}"}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this ends it, in order
    world = World(**json.loads(sys.argv[1]))
    try:
        tell({"url": world.api.url, "control": world.urls["control"], "public_host": PUBLIC_HOST,
              "number": world.credentials["TWILIO_PHONE_NUMBER"]})
        for line in sys.stdin:
            tell(obey(world, line))
    finally:
        world.close()


main()
