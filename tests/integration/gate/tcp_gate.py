#!/usr/bin/env python3
"""tcp_gate: a TCP proxy on loopback that breaks connections on demand, byte-exactly, and remembers what it did.

    tcp_gate.py        one JSON object a line on standard input, one answer a line on standard output; ends with its input

`up` is the direction from the client that connected to the gate towards the target, `down` the way back.

    {"do": "listen", "name": "evi", "target": "127.0.0.1:4000", "up_bytes": 4096, "down_bytes": 4096}   {"port": 4711}
        up_bytes, down_bytes: kernel buffers, small so that a stalled direction fills soon; default: the system's
    {"do": "mode", "listener": "evi", "mode": "forward" | "black_hole" | "refuse" | "deaf"}
        of later connections. black_hole: accepted, never read, never answered; refuse: the port is closed; deaf: the
        port is open, but connecting hangs
    {"do": "arm", "listener": "evi", "faults": [fault, ...], "count": 1}     for the next connections, from their first byte
    {"do": "fault", "on": where, "fault": fault}                             now, in live connections: {"connections": [1]}
    {"do": "table", "on": where}                                             the cause table: {"connections": [row, ...]}
    {"do": "heads", "on": where}                                             the first 4 KiB of each direction, as latin-1

`where` selects connections by any of "connection" (its number), "listener", "contains" (text among the first 4 KiB of
either direction); {} is all. A fault is one of

    {"fault": "delay", "direction": d, "ms": n}            every byte leaves n ms after it came; 0 ends it
    {"fault": "stall", "direction": d, "ms": n}            nothing is read or passed on; without ms until "release"
    {"fault": "release", "direction": d}
    {"fault": "slice", "direction": d, "bytes": n, "pause_ms": n}   at most n bytes a write; 0 ends it
    {"fault": "corrupt", "direction": d, "offset": n, "bit": 0..7}  flips one bit of byte n of the direction
    {"fault": "reset", "direction": d, "after_bytes": n}   RST to both sides: now, or once n bytes went that way
    {"fault": "half_close", "direction": d}                FIN to the receiver of that direction, its bytes are discarded

with d "up", "down" or "both". Anything else is answered {"error": "..."}.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from connection import Connection  # noqa: E402
from listener import Listener  # noqa: E402
from orders import MODES, BadOrder, checked, checked_fault  # noqa: E402


class Gate:
    """All listeners and connections, and the orders about them."""

    def __init__(self):
        self._began = time.monotonic()
        self._listeners, self._connections = {}, []

    def now_ms(self):
        return round((time.monotonic() - self._began) * 1000)

    def add_connection(self, listener, client):
        self._connections.append(Connection(self, len(self._connections) + 1, listener, client))
        return self._connections[-1]

    async def obey(self, order):
        orders = {"listen": self._listen, "mode": self._mode, "arm": self._arm, "fault": self._fault,
                  "table": self._table, "heads": self._heads}
        if not isinstance(order, dict) or order.get("do") not in orders:
            raise BadOrder("no such order")
        return await orders[order["do"]](order)

    async def _table(self, order):
        return {"connections": [connection.row() for connection in self._where(order)]}

    async def _heads(self, order):
        return {"connections": [connection.heads() for connection in self._where(order)]}

    async def _listen(self, order):
        checked(order, {"do", "name", "target"}, {"up_bytes", "down_bytes"})
        host, _, port = order["target"].rpartition(":")
        if order["name"] in self._listeners:
            raise BadOrder("that listener exists")
        made = Listener(self, order["name"], (host, int(port)), order.get("up_bytes", 0), order.get("down_bytes", 0))
        await made.set_mode("forward")
        self._listeners[order["name"]] = made
        return {"port": made.port}

    def _listener(self, name):
        if name not in self._listeners:
            raise BadOrder(f"no such listener: {name}")
        return self._listeners[name]

    async def _mode(self, order):
        checked(order, {"do", "listener", "mode"})
        if order["mode"] not in MODES:
            raise BadOrder(f"no such mode: {order['mode']}")
        await self._listener(order["listener"]).set_mode(order["mode"])
        return {}

    async def _arm(self, order):
        checked(order, {"do", "listener", "faults"}, {"count"})
        faults = [checked_fault(fault) for fault in order["faults"]]
        self._listener(order["listener"]).armed.extend([faults] * order.get("count", 1))
        return {}

    async def _fault(self, order):
        checked(order, {"do", "on", "fault"})
        fault = checked_fault(order["fault"])
        live = [c for c in self._selected(order["on"]) if not c.is_over]
        for connection in live:
            connection.apply(fault)
        return {"connections": [c.number for c in live]}

    def _where(self, order):
        return self._selected(checked(order, {"do", "on"})["on"])

    def _selected(self, where):
        checked(where, set(), {"connection", "listener", "contains"})
        text = where.get("contains", "").encode()
        return [c for c in self._connections
                if where.get("connection", c.number) == c.number
                and where.get("listener", c.listener.name) == c.listener.name
                and (not text or any(text in d.head for d in c.directions.values()))]


async def main():
    gate = Gate()
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        try:
            answer = await gate.obey(json.loads(line))
        except (BadOrder, ValueError, OSError) as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
