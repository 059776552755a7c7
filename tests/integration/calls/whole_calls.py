"""A call from ringing to verdict, seen from both ends and from the database."""

from checks import equal, test, true
from sound import PhoneSource, follow, read_wav

BOOKING = ["Hi, I'd like to book a check-up for Thursday.", "Twenty past ten, please.", "Thanks, goodbye."]


def heard_segments(world, report):
    """What the caller heard, one list of samples for every unbroken piece of playing."""
    rate, recording = read_wav(world.fetch(f"/calls/{report['sid']}/recording.wav"))
    equal(rate, 8000, "recording rate")
    return [recording[s["start_ms"] * 8:s["end_ms"] * 8] for stream in report["streams"] for s in stream["segments"]]


def check_sound(world, report, chat):
    """Every piece that was heard is the agent's speech, whole, in order: nothing missing before, between or after."""
    source = PhoneSource(*read_wav(world.fetch(f"/evi/chats/{chat['id']}/sent.wav")))
    position = 0
    for number, heard in enumerate(heard_segments(world, report)):
        fit, position = follow(heard, source, position)
        true(fit >= 0.95, f"piece {number}: correlation {fit:.3f}")
    missing = (source.length - position) / source.step / 8
    true(missing <= 5, f"the tail is missing: {missing:.1f} ms")


def check_account(world, call_id, report):
    """in = sent + dropped, and what the agent made is what the carrier got."""
    audio = world.api.get(f"/api/v1/calls/{call_id}")["audio"]
    stream = report["streams"][-1]
    equal(audio["caller_frames_in"], audio["caller_frames_sent"] + audio["caller_frames_dropped"], "caller frames")
    true(stream["frames_sent"] - audio["caller_frames_in"] in (0, 1), f"{stream['frames_sent']} frames sent by the carrier, {audio}")
    equal(audio["agent_ms_received"], audio["agent_ms_sent"] + audio["agent_ms_cut"], "agent milliseconds")
    return audio


def check_record(world, row):
    lines = world.sql(f"select seq, speaker, message, heard_ms is not null from bridge.transcriptions where call_id = '{row['id']}' order by seq")
    equal([int(line[0]) for line in lines], list(range(len(lines))), "transcript numbers")
    equal([line[2] for line in lines if line[1] == "user"], BOOKING, "what the caller said")
    true(all(line[3] == "t" for line in lines if line[1] == "assistant"), f"heard_ms is missing: {lines}")
    events = world.sql(f"select seq from bridge.events where call_id = '{row['id']}' order by seq")
    equal([int(e[0]) for e in events], list(range(len(events))), "event numbers")


def check_verdict(world, row):
    verdict = world.until("a verdict", lambda: world.sql(
        f"select state, outcome, booking_detected, booking_indicators::text from bridge.booking_analysis where call_id = '{row['id']}' and state = 'done'"))
    equal(verdict[0][:3], ["done", "booked", "t"], "verdict")
    true("book" in verdict[0][3] and "quote" in verdict[0][3], f"no evidence: {verdict}")


@test("one call goes from the signed webhook to a verdict with evidence, and every frame is accounted for")
def one_call(world):
    before = {chat["id"] for chat in world.chats()}
    report, = world.call(script="booking")
    equal(report["violations"], [], "what a strict Twilio would refuse")
    row = world.row(report["sid"])
    equal([row["end_reason"], row["direction"], row["provider"]], ["agent_hung_up", "inbound", "hume"], "row")
    equal(report["ended_by"], "rest", "who ended the call")
    world.until("Twilio's status", lambda: world.row(report["sid"])["status"] == "completed")
    chat, = [c for c in world.chats() if c["id"] not in before]
    equal(chat["violations"], [], "what a strict EVI would refuse")
    equal(row["chat_id"], chat["id"], "chat id")
    audio = check_account(world, row["id"], report)
    equal(audio["agent_ms_cut"], 0, "agent audio cut")
    check_record(world, row)
    check_verdict(world, row)
    check_sound(world, report, chat)


@test("the greeting is heard at once when the stream starts")
def greeting(world):
    report, = world.call(script=[{"do": "wait_agent"}, {"do": "hang_up"}])
    stream = report["streams"][0]
    true(stream["segments"], "nothing was heard")
    true(stream["segments"][0]["start_ms"] <= 100, f"the first sound came {stream['segments'][0]['start_ms']} ms after start")


@test("no caller audio reaches the agent before the disclosure was spoken")
def disclosure(world):
    before = {chat["id"] for chat in world.chats()}
    report, = world.call(script=[{"do": "say", "clip": "book"}, {"do": "pause", "ms": 500}, {"do": "hang_up"}])
    said = [e for e in report["events"] if e.get("what") == "verb" and e["name"] == "Say"]
    opened = [e for e in report["events"] if e.get("what") == "stream_opened"]
    true(said and "automated assistant" in said[0]["text"], f"the carrier spoke no disclosure: {report['events'][:4]}")
    true(opened and opened[0]["t_ms"] - said[0]["t_ms"] >= 200, f"the stream began before it was spoken: {report['events'][:4]}")
    chat, = [c for c in world.chats() if c["id"] not in before]
    _, received = read_wav(world.fetch(f"/evi/chats/{chat['id']}/received.wav"))
    true(max(map(abs, received), default=0) > 1000, "the caller's words did not reach the agent at all")


@test("ten calls at once are carried like one, and none hears another")
def ten_calls(world):
    before = {chat["id"] for chat in world.chats()}
    reports = world.call(count=10, script="booking")
    chats = {c["id"]: c for c in world.chats() if c["id"] not in before}
    equal(len(chats), 10, "chats")
    for report in reports:
        equal(report["violations"], [], "what a strict Twilio would refuse")
        row = world.row(report["sid"])
        equal(row["end_reason"], "agent_hung_up", "end")
        check_account(world, row["id"], report)
        check_record(world, row)
        check_verdict(world, row)
    for report in reports[:2]:
        check_sound(world, report, chats[world.row(report["sid"])["chat_id"]])


@test("a caller who rings off is written down as that, and the agent's session is closed")
def caller_hangs_up(world):
    before = {chat["id"] for chat in world.chats()}
    report, = world.call(script=[{"do": "pause", "ms": 1500}, {"do": "hang_up"}])
    equal(world.row(report["sid"])["end_reason"], "caller_hung_up", "end")
    chat, = [c for c in world.chats() if c["id"] not in before]
    world.until("the agent's session is closed", lambda: [c for c in world.chats() if c["id"] == chat["id"]][0]["done"])


@test("a call that books nothing is judged not booked")
def not_booked(world):
    report, = world.call(script="not_booked")
    row = world.row(report["sid"])
    verdict = world.until("a verdict", lambda: world.sql(
        f"select outcome from bridge.booking_analysis where call_id = '{row['id']}' and state = 'done'"))
    equal(verdict, [["not_booked"]], "verdict")


@test("a caller who cuts in silences the agent, and the rest is kept as unheard")
def interrupt(world):
    report, = world.call(script="interrupt")
    equal(report["violations"], [], "what a strict Twilio would refuse")
    row = world.row(report["sid"])
    true(any(stream["clears"] for stream in report["streams"]), "the carrier's queue was never cleared")
    cut = world.sql(f"select message from bridge.transcriptions where call_id = '{row['id']}' and heard_ratio < 0.98")
    true(cut, "no line is marked as cut off")


@test("the agent that cannot be reached leaves the caller an apology, not silence")
def no_agent(world):
    world.control.post("/evi/next", {"count": 4, "faults": {"upgrade": 503}})
    report, = world.call(script=[{"do": "wait_hangup", "timeout_ms": 20000}])
    world.control.post("/evi/next", {"count": 0})
    equal(world.row(report["sid"])["end_reason"], "voice_unavailable", "end")
    true("sorry" in str(report["twiml"][-1]), f"no apology: {report['twiml'][-1]}")
