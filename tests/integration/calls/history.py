"""Calls compared with EVI's own history: the bridge against what the stand-in says that it wrote down."""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request

from checks import equal, test, true

SETTINGS = {"HUME_WEBHOOK_KEY": "invented-signing-key"}


def signed(body, timestamp, key=SETTINGS["HUME_WEBHOOK_KEY"]):
    return hmac.new(key.encode(), body + b"." + timestamp.encode(), hashlib.sha256).hexdigest()


def webhook(world, body, timestamp, signature):
    """What the bridge answers."""
    request = urllib.request.Request(f"http://127.0.0.1:{world.port}/hume/webhook", body, {
        "Content-Type": "application/json", "X-Hume-AI-Webhook-Timestamp": timestamp,
        "X-Hume-AI-Webhook-Signature": signature})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def chat_ended(world, row, again=0):
    """Hume tells that the chat is over; `again` makes it another webhook."""
    body = json.dumps({"event_name": "chat_ended", "chat_id": row["chat_id"], "chat_group_id": "as-it-was",
                       "duration_seconds": 20, "end_reason": "USER_ENDED", "end_time": 1795348860000 + again}).encode()
    timestamp = str(int(time.time()))
    equal(webhook(world, body, timestamp, signed(body, timestamp)), 200, "answer to chat_ended")


def job(world, row):
    return world.sql(f"select state, coalesce(payload->>'reads', '0') from bridge.jobs "
                     f"where kind = 'reconcile' and key = '{row['id']}'")


def compared(world, row):
    """Hurries the two readings that have to agree; what came of them."""
    world.until("the comparison to be queued", lambda: job(world, row))
    chat_ended(world, row)
    world.until("the first reading", lambda: job(world, row)[0][1] == "1")
    chat_ended(world, row, again=1)
    found = world.until("the comparison", lambda: world.sql(
        f"select result, matched, filled, extra, reason from bridge.reconciliations where call_id = '{row['id']}'"))
    return found[0]


def transcript(world, row):
    return world.api.get(f"/api/v1/calls/{row['id']}/transcript")["entries"]


def verdict(world, row):
    return world.sql(f"select analysis_timestamp from bridge.booking_analysis where call_id = '{row['id']}' and state = 'done'")


@test("a call of which EVI's history says the same is a match")
def match(world):
    report, = world.call(script="booking")
    row = world.row(report["sid"])
    lines = len(transcript(world, row))
    true(lines > 4, f"{lines} lines")
    equal(compared(world, row), ["match", str(lines), "0", "0", ""], "comparison")
    equal(world.api.get(f"/api/v1/calls/{row['id']}")["reconciliation"]["result"], "match", "what the API says")
    true(world.metric('tandem_reconciliation_total{result="match"}') >= 1, "it was not counted")


@test("a line that only EVI's history has is put into the transcript, raises the alarm, and is judged")
def filled(world):
    report, = world.call(script="booking")
    row = world.row(report["sid"])
    first = world.until("a verdict", lambda: verdict(world, row))
    words = "And please ring me the day before."
    world.control.put("/evi/history", {"chat_id": row["chat_id"], "extra": [{"after": 2, "role": "USER", "text": words}]})
    before = len(transcript(world, row))
    equal(compared(world, row)[:3], ["filled", str(before), "1"], "comparison")
    lines = transcript(world, row)
    equal(len(lines), before + 1, "lines")
    place = [line["message"] for line in lines].index(words)
    equal(lines[place]["source"], "history", "source")
    equal(lines[place]["seq"], 1000000, "number")
    true(lines[place - 1]["offset_ms"] <= lines[place]["offset_ms"] <= lines[place + 1]["offset_ms"], "out of its place")
    true(0 < place < before, f"at place {place} of {before}")
    alarm = [line for line in world.bridge_log.read_text().splitlines() if '"history_filled"' in line]
    true(any(row["id"] in line and '"error"' in line for line in alarm), f"no alarm: {alarm}")
    true(not any(words in line for line in alarm), "words in the log")
    true(world.metric("tandem_reconciliation_filled_lines_total") >= 1, "it was not counted")
    world.until("a new verdict", lambda: verdict(world, row) not in ([], first))


@test("a history that hides, stumbles and lies is waited for, and what only the record has stays")
def trouble(world):
    report, = world.call(script=[{"do": "wait_agent"}, {"do": "hang_up"}])
    row = world.row(report["sid"])
    world.control.put("/evi/history", {"chat_id": row["chat_id"], "truncated": 1, "missing": [0],
                                       "extra": [{"after": 0, "role": "USER", "text": "Hello?"}]})
    found = compared(world, row)
    equal(found[0], "filled", "comparison")
    equal(found[3], "1", "lines that only the record has")
    true(len(transcript(world, row)) >= 2, "a line went")


@test("webhooks that are not Hume's are refused")
def strangers(world):
    body = b'{"event_name":"chat_ended","chat_id":"x","chat_group_id":"y"}'
    now = str(int(time.time()))
    old = str(int(time.time()) - 200)
    equal(webhook(world, body, now, signed(body, now, "another-key")), 403, "another key")
    equal(webhook(world, body, old, signed(body, old)), 403, "an old one")
    equal(webhook(world, body + b" ", now, signed(body, now)), 403, "another body")
    equal(webhook(world, body, now, ""), 403, "none at all")
    equal(webhook(world, b"{}", now, signed(b"{}", now)), 400, "signed, and no webhook")
    equal(webhook(world, body, now, signed(body, now)), 200, "a chat that nobody knows")
