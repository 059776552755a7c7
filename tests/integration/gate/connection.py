"""One connection through the gate: two directions, the rules of the moment, and what was done (see tcp_gate.py)."""

import asyncio
import socket
import struct
import time
from collections import deque

from orders import DIRECTIONS

HEAD_BYTES = 4096
CHUNK_BYTES = 16384
DELAYED_BYTES_MAX = 1 << 20  # of one direction; what is not delayed is pushed back after one chunk


class Direction:
    """Bytes on their way from one socket to another. Whatever happens, advance() is called; it does all that may be done
    under the rules of the moment."""

    def __init__(self, connection, name, source, sink):
        self.connection, self.name, self.source, self.sink = connection, name, source, sink
        self.head, self.taken, self.passed = bytearray(), 0, 0
        self.delay_s = self.pause_s = self.slice_bytes = 0
        self.corruptions, self.reset_at = {}, None
        self.is_over = False
        self._is_cut = self._is_stalled = self._has_ended = self._is_reading = False
        self._held, self._held_bytes = deque(), 0  # (when due, bytes); no bytes: the source has ended
        self._next_slice_at, self._stalls, self._timer = 0, 0, None

    def stall(self, ms):
        self._is_stalled = True
        self._stalls += 1
        if ms is not None:
            asyncio.get_running_loop().call_later(ms / 1000, self._resume, self._stalls)

    def _resume(self, stall):
        if stall == self._stalls and self._is_stalled and not self.connection.is_over:
            self.connection.note(f"{self.name}: stall is over")
            self.release()
            self.advance()

    def release(self):
        self._is_stalled = False

    def cut(self):
        """FIN to the receiver, as soon as there is one."""
        if not self._is_cut and self.connection.is_connected:
            self.sink.shutdown(socket.SHUT_WR)
        self._is_cut = True

    def begin(self):
        if self._is_cut:
            self.sink.shutdown(socket.SHUT_WR)
        self.advance()

    def advance(self):
        if self.connection.is_over or self.is_over:
            return
        try:
            self._pass_on()
        except OSError as error:
            return self.connection.reset(f"broken by a peer: {type(error).__name__}")
        if not self.connection.is_over:
            self._read_or_rest()

    def _pass_on(self):
        if self._timer:
            self._timer.cancel()
        while not self._is_stalled:
            if self.reset_at is not None and self.passed >= self.reset_at:
                # in a moment: the receiver shall have read what came before the RST
                return self._later(0.01, self.connection.reset, f"after {self.reset_at} bytes {self.name}")
            if not self._held:
                return
            due, data = self._held[0]
            wait_s = max(due, self._next_slice_at) - time.monotonic()
            if wait_s > 0:
                return self._later(wait_s, self.advance)
            if not data:
                return self._end()
            if not self._write(due, data):
                return

    def _later(self, seconds, act, *arguments):
        self._timer = asyncio.get_running_loop().call_later(seconds, act, *arguments)

    def _write(self, due, data):
        """One chunk, or its beginning. False when the receiver has no room."""
        size = min(len(data), self.slice_bytes or len(data))
        if self.reset_at is not None:
            size = min(size, self.reset_at - self.passed)
        try:
            sent = size if self._is_cut else self.sink.send(self._corrupted(data[:size]))
        except BlockingIOError:
            asyncio.get_running_loop().add_writer(self.sink, self._room_again)
            return False
        self.corruptions = {at: bit for at, bit in self.corruptions.items() if at >= self.passed + sent}
        self.passed += sent
        self._held_bytes -= sent
        if sent < len(data):
            self._held[0] = (due, data[sent:])
        else:
            self._held.popleft()
        if self.slice_bytes:
            self._next_slice_at = time.monotonic() + self.pause_s
        return True

    def _corrupted(self, data):
        flips = [(at - self.passed, bit) for at, bit in self.corruptions.items() if 0 <= at - self.passed < len(data)]
        if not flips:
            return data
        changed = bytearray(data)
        for at, bit in flips:
            changed[at] ^= 1 << bit
        return changed

    def _room_again(self):
        asyncio.get_running_loop().remove_writer(self.sink)
        self.advance()

    def _end(self):
        self.cut()
        self.is_over = True
        self.connection.note(f"{self.name}: ended by its sender")
        self.connection.end_if_over()

    def _read_or_rest(self):
        bytes_max = DELAYED_BYTES_MAX if self.delay_s and not self.pause_s else CHUNK_BYTES
        wants = not (self._is_stalled or self._has_ended) and self._held_bytes < bytes_max
        if wants == self._is_reading:
            return
        self._is_reading = wants
        loop = asyncio.get_running_loop()
        if wants:
            loop.add_reader(self.source, self._take)
        else:
            loop.remove_reader(self.source)

    def _take(self):
        try:
            data = self.source.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            return self.connection.reset(f"broken by a peer: {type(error).__name__}")
        self._has_ended = not data
        self.taken += len(data)
        self.head += data[:HEAD_BYTES - len(self.head)]
        self._held.append((time.monotonic() + self.delay_s if self.delay_s else 0, data))
        self._held_bytes += len(data)
        self.advance()


class Connection:
    """A client, a target, two directions, and what was done to them."""

    def __init__(self, gate, number, listener, client):
        self.gate, self.number, self.listener = gate, number, listener
        self.client, self.target = client, listener.new_target()
        self.directions = {"up": Direction(self, "up", self.client, self.target),
                           "down": Direction(self, "down", self.target, self.client)}
        self.causes, self.is_over = [], False
        self.is_connected, self.starting = False, None
        self.note("accepted")

    def note(self, what):
        self.causes.append({"t_ms": self.gate.now_ms(), "what": what,
                            **{name: direction.passed for name, direction in self.directions.items()}})

    async def run(self):
        if self.is_over:
            return
        try:
            await asyncio.get_running_loop().sock_connect(self.target, self.listener.target)
        except OSError as error:
            return self.reset(f"target: {error}")
        self.is_connected = True
        for direction in self.directions.values():
            direction.begin()

    def apply(self, fault):
        kind = fault["fault"]
        self.note(" ".join(f"{key}={value}" if key != "fault" else str(value) for key, value in fault.items()))
        if kind == "reset" and "after_bytes" not in fault:
            return self.reset("ordered")
        for name in DIRECTIONS[fault["direction"]]:
            direction = self.directions[name]
            if kind == "delay":
                direction.delay_s = fault["ms"] / 1000
            elif kind == "stall":
                direction.stall(fault.get("ms"))
            elif kind == "release":
                direction.release()
            elif kind == "slice":
                direction.slice_bytes, direction.pause_s = fault["bytes"], fault.get("pause_ms", 0) / 1000
            elif kind == "corrupt":
                direction.corruptions[fault["offset"]] = fault["bit"]
            elif kind == "reset":
                direction.reset_at = fault["after_bytes"]
            elif kind == "half_close":
                direction.cut()
            if self.is_connected:
                direction.advance()

    def reset(self, why):
        if self.is_over:
            return
        for end in (self.client, self.target):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends RST
        self._close(f"RST to both sides, {why}")

    def end_if_over(self):
        if all(direction.is_over for direction in self.directions.values()):
            self._close("both sides ended")

    def _close(self, why):
        self.is_over = True
        self.note(why)
        if self.starting and not self.is_connected:
            self.starting.cancel()
        loop = asyncio.get_running_loop()
        for end in (self.client, self.target):
            loop.remove_reader(end)
            loop.remove_writer(end)
        # next turn of the loop: a connect that was cancelled lets go of its socket first
        loop.call_soon(self._close_sockets)

    def _close_sockets(self):
        for end in (self.client, self.target):
            end.close()

    def row(self):
        first_line = bytes(self.directions["up"].head).split(b"\r\n")[0].decode("latin-1")
        return {"connection": self.number, "listener": self.listener.name, "is_over": self.is_over,
                "first_line": first_line[:512], "causes": self.causes,
                **{name: {"taken": d.taken, "passed": d.passed} for name, d in self.directions.items()}}

    def heads(self):
        return {name: bytes(direction.head).decode("latin-1") for name, direction in self.directions.items()}
