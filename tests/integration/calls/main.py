"""Runs the tests of calls, one lane for each group of modules with a world of its own, all lanes at once (calls are mostly
waiting); prints ok / not ok lines and the closing line.

    main.py [WORD...]    only tests whose name holds one of the words
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import World  # noqa: E402  (first: it makes deploy/lib known)
import whole_calls  # noqa: E402  (registers its tests)
import bad_carrier  # noqa: E402
import bad_voice  # noqa: E402
import canary  # noqa: E402
import handover  # noqa: E402
import history  # noqa: E402
import leaks  # noqa: E402
import survival  # noqa: E402
import visitors  # noqa: E402
from checks import TESTS  # noqa: E402
from processes import tail  # noqa: E402
from results import Results  # noqa: E402

LANES = [[whole_calls, canary], [bad_voice, history], [bad_carrier, handover, survival, visitors]]


def run_lane(world, tests, results):
    passed = [results.run(name, function, world) for name, function in tests]
    # here, not after the lanes: a bridge that a test started again dies with this thread
    modules = ", ".join(sorted({function.__module__ for _, function in tests}))
    passed.append(results.run(f"no word and no number of a call of {modules} is in a log or a metric", leaks.scan, world))
    return "" if all(passed) else "# the end of this lane's bridge log:\n" + tail(world.bridge_log, 30)


def main():
    wanted = sys.argv[1:]
    tests = [(name, function) for name, function in TESTS if not wanted or any(word in name for word in wanted)]
    names = [{module.__name__ for module in modules} for modules in LANES]
    lanes = [[(name, function) for name, function in tests if function.__module__ in group] for group in names]
    lanes = [lane for lane in lanes if lane]
    results, worlds = Results(), []
    try:
        for _ in lanes:  # one after the other: each looks for free ports
            worlds.append(World(OPT_OUT_DIGIT="9", LOG_LEVEL="debug", **history.SETTINGS))
        with ThreadPoolExecutor(max(1, len(lanes))) as pool:
            for end in pool.map(run_lane, worlds, lanes, [results] * len(lanes)):
                print(end, end="" if not end else "\n")
    finally:
        for world in worlds:
            world.close()
    return results.close() or results.passed != len(tests) + len(worlds)


sys.exit(main())
