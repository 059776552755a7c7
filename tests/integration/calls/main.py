"""Runs the tests of calls one after the other against one world; prints ok / not ok lines and the closing line."""

import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import World  # noqa: E402  (first: it makes deploy/lib known)
import whole_calls  # noqa: E402,F401  (registers its tests)
import bad_carrier  # noqa: E402,F401
import bad_voice  # noqa: E402,F401
import handover  # noqa: E402,F401
import survival  # noqa: E402,F401
from checks import TESTS  # noqa: E402
from processes import tail  # noqa: E402


def main():
    wanted = sys.argv[1:]
    passed = failed = 0
    world = World(OPT_OUT_DIGIT="9")
    try:
        for name, function in TESTS:
            if wanted and not any(word in name for word in wanted):
                continue
            begun = time.monotonic()
            try:
                function(world)
                print(f"ok {name} ({time.monotonic() - begun:.1f} s)", flush=True)
                passed += 1
            except Exception as error:  # a test that breaks is a test that failed; the others still run
                print(f"not ok {name}", flush=True)
                for line in (str(error) if isinstance(error, AssertionError) else traceback.format_exc()).splitlines():
                    print(f"    {line}", flush=True)
                failed += 1
        if failed:
            print("# the end of the bridge's log:\n" + tail(world.bridge_log, 30))
    finally:
        world.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
