"""Runs tests, from any thread: an ok or not ok line for each, and the line that closes a suite (docs/testing.md)."""

import threading
import time
import traceback

from processes import tail


class Results:
    def __init__(self):
        self._lock, self._began, self.passed, self.failed = threading.Lock(), time.monotonic(), 0, 0

    def run(self, name, function, *arguments, causes=lambda: []):
        """True when it passed. What `function` answers are figures to print; `causes` are lines that help to understand a
        failure. The line tells after how many seconds of the suite the test began, and how long it took."""
        begun, problem, figures = time.monotonic(), [], None
        try:
            figures = function(*arguments)
        except Exception as error:  # a test that breaks is a test that failed; the others still run
            told = str(error) if isinstance(error, AssertionError) else ""
            problem = [*(told or "".join(traceback.format_exception(error, chain=False))).splitlines(), *causes()]
        with self._lock:
            self.passed, self.failed = self.passed + (not problem), self.failed + bool(problem)
            took = f"{begun - self._began:.0f} s + {time.monotonic() - begun:.1f} s"
            print(f"{'not ok' if problem else 'ok'} - {name} ({took})")
            print("".join(f"    {line}\n" for line in problem), end="")
            print("".join(f"# {line}\n" for line in str(figures or "").splitlines()), end="", flush=True)
        return not problem

    def run_all(self, tests, world, log_lines=20):
        """Tests on one bridge, in their order; when one fails, the end of the bridge's log stands below them."""
        if not all([self.run(name, function, world) for name, function in tests]):
            print("# the end of the bridge's log:\n" + tail(world.bridge_log, log_lines), flush=True)

    def close(self):
        """Prints the closing line; the suite's exit code. A suite without tests has failed."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0
