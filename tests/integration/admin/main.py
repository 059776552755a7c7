"""Runs the tests of the admin socket side by side on one bridge (they mostly wait); prints ok / not ok lines and the closing
line. With --stalled it measures instead."""

import argparse
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent / "calls")]

from world import World  # noqa: E402  (first: it makes deploy/lib known)
from checks import TESTS, true  # noqa: E402
import live  # noqa: E402, F401  (registers its tests)
import access  # noqa: E402, F401
import nodes  # noqa: E402, F401
import slow  # noqa: E402
from processes import tail  # noqa: E402
from stage import Stage  # noqa: E402


def run(name, function, world):
    begun = time.monotonic()
    stage = Stage(world)
    try:
        function(stage)
        complaints = stage.complaints()
        true(not complaints, "not as the schema says:\n" + "\n".join(complaints[:10]))
        problem = ""
    except Exception as error:  # a test that breaks is a test that failed; the others still run
        problem = str(error) if isinstance(error, AssertionError) and str(error) else traceback.format_exc()
    for client in stage.sockets:
        client.close()
    line = f"not ok {name}" if problem else f"ok {name} ({time.monotonic() - begun:.1f} s)"
    print(line + "".join(f"\n    {each}" for each in problem.splitlines()), flush=True)
    return not problem


# The first user ends what is allowed to nobody in particular: after all tests but the longest, which has a token.
AFTER_ALL, LONGEST = access.sessions, slow.slow


def run_all(world, words):
    tests = [(name, function) for name, function in TESTS if not words or any(word in name for word in words)]
    with ThreadPoolExecutor(len(TESTS)) as pool:
        begun = {test: pool.submit(run, *test, world) for test in tests if test[1] != AFTER_ALL}
        passed = [outcome.result() for (_, function), outcome in begun.items() if function != LONGEST]
        passed += [run(*test, world) for test in tests if test[1] == AFTER_ALL]
        passed += [outcome.result() for (_, function), outcome in begun.items() if function == LONGEST]
    if not all(passed):
        print("# the end of the bridge's log:\n" + tail(world.bridge_log, 20))
    print(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed")
    return 0 if passed and all(passed) else 1


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("words", nargs="*")
    options.add_argument("--stalled", type=int)
    options.add_argument("--calls", type=int, default=20)
    chosen = options.parse_args()
    world = World(FALLBACK_NUMBER="+14155550142")
    try:
        if chosen.stalled is None:
            return run_all(world, chosen.words)
        slow.compare(Stage(world), chosen.calls, chosen.stalled)
        return 0
    finally:
        world.close()


if __name__ == "__main__":
    sys.exit(main())
