"""The voice leg cannot be had: refused, hanging, unresolvable, unproven (E01 to E06), floods when it can be (E15), and
hang-ups that the carrier's API does not take (T31). One case after the other, because the stand-ins are told what to do
with the *next* connection or request."""

import json
import time

from case import fault
from checks import equal, true
from talk import (apology, caller_says, ends_well, greeting_is_over, heard_ms, order, sessions_are_closed, talking)

STAY = [{"do": "wait_hangup", "timeout_ms": 40000}]


def refuse(lane, status, count):
    lane.control.post("/evi/next", {"count": count, "faults": {"upgrade": status}})


def refusals(lane):
    return len(lane.control.get("/evi/chats")["refused"])


def stages(lane, sid):
    """Where each attempt to reach the agent failed."""
    return [json.loads(event)["stage"] for event in lane.events(sid, "voice_unreachable")]


@fault("handshake", "E01: an agent that refuses our key is not asked again, the caller hears an apology, and the third refusal "
       "makes the bridge unready until a call gets through", alone=True)
def auth(lane):
    for status in (401, 403, 401):
        before = refusals(lane)
        equal(lane.api.status("/readyz"), 200, f"ready before {status}")
        refuse(lane, status, 1)
        sid, = lane.start(script=STAY)
        true("sorry" in apology(lane, sid), f"no apology after {status}")
        equal(lane.row(sid)["end_reason"], "voice_refused", f"end after {status}")
        equal(refusals(lane) - before, 1, f"attempts after {status}")
    lane.until("not ready", lambda: lane.api.status("/readyz") == 503, 5)
    equal(lane.bridge_log.read_text().count('"event":"voice_down"'), 1, "alarms")
    ends_well(lane, talking(lane))
    lane.until("ready again", lambda: lane.api.status("/readyz") == 200, 5)


@fault("handshake", "E02, E03: an agent that is busy or broken for a moment is asked again, and the call goes on", alone=True)
def for_a_moment(lane):
    for status in (429, 500, 503):
        before = refusals(lane)
        refuse(lane, status, 2)
        sid = talking(lane)
        equal(refusals(lane) - before, 2, f"refused attempts after {status}")
        ends_well(lane, sid)


@fault("handshake", "E02, E03: an agent that stays busy or broken is given up after four attempts, and the caller hears an apology", alone=True)
def for_good(lane):
    for status in (429, 500):
        before = refusals(lane)
        refuse(lane, status, 4)
        begun = time.monotonic()
        sid, = lane.start(script=STAY)
        true("sorry" in apology(lane, sid), f"no apology after {status}")
        true(time.monotonic() - begun < 20, f"after {time.monotonic() - begun:.1f} s")
        equal(lane.row(sid)["end_reason"], "voice_unavailable", f"end after {status}")
        equal(refusals(lane) - before, 4, f"attempts after {status}")


def gives_up(lane, mode, stage, within_s):
    """Every attempt fails in that stage; the caller is told in time, and no session is left behind."""
    listener = f"{lane.name}-voice"
    lane.gate.mode(listener, mode)
    begun = time.monotonic()
    sid, = lane.start(script=STAY)
    true("sorry" in apology(lane, sid), f"no apology: {mode}")
    true(time.monotonic() - begun < within_s, f"{mode}: after {time.monotonic() - begun:.1f} s")
    equal(lane.row(sid)["end_reason"], "voice_unavailable", f"end: {mode}")
    equal(stages(lane, sid), [stage] * 4, f"stages: {mode}")
    lane.gate.mode(listener, "forward")


@fault("silent", "E04: an agent whose 101 never comes is given up in stage upgrade, and the caller hears an apology", alone=True)
def no_answer(lane):
    gives_up(lane, "black_hole", "upgrade", 25)


@fault("silent", "E04: an agent whose port hangs is given up in stage connect, a closed one at once", alone=True)
def no_connection(lane):
    gives_up(lane, "deaf", "connect", 25)
    gives_up(lane, "refuse", "connect", 12)


@fault("silent", "E04: an agent that accepts again in time is talked to", alone=True)
def in_time(lane):
    lane.gate.mode("silent-voice", "refuse")
    sid, = lane.start(script=[])
    time.sleep(0.4)
    lane.gate.mode("silent-voice", "forward")
    lane.stream(sid)
    lane.until("the agent is heard", lambda: heard_ms(lane, sid) > 500)
    ends_well(lane, sid)


@fault("silent", "E12: an agent that stays silent after a nudge and in a second session is given up after 15 s, with an apology",
       alone=True)
def frozen(lane):
    sid = talking(lane)
    greeting_is_over(lane, sid)
    order(lane, lane.sessions(sid)[0], "mute")
    lane.control.post("/evi/next", {"count": 1, "faults": {"mute_after_ms": 0}})
    caller_says(lane, sid)
    begun = time.monotonic()
    true("sorry" in apology(lane, sid), "no apology")
    true(15 <= time.monotonic() - begun <= 25, f"after {time.monotonic() - begun:.1f} s")  # the question takes 3 s of them
    equal(lane.row(sid)["end_reason"], "voice_frozen", "end")
    steps = [json.loads(event)["step"] for event in lane.events(sid, "agent_frozen")]
    equal(steps, ["nudge", "resume", "give_up"], "steps")
    sessions_are_closed(lane, sid)


@fault("secure", "E04: an agent whose TLS handshake hangs is given up in stage tls, and the caller hears an apology", alone=True)
def no_tls(lane):
    gives_up(lane, "black_hole", "tls", 30)


@fault("secure", "E06, E28: an agent with a certificate of an unknown authority gets neither our key nor a word", alone=True)
def unknown_authority(lane):
    gives_up(lane, "forward", "tls", 12)
    for heads in lane.gate.heads(listener="secure-voice"):
        true(lane.credentials["HUME_API_KEY"] not in heads["up"], "the key was sent in plain text")
    equal(lane.chats(), [], "sessions")


@fault("nameless", "E05: an agent whose name does not resolve is given up in stage resolve, and the caller hears an apology")
def no_name(lane):
    begun = time.monotonic()
    sid, = lane.start(script=STAY)
    true("sorry" in apology(lane, sid), "no apology")
    true(time.monotonic() - begun < 20, f"after {time.monotonic() - begun:.1f} s")
    equal(lane.row(sid)["end_reason"], "voice_unavailable", "end")
    equal(stages(lane, sid), ["resolve"] * 4, "stages")


@fault("handshake", "E15: a thousand audio_outputs within a second cost that call what is beyond a minute, and no other call anything", alone=True)
def audio_flood(lane):
    other = talking(lane)
    lane.control.post("/evi/next", {"count": 1, "chunk_ms": 100, "speed": 1000})
    sid = talking(lane)
    chat = lane.sessions(sid)[0]
    order(lane, chat, "say", text="x" * 1700)  # 102 s
    flooded = lane.until("the flood is over", lambda: [
        c for c in lane.sessions(sid) if c["audio_ms_sent"] >= 102_000])[0]
    true(flooded["messages"], "the session is gone")
    # 13.4 MB of audio as text went down the wire
    lane.until("the bridge has read it", lambda: lane.gate.rows(**lane.voice_leg(chat["id"]))[0]["down"]["passed"] > 13_400_000)
    time.sleep(0.5)
    ends_well(lane, sid)
    ends_well(lane, other)
    audio = lane.api.get(f"/api/v1/calls/{lane.row(sid)['id']}")["audio"]
    true(audio["agent_ms_received"] > 100_000 and audio["agent_ms_cut"] > 30_000, f"{audio}")
    latency = lane.api.get(f"/api/v1/calls/{lane.row(other)['id']}/latency")["uplink_transit"]
    true(latency["p95_us"] <= 20_000, f"transit of the other call: {latency}")


@fault("handshake", "T31: hang-ups that the carrier's API refuses, loses or delays still end the calls", alone=True)
def rest_faults(lane):
    faults = [{"fault": "429"}, {"fault": "500"}, {"fault": "503"}, {"fault": "drop"}, {"fault": "drop_placed"},
              {"fault": "delay", "delay_ms": 8000}]
    for each in faults:
        lane.control.post("/twilio/next", {**each, "of": "update"})
    sids = [talking(lane) for _ in faults]
    for sid in sids:
        order(lane, lane.sessions(sid)[0], "close", code=1000)
    for sid in sids:
        report = lane.control.get(f"/calls/{sid}/wait?seconds=20", timeout_s=30)
        true(report["done"], f"{sid} goes on")
        equal(lane.row(sid)["end_reason"], "voice_ended", f"end of {sid}")
        sessions_are_closed(lane, sid)
    answers = [r["status"] for r in lane.control.get("/twilio/requests")["requests"] if r["method"] == "POST"]
    true({429, 500, 503, 0} <= set(answers), f"faults were not met: {answers}")
