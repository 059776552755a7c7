"""tests/run counts honestly: what a suite printed, and how it ended, against the count that must come out."""

import subprocess
from pathlib import Path

# (name, output, exit status, passed, failed)
CASES = [
    ("a clean script", "ok - a\n3 passed, 0 failed\n", 0, 3, 0),
    ("a script with failures", "not ok - a\n3 passed, 2 failed\n", 1, 3, 2),
    ("a script that also skips", "10 passed, 0 failed, 2 skipped\n", 0, 10, 0),
    ("only the last line of several", "1 passed, 0 failed\n4 passed, 1 failed\n", 1, 4, 1),
    ("a crash after a clean count", "3 passed, 0 failed\n", 139, 3, 1),
    ("a clean Catch2 run", "All tests passed (87 assertions in 11 test cases)\n\n", 0, 11, 0),
    ("a Catch2 run of one case", "All tests passed (8 assertions in 1 test case)\n", 0, 1, 0),
    ("a failed Catch2 run", "test cases:  11 |  9 passed | 2 failed\nassertions: 87 | 80 passed | 7 failed\n", 2, 9, 2),
    ("a Catch2 run that only fails", "test cases: 1 | 1 failed\nassertions: 1 | 1 failed\n", 1, 0, 1),
    ("a missing program", "", 127, 0, 1),
    ("silence", "", 0, 0, 1),
    ("no test executed", "No tests ran\n", 0, 0, 1),
    ("a suite of zero tests", "0 passed, 0 failed\n", 0, 0, 1),
]


def cases():
    """(name, problems) for every case."""
    script = f"source {Path(__file__).with_name('count.sh')}; count /dev/stdin \"$1\"; echo $passed $failed"
    for name, output, status, passed, failed in CASES:
        run = subprocess.run(["bash", "-c", script, "bash", str(status)], input=output, text=True, check=False,
                             capture_output=True)
        wanted = f"{passed} {failed}"
        got = run.stdout.strip()
        yield f"tests/run counts {name}", [] if got == wanted else [f"got {got!r}, wanted {wanted!r} {run.stderr}"]
