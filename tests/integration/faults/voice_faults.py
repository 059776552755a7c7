"""A voice session breaks in the middle of a call (E07 to E14, E20, E21). Orders go to single live sessions, so all cases
share one bridge at once."""

import json
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from case import fault
from checks import equal, true
from talk import (agent_is_heard_again, agent_talks_on, apology, caller_says, ends_well, greeting_is_over, heard_ms, order,
                  sessions_are_closed, talking)

RESUMED_WITHIN_S = 3


def steps_of_freeze(lane, sid):
    return [json.loads(event)["step"] for event in lane.events(sid, "agent_frozen")]


def closed_because(lane, sid, why):
    """The one session that was lost was lost for that reason."""
    found = lane.until("the reason", lambda: [json.loads(e)["why"] for e in lane.events(sid, "voice_closed")])
    equal(found, [why], "why")


def is_resumed(lane, sid, patience_s=15):
    """The same chat group in a second session; its report."""
    second = lane.next_session(sid, patience_s)
    true(second["resumed"], f"{sid}: the second session does not resume the first")
    return second


@fault("voice", "E07: an agent that closes its session with 1000 ends the call, and the line is hung up")
def closed_normally(lane):
    sid = talking(lane)
    order(lane, lane.sessions(sid)[0], "close", code=1000)
    equal(lane.row(sid)["end_reason"], "voice_ended", "end")
    report = lane.control.get(f"/calls/{sid}/wait?seconds=20", timeout_s=30)
    equal(report["ended_by"], "rest", "who ended the phone call")
    equal(len(lane.sessions(sid)), 1, "sessions")


@fault("voice", "E08: sessions lost by reset, EOF, 1006, 1011 and 1012 at twenty points resume the same chat within seconds")
def lost(lane):
    numbers = random.Random(8)
    ways = [("reset", {}), ("eof", {}), ("close", {"code": 1011}), ("close", {"code": 1012})]
    sids = lane.start(count=20, spacing_ms=40, script=[
        {"do": "wait_agent"}, {"do": "say", "clip": "book"}, {"do": "wait_agent"}, {"do": "say", "clip": "pick"}])
    with ThreadPoolExecutor(20) as pool:
        gaps = list(pool.map(lambda job: lose_one(lane, *job), [
            (sid, *ways[i % 4], numbers.uniform(0, 7)) for i, sid in enumerate(sids)]))
    # alone on the machine all of them take less than half a second
    gaps.sort()
    true(gaps[10] <= RESUMED_WITHIN_S and gaps[-1] <= 3 * RESUMED_WITHIN_S, f"seconds without an agent: {gaps}")


def lose_one(lane, sid, way, details, after_s):
    lane.stream(sid)
    time.sleep(after_s)
    first = lane.sessions(sid)[0]
    order(lane, first, way, **details)
    second = is_resumed(lane, sid)
    equal(second["chat_group_id"], first["chat_group_id"], f"{sid}: chat group")
    times = lane.until(f"{sid}: the second session is ready", lambda: [times for times in [lane.sql(
        "select extract(epoch from e.timestamp) from bridge.events e join bridge.calls c on c.id = e.call_id "
        f"where c.call_sid = '{sid}' and event_type in ('voice_closed', 'voice_ready') order by e.seq")] if len(times) >= 3])[0]
    ends_well(lane, sid)
    sessions_are_closed(lane, sid)
    lines = [words for speaker, words in lane.lines(sid) if speaker == "assistant"]
    true(lines.count("How can I help?") <= 1, f"{sid}: greeted twice: {lines}")
    return float(times[2][0]) - float(times[1][0])


@fault("voice", "E09: sessions closed with 1002 or 1008 are not tried again, and the caller hears an apology")
def refused_mid_call(lane):
    for code in (1002, 1008):
        sid = talking(lane)
        order(lane, lane.sessions(sid)[0], "close", code=code)
        true("sorry" in apology(lane, sid), f"no apology after {code}")
        equal(lane.row(sid)["end_reason"], "voice_refused", f"end after {code}")
        equal(len(lane.sessions(sid)), 1, f"sessions, after {code}")


@fault("voice", "E10: a session closed with 1009 is resumed")
def too_big_for_them(lane):
    sid = talking(lane)
    order(lane, lane.sessions(sid)[0], "close", code=1009)
    is_resumed(lane, sid)
    closed_because(lane, sid, "too_big")
    ends_well(lane, sid)


@fault("voice", "E12: an agent that owes an answer and keeps silent is nudged after 4 s and replaced after 8 s, and then answers")
def mute(lane):
    sid = talking(lane)
    greeting_is_over(lane, sid)
    order(lane, lane.sessions(sid)[0], "mute")
    heard = heard_ms(lane, sid)
    caller_says(lane, sid)
    lane.until("the nudge", lambda: steps_of_freeze(lane, sid) == ["nudge"], 10)
    lane.until("the caller hears that somebody is there", lambda: lane.events(sid, "one_moment_played"), 5)
    is_resumed(lane, sid)
    agent_is_heard_again(lane, sid, heard + 2500)  # the bridge's own words are shorter
    lane.until("both steps", lambda: steps_of_freeze(lane, sid) == ["nudge", "resume"], 5)
    ends_well(lane, sid)


@fault("voice", "E13: an agent behind a black hole is replaced within 12 s of a question, which the next session hears")
def black_hole(lane):
    sid = talking(lane)
    greeting_is_over(lane, sid)
    lane.fault(lane.voice_leg(lane.sessions(sid)[0]["id"]), "stall", direction="both")
    heard = heard_ms(lane, sid)
    caller_says(lane, sid)
    begun = time.monotonic()
    is_resumed(lane, sid, 20)
    true(time.monotonic() - begun < 15, f"after {time.monotonic() - begun:.1f} s")  # the question takes 3 s of them
    agent_is_heard_again(lane, sid, heard + 1000)
    ends_well(lane, sid)


@fault("voice", "E13: an agent leg that dies unnoticed while nobody speaks is found by unanswered pings in 30 s, and resumed")
def unnoticed(lane):
    sid = talking(lane)
    greeting_is_over(lane, sid)
    lane.fault(lane.voice_leg(lane.sessions(sid)[0]["id"]), "stall", direction="down")
    begun = time.monotonic()
    is_resumed(lane, sid, 40)
    true(20 <= time.monotonic() - begun <= 35, f"after {time.monotonic() - begun:.1f} s")
    ends_well(lane, sid)


@fault("voice", "E14: a message of 10 MiB is refused and costs the session, not the call")
def huge(lane):
    sid = talking(lane)
    order(lane, lane.sessions(sid)[0], "huge", bytes=10 << 20)
    is_resumed(lane, sid)
    closed_because(lane, sid, "too_big")
    ends_well(lane, sid)


@fault("voice", "E20: an agent that does not read what the caller says is replaced after five seconds, and nothing piles up")
def does_not_read(lane):
    sid = talking(lane)
    lane.fault(lane.voice_leg(lane.sessions(sid)[0]["id"]), "stall", direction="up")
    begun = time.monotonic()
    is_resumed(lane, sid)
    true(4 <= time.monotonic() - begun <= 10, f"after {time.monotonic() - begun:.1f} s")
    closed_because(lane, sid, "not_reading")
    ends_well(lane, sid)
    audio = lane.api.get(f"/api/v1/calls/{lane.row(sid)['id']}")["audio"]
    true(audio["caller_frames_dropped"] > 0, f"nothing was dropped: {audio}")
    equal(audio["caller_frames_in"], audio["caller_frames_sent"] + audio["caller_frames_dropped"], "frames")


@fault("voice", "a voice leg in single bytes, late and unevenly, changes nothing about a call")
def trickles(lane):
    sid, = lane.start(script="booking")
    leg = lane.voice_leg(lane.sessions(sid)[0]["id"])
    lane.fault(leg, "slice", direction="up", bytes=1)
    lane.fault(leg, "slice", direction="down", bytes=1400)
    lane.fault(leg, "delay", direction="down", ms=120)
    equal(lane.row(sid, 60)["end_reason"], "agent_hung_up", "end")


@fault("voice", "one flipped bit on the voice leg costs the session, not the call")
def flipped(lane):
    sid = talking(lane)
    leg = lane.voice_leg(lane.sessions(sid)[0]["id"])
    row, = lane.gate.rows(**leg)
    lane.fault(leg, "corrupt", direction="down", offset=row["down"]["taken"] + 200_000, bit=7)  # then it is no UTF-8
    agent_talks_on(lane, sid)
    is_resumed(lane, sid)
    ends_well(lane, sid)


@fault("voice", "E21: a loop that stood still for 200 ms shows in tandem_loop_lag_seconds, and the calls go on", alone=True)
def stalled_loop(lane):
    slower_than_100_ms = 'tandem_loop_lag_seconds_bucket{thread="shard-0",le="+Inf"}', \
        'tandem_loop_lag_seconds_bucket{thread="shard-0",le="0.1"}'
    sid = talking(lane)

    def late():
        return lane.metric(slower_than_100_ms[0]) - lane.metric(slower_than_100_ms[1])

    before = late()
    os.kill(lane.bridge.pid, signal.SIGSTOP)
    time.sleep(0.25)
    os.kill(lane.bridge.pid, signal.SIGCONT)
    lane.until("the lag is seen", lambda: late() > before, 5)
    ends_well(lane, sid)
