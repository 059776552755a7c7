"""Runs the tests of the admin socket side by side on one bridge (they mostly wait); prints ok / not ok lines and the closing
line. With --stalled it measures instead."""

import argparse
import sys
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
from results import Results  # noqa: E402
from stage import Stage  # noqa: E402


def on_stage(function, world):
    """One test with sockets of its own, whose every message is held against the schema."""
    stage = Stage(world)
    try:
        function(stage)
        complaints = stage.complaints()
        true(not complaints, "not as the schema says:\n" + "\n".join(complaints[:10]))
    finally:
        for client in stage.sockets:
            client.close()


# The first user ends what is allowed to nobody in particular: after all tests but the longest, which has a token.
AFTER_ALL, LONGEST = access.sessions, slow.slow


def run_all(world, words):
    results = Results()
    tests = {function: name for name, function in TESTS if not words or any(word in name for word in words)}

    def run(function):
        results.run(tests[function], on_stage, function, world)

    with ThreadPoolExecutor(len(TESTS)) as pool:
        begun = {function: pool.submit(run, function) for function in tests if function != AFTER_ALL}
        for function in begun.keys() - {LONGEST}:
            begun[function].result()
        if AFTER_ALL in tests:
            run(AFTER_ALL)
    if results.failed:
        print("# the end of the bridge's log:\n" + tail(world.bridge_log, 20))
    return results.close()


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
