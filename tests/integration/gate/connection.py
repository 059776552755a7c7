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
    """Bytes on their way from one socket to another."""

    def __init__(self, connection, name, source, sink):
        self.connection, self.name, self.source, self.sink = connection, name, source, sink
        self.head, self.taken, self.passed = bytearray(), 0, 0
        self.delay_s = self.pause_s = self.slice_bytes = 0
        self.corruptions, self.reset_at = {}, None
        self.is_cut = self.is_over = False
        self._held, self._held_bytes = deque(), 0  # (when due, bytes); no bytes: the source has ended
        self._changed, self._room = asyncio.Event(), asyncio.Event()
        self._flows = asyncio.Event()
        self._flows.set()
        self._stalls = 0

    def stall(self, ms):
        self._flows.clear()
        self._stalls += 1
        if ms is not None:
            asyncio.get_running_loop().call_later(ms / 1000, self._resume, self._stalls)

    def _resume(self, stall):
        if stall == self._stalls and not self._flows.is_set():
            self.release()
            self.connection.note(f"{self.name}: stall is over")

    def release(self):
        self._stalls += 1
        self._flows.set()

    def change(self):
        """A rule changed: both sides look again."""
        self._changed.set()
        self._room.set()

    def _held_bytes_max(self):
        return DELAYED_BYTES_MAX if self.delay_s and not self.pause_s else CHUNK_BYTES

    async def take(self):
        loop = asyncio.get_running_loop()
        while True:
            await self._flows.wait()
            while self._held_bytes >= self._held_bytes_max():
                self._room.clear()
                await self._room.wait()
            data = await loop.sock_recv(self.source, CHUNK_BYTES)
            self.taken += len(data)
            self.head += data[:HEAD_BYTES - len(self.head)]
            self._held.append((time.monotonic() + self.delay_s, data))
            self._held_bytes += len(data)
            self._changed.set()
            if not data:
                return

    async def pass_on(self):
        while True:
            if self.reset_at is not None and self.passed >= self.reset_at:
                await asyncio.sleep(0.01)  # the receiver shall have read what came before the RST
                return self.connection.reset(f"after {self.reset_at} bytes {self.name}")
            if not self._held:
                self._changed.clear()
                await self._changed.wait()
                continue
            await self._flows.wait()
            wait_s = self._held[0][0] - time.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
                continue
            _, data = self._held.popleft()
            if not data:
                return self._end()
            self._held_bytes -= len(data)
            await self._write(data)
            self._room.set()

    async def _write(self, data):
        """One chunk, or its beginning: the rest goes back, so that a rule that changed holds for it."""
        size = min(len(data), self.slice_bytes or len(data))
        if self.reset_at is not None:
            size = min(size, self.reset_at - self.passed)
        if size < len(data):
            self._held.appendleft((0, data[size:]))
            self._held_bytes += len(data) - size
        piece = bytearray(data[:size])
        for offset in [o for o in self.corruptions if self.passed <= o < self.passed + size]:
            piece[offset - self.passed] ^= 1 << self.corruptions.pop(offset)
        if not self.is_cut:
            await asyncio.get_running_loop().sock_sendall(self.sink, piece)
        self.passed += size
        if self.slice_bytes and self.pause_s:
            await asyncio.sleep(self.pause_s)

    def cut(self):
        if not self.is_cut:
            self.is_cut = True
            self.sink.shutdown(socket.SHUT_WR)

    def _end(self):
        self.cut()
        self.is_over = True
        self.connection.note(f"{self.name}: ended by its sender")


class Connection:
    """A client, a target, two directions, and what was done to them."""

    def __init__(self, gate, number, listener, client):
        self.gate, self.number, self.listener = gate, number, listener
        self.client, self.target = client, listener.new_target()
        self.directions = {"up": Direction(self, "up", self.client, self.target),
                           "down": Direction(self, "down", self.target, self.client)}
        self.causes, self.is_over = [], False
        self._tasks, self.starting = [], None
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
        if not self.is_over:
            self._tasks = [asyncio.create_task(self._guard(step())) for direction in self.directions.values()
                           for step in (direction.take, direction.pass_on)]

    async def _guard(self, step):
        try:
            await step
        except OSError as error:
            self.reset(f"broken by a peer: {type(error).__name__}")
        if all(direction.is_over for direction in self.directions.values()):
            self._close("both sides ended")

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
            direction.change()

    def reset(self, why):
        for end in (self.client, self.target):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends RST
        self._close(f"RST to both sides, {why}")

    def _close(self, why):
        if self.is_over:
            return
        self.is_over = True
        self.note(why)
        current = asyncio.current_task()
        for task in [*self._tasks, self.starting]:
            if task not in (None, current):
                task.cancel()
        # next turn of the loop: a socket may be closed only after nobody waits for it
        asyncio.get_running_loop().call_soon(self._close_sockets)

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
