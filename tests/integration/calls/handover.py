"""Commands to a running call, and callers who are handed on: to a person, or to the list of those not to be called."""

import json
import urllib.error
import urllib.request

from checks import equal, test, true

PERSON = "+14155550142"
LISTEN = [{"do": "wait_agent"}, {"do": "pause", "ms": 30000}]


def running_call(world, **body):
    """The call's id at the carrier and ours, once it talks."""
    sid, = world.start(script=LISTEN, **body)
    rows = world.until("the call runs", lambda: world.sql(
        f"select id from bridge.calls where call_sid = '{sid}' and stream_sid is not null"))
    return sid, rows[0][0]


def order(world, call_id, command, body=None, headers=None):
    """HTTP status and document."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(f"{world.api.url}/api/v1/calls/{call_id}/{command}", data, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def events(world, call_id, *types):
    listed = ",".join(f"'{kind}'" for kind in types)
    return [row[0] for row in world.sql(
        f"select event_type from bridge.events where call_id = '{call_id}' and event_type in ({listed}) order by seq")]


def report_of(world, sid):
    """Once the call is over."""
    return world.control.get(f"/calls/{sid}/wait?seconds=60", timeout_s=70)


def verbs(report, name):
    return [event for event in report["events"] if event.get("what") == "verb" and event["name"] == name]


@test("an operator's words, notes and pauses reach the running call and are on its record")
def commands(world):
    before = {chat["id"] for chat in world.chats()}
    sid, call_id = running_call(world)
    for command, body in (("say", {"text": "We close in five minutes."}), ("context", {"text": "A regular guest."}),
                          ("pause", None), ("resume", None), ("hangup", None)):
        status, document = order(world, call_id, command, body)
        equal([status, document.get("command")], [202, command], command)
    report_of(world, sid)
    equal(world.row(sid)["end_reason"], "operator_hung_up", "end")
    equal(events(world, call_id, "operator_say", "operator_context", "operator_pause", "operator_resume", "operator_hang_up"),
          ["operator_say", "operator_context", "operator_pause", "operator_resume", "operator_hang_up"], "events")
    chat, = [c for c in world.chats() if c["id"] not in before]
    equal(chat["messages"].get("assistant_input"), 1, "words that the agent was given to say")


@test("a command to a call that is over or unknown is 404, one that makes no sense 422, one of another site 403")
def refused_commands(world):
    sid, call_id = running_call(world)
    equal(order(world, call_id, "say", {"text": "a" * 2001})[0], 422, "too long")
    equal(order(world, call_id, "transfer", {"to": "4155550142"})[0], 422, "not E.164")
    equal(order(world, call_id, "hangup", None, {"Origin": "https://elsewhere.example"})[0], 403, "another site")
    equal(order(world, "00000000-0000-4000-8000-000000000000", "hangup")[0], 404, "unknown")
    equal(order(world, call_id, "hangup")[0], 202, "hang-up")
    report_of(world, sid)
    world.row(sid)
    equal(order(world, call_id, "say", {"text": "Too late."})[0], 404, "over")


@test("a caller is put through to a person, who first hears what it is about")
def transfer(world):
    world.control.put("/twilio/destinations", {"number": PERSON, "ring_ms": 200, "outcome": "answer", "talk_ms": 600})
    sid, call_id = running_call(world)
    equal(order(world, call_id, "transfer", {"to": PERSON, "note": "Wants to move a booking."})[0], 202, "accepted")
    report = report_of(world, sid)
    equal(report["violations"], [], "what a strict Twilio would refuse")
    equal(world.row(sid)["end_reason"], "transferred", "end")
    whisper, = [event for event in report["events"] if event.get("what") == "whisper"]
    equal([whisper["status"], whisper["text"]], [200, "Wants to move a booking."], "what the person heard")
    dialled, = [event for event in report["events"] if event.get("what") == "dialled"]
    equal([dialled["number"], dialled["result"]], [PERSON, "completed"], "dialled")
    equal(report["ended_by"], "bridge", "after the talk")
    document = next(t["body"] for t in report["twiml"] if "<Dial" in t["body"])
    true("move a booking" not in document, "the note is in the document")
    true("move a booking" not in world.bridge_log.read_text(), "the note is in the log")


@test("a caller for whom the person has no time is told so and not left in silence")
def transfer_fails(world):
    for outcome in ("busy", "no-answer", "failed"):
        world.control.put("/twilio/destinations", {"number": PERSON, "ring_ms": 200, "outcome": outcome})
        sid, call_id = running_call(world)
        equal(order(world, call_id, "transfer", {"to": PERSON})[0], 202, "accepted")
        report = report_of(world, sid)
        said = [verb["text"] for verb in verbs(report, "Say")]
        true("nobody can take your call" in said[-1], f"{outcome}: {said}")
        equal(report["violations"], [], outcome)


@test("a caller who presses the key is confirmed that nobody calls again, once that is on disk")
def opt_out(world):
    sid, = world.start(script=[{"do": "wait_agent"}, {"do": "dtmf", "digits": "9"}, {"do": "pause", "ms": 30000}])
    report = report_of(world, sid)
    equal(world.row(sid)["end_reason"], "opted_out", "end")
    equal(verbs(report, "Say")[-1]["text"], "You will not be called again. Goodbye.", "confirmation")
    equal(events(world, world.row(sid)["id"], "opt_out"), ["opt_out"], "events")
    equal(report["violations"], [], "what a strict Twilio would refuse")
