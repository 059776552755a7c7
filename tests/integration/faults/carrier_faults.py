"""The carrier's side breaks: gone, stuck, slow, flooding (T13 to T20, T29). All at once on one bridge, so that every
case is also a disturbance of the others."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

from case import fault
from checks import equal, true
from talk import (GONE, agent_is_heard_again, agent_talks_on, ends_well, greeting_is_over, hang_up, heard_ms, sessions_are_closed, talking)


def cause_ms(lane, leg, begins):
    """When the gate noted the first thing about a connection that begins so."""
    row, = lane.gate.rows(**leg)
    return [cause["t_ms"] for cause in row["causes"] if cause["what"].startswith(begins)][0]


@fault("carrier", "T13: a carrier leg that falls silent without FIN is warned about and ends within 30 s, both legs closed")
def half_open(lane):
    sid = talking(lane, stream=GONE)
    greeting_is_over(lane, sid)  # nothing of ours waits at the socket, which would be noticed sooner
    lane.fault(lane.carrier_leg(sid), "stall", direction="both")
    begun = time.monotonic()
    lane.until("the warning", lambda: lane.events(sid, "line_silent"), 12)
    row = lane.row(sid, 45)
    seconds = time.monotonic() - begun
    equal(row["end_reason"], "carrier_lost", "end")
    true(27 <= seconds <= 36, f"it took {seconds:.1f} s")
    sessions_are_closed(lane, sid)
    hang_up(lane, sid)


@fault("carrier", "T16: stop without a close is answered with close 1000 within a second")
def stop_without_close(lane):
    sid = talking(lane)
    send_stop(lane, sid)
    report = lane.until("the close", lambda: [r for r in [lane.report(sid)] if r["streams"][0].get("closed_ms")])[0]
    stream, step = report["streams"][0], report["caller"]["log"][-1]
    took_ms = stream["closed_ms"] - stream["opened_ms"] - step["t_ms"]
    true(0 <= took_ms < 1000, f"closed {took_ms} ms after the stop")
    equal(stream["close_code"], 1000, "close code")
    equal(lane.row(sid)["end_reason"], "caller_hung_up", "end")


def send_stop(lane, sid):
    stop = ('{"event":"stop","sequenceNumber":"{seq}","streamSid":"{streamSid}","stop":{"accountSid":"'
            + lane.credentials["TWILIO_ACCOUNT_SID"] + '","callSid":"{callSid}"}}')
    lane.control.post(f"/calls/{sid}/steps", [{"do": "send", "text": stop}])


@fault("carrier", "T16: after a stop, a peer that does not answer our close is cut off after three seconds")
def stop_without_answer(lane):
    sid = talking(lane, stream=GONE)
    leg = lane.carrier_leg(sid)
    lane.fault(leg, "stall", direction="down")  # our close never arrives; the peer keeps sending until it is cut off
    send_stop(lane, sid)
    cut = lane.until("the bridge cuts it off", lambda: [
        cause["t_ms"] for cause in lane.gate.rows(**leg)[0]["causes"] if "broken by a peer" in cause["what"]], 15)[0]
    took = cut - cause_ms(lane, leg, "stall")
    true(2500 <= took <= 8000, f"cut off after {took} ms")
    hang_up(lane, sid)


@fault("carrier", "T17: twenty media sockets reset at random offsets mid-frame: each call ends carrier_lost, its transcript complete")
def reset_mid_frame(lane):
    numbers = random.Random(17)
    sids = lane.start(count=20, spacing_ms=50, stream=GONE,
                      script=[{"do": "wait_agent"}, {"do": "say", "clip": "book"}])
    offsets = [numbers.randrange(100, 110_000) for _ in sids]
    with ThreadPoolExecutor(20) as pool:
        for problem in pool.map(lambda pair: reset_one(lane, *pair), zip(sids, offsets)):
            true(not problem, problem)


def reset_one(lane, sid, offset):
    lane.fault(lane.carrier_leg(sid), "reset", direction="up", after_bytes=offset)
    row = lane.row(sid, 40)
    equal(row["end_reason"], "carrier_lost", f"end of {sid}, reset after {offset} bytes")
    sessions_are_closed(lane, sid)
    chat, = lane.sessions(sid)
    lines = lane.lines(sid)
    spoken = [words for speaker, words in lines if speaker == "assistant"]
    equal(spoken, [sent["text"] for sent in chat["sent"]][:len(spoken)], f"{sid}: what the agent said")
    true(len(spoken) >= len(chat["sent"]) - 1, f"{sid}: {len(spoken)} lines of {len(chat['sent'])} are written down")
    audio = lane.api.get(f"/api/v1/calls/{row['id']}")["audio"]
    equal(audio["caller_frames_in"], audio["caller_frames_sent"] + audio["caller_frames_dropped"], f"{sid}: frames")
    hang_up(lane, sid)


@fault("carrier", "T17: a close without stop parks the call and ends it carrier_lost when no new stream comes")
def close_without_stop(lane):
    sid = talking(lane, stream=GONE)
    lane.control.post(f"/calls/{sid}/steps", [{"do": "close", "code": 1001}])
    begun = time.monotonic()
    equal(lane.row(sid)["end_reason"], "carrier_lost", "end")
    true(4 <= time.monotonic() - begun <= 9, f"parked for {time.monotonic() - begun:.1f} s")
    equal(len(lane.events(sid, "stream_lost")), 1, "stream_lost events")
    sessions_are_closed(lane, sid)
    hang_up(lane, sid)


@fault("carrier", "T17: a caller whose media socket is reset gets a new one, and the same agent goes on without greeting again")
def new_stream(lane):
    sid = talking(lane)
    lane.fault(lane.carrier_leg(sid), "reset")
    lane.stream(sid, 1)
    lane.until("the stream is resumed", lambda: lane.events(sid, "stream_resumed"))
    agent_talks_on(lane, sid)
    agent_is_heard_again(lane, sid, heard_ms(lane, sid))
    equal(len(lane.sessions(sid)), 1, "sessions")
    ends_well(lane, sid)


@fault("carrier", "T18: a flood of media at a hundred times real time closes that stream with 1008 and slows no other call")
def flood(lane):
    quiet, = lane.call(script=[{"do": "pause", "ms": 4000}, {"do": "hang_up"}])
    before = lane.metric('tandem_carrier_bad_messages_total{why="flood"}')
    other, = lane.start(script=[{"do": "pause", "ms": 4000}, {"do": "hang_up"}])
    lane.stream(other)
    flooded = talking(lane, stream=GONE)
    lane.control.post(f"/calls/{flooded}/steps", [{"do": "flood", "frames": 5000}])
    equal(lane.row(flooded)["end_reason"], "carrier_protocol", "end of the flood")
    equal(lane.report(flooded)["streams"][0]["close_code"], 1008, "close code")
    true(lane.metric('tandem_carrier_bad_messages_total{why="flood"}') > before, "not counted")
    equal(lane.row(other)["end_reason"], "caller_hung_up", "end of the other call")
    usual, disturbed = transit(lane, quiet["sid"]), transit(lane, other)
    true(disturbed <= max(5 * usual, 20_000), f"p95 of the other call's transit: {disturbed} µs, otherwise {usual} µs")
    hang_up(lane, flooded)


def transit(lane, sid):
    call_id = lane.row(sid)["id"]
    return lane.until("latency", lambda: lane.api.get(f"/api/v1/calls/{call_id}/latency")["uplink_transit"])["p95_us"]


@fault("carrier", "T19: a carrier that stops reading for five seconds is held, not flooded, and the agent goes on afterwards")
def stops_reading(lane):
    sid = talking(lane)
    agent_talks_on(lane, sid)
    leg = lane.carrier_leg(sid)
    time.sleep(1)
    lane.fault(leg, "stall", direction="down")
    lane.until("congestion is noticed", lambda: lane.events(sid, "carrier_congested"), 8)
    heard = heard_ms(lane, sid)
    lane.fault(leg, "release", direction="down")
    lane.until("the agent goes on", lambda: heard_ms(lane, sid) > heard + 2000, 8)
    true(lane.report(sid)["streams"][0]["clears"], "what was stale was not cleared")
    ends_well(lane, sid)


@fault("carrier", "T19: a carrier that does not read for ten seconds more ends the call as carrier_stalled")
def never_reads_again(lane):
    sid = talking(lane, stream=GONE)
    agent_talks_on(lane, sid)
    lane.fault(lane.carrier_leg(sid), "stall", direction="down")
    lane.until("congestion is noticed", lambda: lane.events(sid, "carrier_congested"), 10)
    begun = time.monotonic()
    equal(lane.row(sid, 25)["end_reason"], "carrier_stalled", "end")
    true(8 <= time.monotonic() - begun <= 13, f"after {time.monotonic() - begun:.1f} s")
    sessions_are_closed(lane, sid)
    hang_up(lane, sid)


@fault("carrier", "T20: a link to the carrier that is slower than the audio is noticed, and the call lives on when it recovers")
def slow_link(lane):
    sid = talking(lane)
    leg = lane.carrier_leg(sid)
    lane.fault(leg, "delay", direction="up", ms=150)
    lane.fault(leg, "slice", direction="down", bytes=200, pause_ms=100)  # 2 kB/s; the audio has 11
    agent_talks_on(lane, sid)
    lane.until("congestion is noticed", lambda: lane.events(sid, "carrier_congested"), 12)
    lane.fault(leg, "slice", direction="down", bytes=0)
    lane.fault(leg, "delay", direction="up", ms=0)
    heard = heard_ms(lane, sid)
    lane.until("the agent goes on", lambda: heard_ms(lane, sid) > heard + 2000, 12)
    ends_well(lane, sid)


@fault("carrier", "T29: marks that never come back change nothing about a call")
def no_marks(lane):
    report, = lane.call(script="booking", stream={"lose_marks": True})
    equal(report["violations"], [], "what a strict Twilio would refuse")
    row = lane.row(report["sid"])
    equal(row["end_reason"], "agent_hung_up", "end")
    heard = lane.sql(f"select heard_ms is not null from bridge.transcriptions where call_id = '{row['id']}' and speaker = 'assistant'")
    true(heard and all(line == ["t"] for line in heard), f"heard_ms is missing: {heard}")


@fault("carrier", "every byte of both legs in a packet of its own changes nothing about a call")
def byte_by_byte(lane):
    sid, = lane.start(script="booking")
    lane.fault(lane.carrier_leg(sid), "slice", direction="up", bytes=1)
    lane.fault(lane.voice_leg(lane.sessions(sid)[0]["id"]), "slice", direction="up", bytes=7)
    equal(lane.row(sid, 60)["end_reason"], "agent_hung_up", "end")
