"""The tests' end of tcp_gate: starts the program, gives it orders, prints its cause table."""

import json
import subprocess
import sys
import threading
from pathlib import Path


class GateError(Exception):
    """The gate does not take an order."""


class Gate:
    """One running tcp_gate. Orders may come from any thread."""

    def __init__(self):
        program = Path(__file__).resolve().parent / "tcp_gate.py"
        self._process = subprocess.Popen([sys.executable, "-B", str(program)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        self._lock = threading.Lock()

    def close(self):
        """The gate ends with its input."""
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, **order):
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise GateError(f"{answer['error']}: {order}")
        return answer

    def listen(self, name, target, **options):
        """The port of a new listener that leads to "address:port"."""
        return self._ask(do="listen", name=name, target=target, **options)["port"]

    def mode(self, listener, mode):
        self._ask(do="mode", listener=listener, mode=mode)

    def arm(self, listener, *faults, count=1):
        self._ask(do="arm", listener=listener, faults=list(faults), count=count)

    def fault(self, on, fault, **details):
        """Numbers of the connections it was done to."""
        return self._ask(do="fault", on=on, fault={"fault": fault, **details})["connections"]

    def rows(self, **on):
        return self._ask(do="table", on=on)["connections"]

    def heads(self, **on):
        return self._ask(do="heads", on=on)["connections"]

    def table(self, **on):
        """The cause table as lines for people: what was done when, and how many bytes had gone each way."""
        lines = []
        for row in self.rows(**on):
            lines.append(f"connection {row['connection']} of {row['listener']}: {row['first_line'][:100]}")
            lines += [f"{cause['t_ms']:>9} ms  up {cause['up']:>8}  down {cause['down']:>8}  {cause['what']}"
                      for cause in row["causes"]]
        return lines
