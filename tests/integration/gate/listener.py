"""One port of the gate and where it leads (see tcp_gate.py)."""

import asyncio
import socket
from collections import deque


class Listener:
    """One port of the gate and where it leads."""

    def __init__(self, gate, name, target, up_bytes, down_bytes):
        self.gate, self.name, self.target = gate, name, target
        self._up_bytes, self._down_bytes = up_bytes, down_bytes
        self.port, self.mode, self.armed = 0, "forward", deque()
        self._socket, self._accepting, self._fillers = None, None, []

    def new_target(self):
        """The socket of a new connection to the target; it receives what goes down."""
        return self._new_socket(self._down_bytes)

    def _new_socket(self, receive_bytes):
        made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_bytes:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        return made

    async def set_mode(self, mode):
        await self._stop_listening()
        self.mode = mode
        if mode == "refuse":
            return
        self._socket = self._new_socket(self._up_bytes)  # what it accepts is as small
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self.port))
        self._socket.listen(0 if mode == "deaf" else 1024)
        self.port = self._socket.getsockname()[1]
        if mode == "deaf":
            self._fill()
        else:
            self._accepting = asyncio.create_task(self._accept())

    def _fill(self):
        """The queue of a listener that accepts nobody holds one connection more than its backlog of 0; then SYNs are
        dropped."""
        for _ in range(2):
            filler = self._new_socket(0)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers.append(filler)

    async def _stop_listening(self):
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.wait([self._accepting])  # its socket may be closed only after that
        for each in [*self._fillers, *([self._socket] if self._socket else [])]:
            each.close()
        self._accepting, self._socket, self._fillers = None, None, []

    async def _accept(self):
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(self._socket)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self.gate.add_connection(self, client)
            if self.mode == "black_hole":
                connection.note("black hole: never read, never answered")
                continue
            for fault in self.armed.popleft() if self.armed else []:
                connection.apply(fault)
            connection.starting = asyncio.create_task(connection.run())
