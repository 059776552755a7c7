"""One test after the other."""

import time
import traceback


def run(name, function, world):
    begun = time.monotonic()
    try:
        function(world)
    except Exception as error:  # a test that breaks is a test that failed; the others still run
        told = str(error) if isinstance(error, AssertionError) and str(error) else traceback.format_exc()
        print(f"not ok {name}\n" + "".join(f"    {line}\n" for line in told.splitlines()), end="", flush=True)
        return False
    print(f"ok {name} ({time.monotonic() - begun:.1f} s)", flush=True)
    return True
