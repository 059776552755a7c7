"""A strict client of the admin socket, written from RFC 6455 and docs/admin-socket.md: refuses every frame that a server may
not send, keeps every message with the time it came, and holds each against the schema."""

import base64
import hashlib
import json
import os
import socket
import struct
import threading
import time
from collections import namedtuple

from jsonschema import Draft202012Validator

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

Sound = namedtuple("Sound", "at version track handle offset_ms ulaw")


class Schema:
    """One validator for each type of message; a message that fits none is a complaint."""

    def __init__(self, document):
        Draft202012Validator.check_schema(document)
        self._by_type = {one["properties"]["type"]["const"]: Draft202012Validator({**one, "$defs": document["$defs"]})
                         for one in document["$defs"]["server"]["oneOf"]}
        self.client = Draft202012Validator({"$ref": "#/$defs/client", "$defs": document["$defs"]})

    @property
    def types(self):
        return set(self._by_type)

    def complaints(self, message):
        validator = self._by_type.get(message.get("type"))
        if validator is None:
            return [f"no such type: {message}"]
        return [f"{message['type']} {list(error.path)}: {error.message[:200]}" for error in validator.iter_errors(message)]


def upgrade(port, **headers):
    """A connection and the status and headers of the answer to its upgrade; each header may be None: left out."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = {"Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
             "Sec-WebSocket-Version": "13", **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(("GET /admin/v1/ws HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in lines.items() if value is not None) + "\r\n").encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(1)
        if not piece:
            raise AssertionError(f"the upgrade was not answered: {answer}")
        answer += piece
    first, *rest = answer.decode().split("\r\n")
    status = int(first.split()[1])
    fields = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in rest if line}
    if status == 101:
        accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
        assert fields["sec-websocket-accept"] == accept, "Sec-WebSocket-Accept"
    return connection, status, fields


class AdminSocket:
    """Reads in a thread of its own, unless `reads` is false: then nothing is read before start_reading()."""

    def __init__(self, world, ticket=None, reads=True, receive_buffer=None, **headers):
        self.world = world
        self.messages, self.sounds = [], []  # (when, message)
        self.close_code, self.close_reason, self.problem = None, "", ""
        self.is_over = False
        self._news = threading.Condition()
        self._next_id, self._sending = 1, threading.Lock()
        self._socket, status, self.headers = upgrade(world.port, Sec_WebSocket_Protocol="admin.v1", **headers)
        assert status == 101, f"the upgrade was answered with {status}"
        assert self.headers.get("sec-websocket-protocol") == "admin.v1", f"the protocol is not named: {self.headers}"
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(None)
        self.opened_at = time.monotonic()
        if ticket:
            self.send({"type": "auth", "ticket": ticket})
        if reads:
            self.start_reading()

    def start_reading(self):
        threading.Thread(target=self._read_all, daemon=True).start()

    # -- what it says

    def send(self, message):
        self.send_frame(TEXT, json.dumps(message).encode())

    def send_frame(self, opcode, payload):
        with self._sending:
            self._socket.sendall(self.frame(opcode, payload))

    def send_at_once(self, messages):
        with self._sending:
            self._socket.sendall(b"".join(self.frame(TEXT, json.dumps(message).encode()) for message in messages))

    @staticmethod
    def frame(opcode, payload):
        head = bytes([0x80 | opcode])
        size = len(payload)
        head += bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0xFE, size) if size < 65536 else struct.pack("!BQ", 0xFF, size)
        mask = os.urandom(4)
        return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))

    def ask(self, kind, patience_s=10, **members):
        """Sends it with an id of its own; its answer, an ack or an error."""
        number = self._next_id
        self._next_id += 1
        self.send({"type": kind, "id": number, **members})
        return self.wait(f"the answer to {kind}", lambda m: m["type"] in ("ack", "error") and m["id"] == number, patience_s)

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    # -- what it hears

    def wait(self, what, fits, patience_s=10, since=0):
        """The first message from number `since` on that fits."""
        deadline = time.monotonic() + patience_s
        with self._news:
            while True:
                for _, message in self.messages[since:]:
                    if fits(message):
                        return message
                left = deadline - time.monotonic()
                if left <= 0 or self.is_over:
                    kinds = [message["type"] for _, message in self.messages[-12:]]
                    raise AssertionError(f"{what} did not come; the last were {kinds}, {self.ending()}")
                self._news.wait(left)

    def wait_for(self, kind, call_id=None, patience_s=10, **members):
        return self.wait(f"{kind} {members or ''}", lambda m: m["type"] == kind and call_id in (None, m["call_id"]) and all(
            m.get(name) == value for name, value in members.items()), patience_s)

    def wait_end(self, patience_s=10):
        """The code it was closed with."""
        deadline = time.monotonic() + patience_s
        with self._news:
            while not self.is_over:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError("the socket was not closed")
                self._news.wait(left)
        return self.close_code

    def of(self, kind, call_id=None):
        with self._news:
            return [m for _, m in self.messages if m["type"] == kind and call_id in (None, m["call_id"])]

    def ending(self):
        return f"closed {self.close_code} {self.close_reason!r} {self.problem}" if self.is_over else "open"

    def check(self, schema):
        """What about all that came is not as promised."""
        with self._news:
            messages = [message for _, message in self.messages]
        found = [complaint for message in messages for complaint in schema.complaints(message)]
        numbers = [message["seq"] for message in messages]
        if numbers != list(range(1, len(numbers) + 1)):
            found.append(f"numbers have holes: {numbers[:40]}")
        if self.problem:
            found.append(self.problem)
        return found

    # -- frames

    def _read_all(self):
        try:
            while self._read_frame():
                pass
        except (OSError, ConnectionError) as error:
            self.problem = self.problem if self.close_code else f"broke: {error!r}"
        except Exception as error:  # what a strict client refuses
            self.problem = repr(error)
        with self._news:
            self.is_over = True
            self._news.notify_all()

    def _take(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise ConnectionError("the end of the stream")
            data += piece
        return bytes(data)

    def _read_frame(self):
        first, second = self._take(2)
        assert first & 0x80, "a fragment"
        assert not first & 0x70, "reserved bits"
        assert not second & 0x80, "a masked frame"
        size = second & 0x7F
        if size >= 126:
            size, = struct.unpack("!H" if size == 126 else "!Q", self._take(2 if size == 126 else 8))
            assert size > (125 if size < 65536 else 65535), "a length longer than needed"
        payload = self._take(size)
        now = time.monotonic()
        opcode = first & 0x0F
        if opcode == PING:
            self.send_frame(PONG, payload)
        elif opcode == CLOSE:
            self.close_code, = struct.unpack("!H", payload[:2])
            self.close_reason = payload[2:].decode()
            self.send_frame(CLOSE, payload[:2])
            return False
        else:
            self._keep(now, opcode, payload)
        return True

    def _keep(self, now, opcode, payload):
        with self._news:
            if opcode == TEXT:
                self.messages.append((now, json.loads(payload.decode())))
            else:
                assert opcode == BINARY, f"opcode {opcode}"
                version, track, reserved, handle, offset = struct.unpack("!BBHII", payload[:12])
                assert reserved == 0, "reserved"
                self.sounds.append(Sound(now, version, track, handle, offset, payload[12:]))
            self._news.notify_all()


class Stalled:
    """Asks for everything and never reads; comes again when it is thrown out."""

    def __init__(self, world, ticket_of, listens):
        self.world, self._ticket_of, self._listens = world, ticket_of, listens
        self.came = 0
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._stay, daemon=True)
        self._thread.start()

    def _stay(self):
        while not self._is_done.is_set():
            client = AdminSocket(self.world, self._ticket_of(), reads=False, receive_buffer=4096)
            self.came += 1
            client.send({"type": "subscribe", "calls": "all"})
            for call_id in self._listens:
                client.send({"type": "listen", "call_id": call_id, "on": True})
            while not self._is_done.is_set() and not self._is_gone(client):
                self._is_done.wait(0.2)
            client.close()

    @staticmethod
    def _is_gone(client):
        """Without reading: the state of the connection (tcp(7), TCP_INFO), 1 while it is established."""
        return client._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != 1

    def stop(self):
        self._is_done.set()
        self._thread.join()
