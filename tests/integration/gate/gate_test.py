"""Does the gate do what it says, byte for byte? A test of its own, because a lenient gate makes lenient tests."""

import socket
import time

from checks import equal, test, true
from gate import Gate, GateError

PATTERN = bytes(range(256)) * 8


class Ends:
    """A client and the server it reached through the gate."""

    def __init__(self, gate, listener, mode="forward", faults=(), **options):
        self.gate, self.listener = gate, listener
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = gate.listen(listener, f"127.0.0.1:{self.server.getsockname()[1]}", **options)
        if mode != "forward":
            gate.mode(listener, mode)
        if faults:
            gate.arm(listener, *faults)

    def connect(self):
        self.client = socket.create_connection(("127.0.0.1", self.port), timeout=3)
        self.server.settimeout(3)
        self.peer, _ = self.server.accept()
        self.peer.settimeout(3)
        return self

    def fault(self, fault, **details):
        equal(len(self.gate.fault({"listener": self.listener}, fault, **details)), 1, "connections")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in (getattr(self, "client", None), getattr(self, "peer", None), self.server):
            if each:
                each.close()


def read(end, size):
    data = b""
    while len(data) < size and (piece := end.recv(size - len(data))):
        data += piece
    return data


def is_silent(end, seconds=0.15):
    end.settimeout(seconds)
    try:
        data = end.recv(1)
    except TimeoutError:
        return True
    finally:
        end.settimeout(3)
    raise AssertionError(f"not silent: {data}")


def is_reset(end):
    try:
        while end.recv(4096):
            pass
    except ConnectionResetError:
        return True
    raise AssertionError("FIN instead of RST")


@test("tcp_gate: both directions arrive unchanged, and an end passes on")
def forwards(gate):
    with Ends(gate, "forwards").connect() as ends:
        for sender, receiver in ((ends.client, ends.peer), (ends.peer, ends.client)):
            sender.sendall(PATTERN)
            true(read(receiver, len(PATTERN)) == PATTERN, "other bytes")
        ends.client.shutdown(socket.SHUT_WR)
        equal(len(ends.peer.recv(1)), 0, "bytes after the end")
        ends.peer.sendall(b"still here")
        true(read(ends.client, 10) == b"still here", "the other direction ended too")


@test("tcp_gate: delay moves bytes in time and holds no others up")
def delays(gate):
    with Ends(gate, "delays", faults=[{"fault": "delay", "direction": "up", "ms": 300}]).connect() as ends:
        begun = time.monotonic()
        for _ in range(10):
            ends.client.sendall(b"x")
            time.sleep(0.02)
        ends.peer.sendall(b"y")
        read(ends.client, 1)
        true(time.monotonic() - begun < 0.29, "the way back was delayed too")
        read(ends.peer, 1)
        true(0.29 <= time.monotonic() - begun < 0.45, f"{time.monotonic() - begun:.3f} s")
        read(ends.peer, 9)
        true(time.monotonic() - begun < 0.8, "delays add up")


@test("tcp_gate: stall holds one direction until its time is over or it is released")
def stalls(gate):
    with Ends(gate, "stalls").connect() as ends:
        ends.fault("stall", direction="up")
        ends.client.sendall(b"abc")
        true(is_silent(ends.peer), "")
        ends.peer.sendall(b"d")
        true(read(ends.client, 1) == b"d", "the other direction was stalled too")
        ends.fault("release", direction="up")
        true(read(ends.peer, 3) == b"abc", "what was stalled is lost")
        ends.fault("stall", direction="both", ms=200)
        begun = time.monotonic()
        ends.client.sendall(b"e")
        true(read(ends.peer, 1) == b"e" and 0.15 < time.monotonic() - begun < 1, "the stall did not end in time")


@test("tcp_gate: a stalled direction with small buffers pushes back within 200 kB")
def pushes_back(gate):
    with Ends(gate, "pushes_back", up_bytes=8192).connect() as ends:
        ends.client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        ends.fault("stall", direction="up")
        ends.client.setblocking(False)
        taken, until = 0, time.monotonic() + 0.5
        while time.monotonic() < until:
            try:
                taken += ends.client.send(b"x" * 4096)
            except BlockingIOError:
                time.sleep(0.01)
        true(taken < 200_000, f"{taken} bytes taken")


@test("tcp_gate: slice splits what was written into pieces of at most n bytes")
def slices(gate):
    with Ends(gate, "slices").connect() as ends:
        ends.fault("slice", direction="down", bytes=3, pause_ms=20)
        ends.peer.sendall(PATTERN[:14])
        pieces = []
        while sum(map(len, pieces)) < 14:
            pieces.append(ends.client.recv(64))
        equal([len(piece) for piece in pieces], [3, 3, 3, 3, 2], "pieces")
        true(b"".join(pieces) == PATTERN[:14], "other bytes")


@test("tcp_gate: corrupt flips one bit of one byte of one direction")
def corrupts(gate):
    armed = [{"fault": "corrupt", "direction": "up", "offset": 1500, "bit": 7}]
    with Ends(gate, "corrupts", faults=armed).connect() as ends:
        for sender, receiver, changes in ((ends.client, ends.peer, 1), (ends.peer, ends.client, 0)):
            sender.sendall(PATTERN)
            got = read(receiver, len(PATTERN))
            changed = [(i, a ^ b) for i, (a, b) in enumerate(zip(got, PATTERN)) if a != b]
            equal(changed, [(1500, 128)] * changes, "changed bytes")


@test("tcp_gate: reset breaks both sides with RST, at once or exactly after n bytes")
def resets(gate):
    with Ends(gate, "resets").connect() as ends:
        ends.fault("reset")
        true(is_reset(ends.client) and is_reset(ends.peer), "")
    armed = [{"fault": "reset", "direction": "up", "after_bytes": 1000}]
    with Ends(gate, "resets_later", faults=armed).connect() as ends:
        ends.client.sendall(PATTERN)
        true(read(ends.peer, 1000) == PATTERN[:1000], "the bytes before")
        true(is_reset(ends.peer) and is_reset(ends.client), "")
        equal([row["up"]["passed"] for row in gate.rows(listener="resets_later")], [1000], "passed")


@test("tcp_gate: half_close ends one direction and leaves the other")
def half_closes(gate):
    with Ends(gate, "half_closes").connect() as ends:
        ends.fault("half_close", direction="up")
        equal(len(ends.peer.recv(1)), 0, "bytes after FIN")
        ends.client.sendall(b"into the void")
        ends.peer.sendall(b"back")
        true(read(ends.client, 4) == b"back", "the way back ended too")
    with Ends(gate, "half_closed_at_once", faults=[{"fault": "half_close", "direction": "up"}]).connect() as ends:
        equal(len(ends.peer.recv(1)), 0, "bytes after FIN")


@test("tcp_gate: black_hole accepts and says nothing, refuse closes the port, deaf lets connecting hang, forward mends")
def modes(gate):
    with Ends(gate, "modes") as ends:
        gate.mode("modes", "black_hole")
        with socket.create_connection(("127.0.0.1", ends.port), timeout=1) as client:
            client.sendall(b"hello")
            true(is_silent(client), "")
        gate.mode("modes", "refuse")
        refused(ends.port, ConnectionRefusedError)
        gate.mode("modes", "deaf")
        refused(ends.port, TimeoutError)
        gate.mode("modes", "forward")
        ends.connect().client.sendall(b"x")
        true(read(ends.peer, 1) == b"x", "not mended")


def refused(port, error):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.4).close()
    except error:
        return
    raise AssertionError(f"no {error.__name__}")


@test("tcp_gate: connections are found by what was said on them, and the cause table tells what was done when")
def selects(gate):
    with Ends(gate, "selects").connect() as ends:
        ends.client.sendall(b"GET /media-stream/abc HTTP/1.1\r\n")
        read(ends.peer, 32)
        other = socket.create_connection(("127.0.0.1", ends.port))
        equal(len(gate.fault({"contains": "/media-stream/abc"}, "stall", direction="up")), 1, "connections stalled")
        other.close()
        row, = gate.rows(contains="/media-stream/abc")
        equal([cause["what"] for cause in row["causes"]], ["accepted", "stall direction=up"], "causes")
        equal([cause["up"] for cause in row["causes"]], [0, 32], "bytes that had gone up")
        equal(row["first_line"], "GET /media-stream/abc HTTP/1.1", "first line")


@test("tcp_gate: an order with a key or a value it does not know is refused")
def refuses(gate):
    for order in ({"do": "fly"}, {"do": "mode", "listener": "nobody", "mode": "refuse"},
                  {"do": "fault", "on": {}, "fault": {"fault": "stall", "direction": "left"}},
                  {"do": "fault", "on": {}, "fault": {"fault": "delay", "direction": "up"}},
                  {"do": "fault", "on": {}, "fault": {"fault": "delay", "direction": "up", "ms": -1}},
                  {"do": "fault", "on": {"colour": 1}, "fault": {"fault": "reset"}}):
        try:
            gate._ask(**order)
        except GateError:
            continue
        raise AssertionError(f"taken: {order}")
