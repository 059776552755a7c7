"""Runs the simulation and the tests of placed calls; prints ok / not ok lines and the closing line.

    main.py [--dials N] [--first-seed S] [WORD...]    only tests whose name holds one of the words
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "calls")]

from world import BUILD  # noqa: E402  (first: it makes deploy/lib known)
from checks import TESTS, true  # noqa: E402
from results import Results  # noqa: E402
import machines  # noqa: E402  (registers its tests)
import placing  # noqa: E402
import stops  # noqa: E402
import troubles  # noqa: E402
from dialling_world import DiallingWorld  # noqa: E402

# A lane each, all at once: its tests, and what its bridge has beside the usual settings.
LANES = {placing: {}, troubles: {}, stops: {}, machines: machines.SETTINGS}
SIMULATION = BUILD / "tests" / "integration" / "tandem_dial_simulation"


def simulate(*words):
    done = subprocess.run([SIMULATION, *map(str, words)], text=True, stdout=subprocess.PIPE, check=False)
    return done.returncode, done.stdout


def rings_nobody_twice(dials, seed):
    code, said = simulate("--dials", dials, "--first-seed", seed)
    true(code == 0, said)
    return said


def doubles_are_seen():
    """The proof must be able to see what it proves: a dialler that repeats lost requests rings people twice."""
    code, said = simulate("--dials", 1000, "--naive")
    true(code == 1 and " 0 doubles" not in said, f"it was not noticed:\n{said}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dials", type=int, default=20_000)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    results = Results()
    if not options.words:
        results.run(f"O01, O03: {options.dials} simulated dials with lost replies and kills ring nobody twice",
                    rings_nobody_twice, options.dials, options.first_seed)
        results.run("a dialler that repeats lost requests is caught by the simulation", doubles_are_seen)
    tests = [(name, function) for name, function in TESTS
             if not options.words or any(word in name for word in options.words)]
    lanes = [([(name, function) for name, function in tests if function.__module__ == module.__name__], settings)
             for module, settings in LANES.items()]
    worlds = []
    try:
        for lane, settings in lanes:  # one after the other: each looks for free ports
            if lane:
                worlds.append((DiallingWorld(**settings), lane))
        with ThreadPoolExecutor(len(worlds)) as pool:
            for lane in [pool.submit(results.run_all, lane, world, 60) for world, lane in worlds]:
                lane.result()
    finally:
        for world, _ in worlds:
            world.close()
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
