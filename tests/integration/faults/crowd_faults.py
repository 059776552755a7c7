"""Many at once, and what a running call notices of it (T12, T21, T22, T28, T30)."""

import base64
import hashlib
import hmac
import http.client
import secrets
import selectors
import socket
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from case import fault
from checks import equal, true
from parties import PUBLIC_HOST
from talk import ends_well, heard_ms, talking

UNAUTHENTICATED_MAX = 256
TRANSIT_US_MAX = 20_000  # one frame


def is_undisturbed(lane, sid):
    """The call that ran meanwhile: alive, every frame accounted for, and on time."""
    ends_well(lane, sid)
    call_id = lane.row(sid)["id"]
    audio = lane.api.get(f"/api/v1/calls/{call_id}")["audio"]
    equal([audio["caller_frames_dropped"], audio["caller_frames_in"]], [0, audio["caller_frames_sent"]], "frames")
    transit = lane.api.get(f"/api/v1/calls/{call_id}/latency")["uplink_transit"]
    true(transit["p95_us"] <= TRANSIT_US_MAX, f"transit of the running call: {transit}")


def trickle(port, head, endless, seconds_max):
    """Sends `head`, then a byte a second; answers after how many seconds the other side had enough."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as end:
        end.sendall(head)
        end.settimeout(1)
        while time.monotonic() - begun < seconds_max:
            try:
                if not end.recv(4096):
                    return time.monotonic() - begun
                continue
            except TimeoutError:
                pass
            except ConnectionResetError:
                return time.monotonic() - begun
            try:
                end.sendall(endless)
            except (BrokenPipeError, ConnectionResetError):
                return time.monotonic() - begun
    raise AssertionError(f"still open after {seconds_max} s")


@fault("crowd", "T12: headers and bodies of a byte a second are cut at 5 s and 10 s, and a call meanwhile is undisturbed", alone=True)
def slowloris(lane):
    sid = talking(lane)
    body = b"POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"
    with ThreadPoolExecutor(80) as pool:
        headers = [pool.submit(trickle, lane.port, b"GET / HTTP/1.1\r\nX: ", b"a", 20) for _ in range(40)]
        bodies = [pool.submit(trickle, lane.port, body, b"a", 20) for _ in range(40)]
        for kind, limit, attacks in (("header", 5, headers), ("body", 10, bodies)):
            took = sorted(attack.result() for attack in attacks)
            true(limit - 0.5 <= took[0] and took[-1] <= limit + 3, f"{kind}: cut after {took[0]:.1f} to {took[-1]:.1f} s")
    is_undisturbed(lane, sid)


@fault("crowd", "T21: of two thousand idle connections all beyond 256 get 503, and a call meanwhile is undisturbed", alone=True)
def idle_connections(lane):
    sid = talking(lane)
    ends = [socket.create_connection(("127.0.0.1", lane.port)) for _ in range(2000)]
    try:
        waiting = selectors.DefaultSelector()
        for end in ends:
            waiting.register(end, selectors.EVENT_READ)
        refused, until = 0, time.monotonic() + 3
        while refused < 2000 - UNAUTHENTICATED_MAX and time.monotonic() < until:
            for key, _ in waiting.select(0.2):
                waiting.unregister(key.fileobj)
                refused += b" 503 " in key.fileobj.recv(200)
        # the stand-ins' own connections count as vouched for, so all 256 places were free
        equal(refused, 2000 - UNAUTHENTICATED_MAX, "refused connections")
    finally:
        for end in ends:
            end.close()
    is_undisturbed(lane, sid)
    ends_well(lane, talking(lane))


class Webhooks:
    """Twilio's requests, signed, over one connection that is kept."""

    def __init__(self, lane):
        self._lane = lane
        self._connection = http.client.HTTPConnection("127.0.0.1", lane.port, timeout=10)

    def post(self, path, **fields):
        """The answer's text and how many milliseconds it took."""
        fields = {"AccountSid": self._lane.credentials["TWILIO_ACCOUNT_SID"], **fields}
        signed = f"https://{PUBLIC_HOST}{path}" + "".join(f"{k}{v}" for k, v in sorted(fields.items()))
        digest = hmac.new(self._lane.credentials["TWILIO_AUTH_TOKEN"].encode(), signed.encode(), hashlib.sha1).digest()
        return self._ask("POST", path, urllib.parse.urlencode(fields),
                         {"Content-Type": "application/x-www-form-urlencoded",
                          "X-Twilio-Signature": base64.b64encode(digest).decode()})

    def begin(self, sid):
        return self.post("/twilio/voice", CallSid=sid, From="+14155550123", To="+14155550100", CallStatus="ringing",
                         Direction="inbound", ApiVersion="2010-04-01")

    def end(self, sid):
        return self.post("/twilio/status", CallSid=sid, CallStatus="completed", SequenceNumber="3", CallDuration="1")

    def health(self):
        return self._ask("GET", "/healthz", None, {})

    def _ask(self, method, path, body, headers):
        begun = time.monotonic()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        assert answer.status in (200, 204), f"{method} {path}: {answer.status} {text}"
        return text, (time.monotonic() - begun) * 1000


def flood_of_calls(lane, count, connections):
    """Webhooks of new calls and plain requests in turn, as fast as they go: what was answered, and p99 of both in ms."""
    def some(sids):
        webhooks = Webhooks(lane)
        return [(sid, *webhooks.begin(sid), webhooks.health()[1]) for sid in sids]

    sids = ["CA" + secrets.token_hex(16) for _ in range(count)]
    begun = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        answered = [one for part in pool.map(some, [sids[i::connections] for i in range(connections)]) for one in part]
    seconds = time.monotonic() - begun
    voice, plain = (sorted(one[i] for one in answered)[count * 99 // 100 - 1] for i in (2, 3))
    return {sid: text for sid, text, _, _ in answered}, seconds, voice, plain


def end_all(lane, sids):
    webhooks = Webhooks(lane)
    for sid in sids:
        webhooks.end(sid)


@fault("crowd", "T22: of five hundred calls in a second MAX_CALLS get an agent, the others hear at once that all lines are busy", alone=True)
def five_hundred_calls(lane):
    sid = talking(lane)
    answers, seconds, voice_ms, plain_ms = flood_of_calls(lane, 500, 20)
    admitted = [call for call, text in answers.items() if "<Connect" in text]
    refused = [call for call, text in answers.items() if "lines are busy" in text]
    end_all(lane, admitted)
    equal([len(admitted), len(refused)], [19, 481], "calls admitted and refused, beside the one that runs")
    true(seconds < 5, f"500 webhooks took {seconds:.1f} s")
    true(voice_ms <= max(50, 5 * plain_ms), f"p99 {voice_ms:.1f} ms; a plain request {plain_ms:.1f} ms")
    is_undisturbed(lane, sid)


@fault("recordless", "T28: with the database behind a black hole webhooks are answered at once, and a call runs from end to end")
def no_database(lane):
    sid = talking(lane)
    answers, _, voice_ms, plain_ms = flood_of_calls(lane, 200, 10)
    end_all(lane, answers)
    true(all("<Connect" in text for text in answers.values()), "a call was refused")
    true(voice_ms <= max(50, 5 * plain_ms), f"p99 {voice_ms:.1f} ms; a plain request {plain_ms:.1f} ms")
    heard = heard_ms(lane, sid)
    lane.control.post(f"/calls/{sid}/steps", [{"do": "say", "clip": "book"}])
    lane.until("the agent answers", lambda: heard_ms(lane, sid) > heard + 2000)
    lane.control.post(f"/calls/{sid}/hangup", {})
    lane.until("the bridge says so", lambda: lane.bridge_log.read_text().count('"end_reason":"caller_hung_up"') == 201)
    true(lane.metric("tandem_db_spool_events") > 201, "the records do not wait for the database")


@fault("sweep", "T30: a caller who hangs up at any of thirty moments of the agent's handshake leaves no session behind")
def handshake_sweep(lane):
    sids = [lane.start(script=[], hangup_after_ms=100 * i, ring_ms=200)[0] for i in range(30)]
    for sid in sids:
        true(lane.control.get(f"/calls/{sid}/wait?seconds=30", timeout_s=40)["done"], f"{sid} goes on")
        equal(lane.row(sid)["end_reason"], "caller_hung_up", f"end of {sid}")
    legs = lane.until("every connection to the agent is over", lambda: [
        rows for rows in [lane.gate.rows(listener="sweep-voice")] if all(row["is_over"] for row in rows)], 8)[0]
    equal(len(legs), 30, "connections to the agent")
    true(all(chat["done"] for chat in lane.chats()), "a session of the agent goes on")
    equal(lane.metric('tandem_calls_active{direction="inbound"}'), 0, "calls of the bridge")
