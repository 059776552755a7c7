"""What a hostile or broken carrier side can do, on real sockets (faults T01 to T11, T23, T24)."""

from checks import equal, test, true

SPEAK = [{"do": "pause", "ms": 600}]


def ended(world, report, reason, code=None):
    # Twilio may ask what comes next before the bridge has finished its closing handshake; it is then given an
    # address that is refused a moment later. The stream that was closed is the last one that opened.
    stream = [s for s in report["streams"] if s["handshake_status"] == 101][-1]
    equal(world.row(report["sid"])["end_reason"], reason, "end reason")
    if code is not None:
        equal(stream["close_code"], code, "close code")


def survives(world, steps):
    """The call goes on after the steps: the caller is the one who ends it."""
    report, = world.call(script=[*SPEAK, *steps, {"do": "pause", "ms": 400}, {"do": "hang_up"}])
    equal(world.row(report["sid"])["end_reason"], "caller_hung_up", "end reason")
    return report


@test("T01: a few malformed frames are tolerated, five in ten seconds close the stream with 1008")
def malformed(world):
    survives(world, [{"do": "malformed", "count": 4, "every_ms": 20}])
    report, = world.call(script=[*SPEAK, {"do": "malformed", "count": 5, "every_ms": 20}, {"do": "wait_hangup"}])
    ended(world, report, "carrier_protocol", 1008)


@test("T02: unknown events and wrong types change nothing")
def unknown(world):
    survives(world, [{"do": "unknown_event"}, {"do": "payload", "kind": "missing"}, {"do": "payload", "kind": "number"}])


@test("T03: a binary frame closes the stream with 1003")
def binary(world):
    report, = world.call(script=[*SPEAK, {"do": "binary", "bytes": 10}, {"do": "wait_hangup"}])
    ended(world, report, "carrier_protocol", 1003)


@test("T04: frames and fragmented messages beyond 64 KiB close the stream with 1009")
def oversize(world):
    for step in ({"bytes": 70000}, {"bytes": 70000, "fragments": 5}):
        report, = world.call(script=[*SPEAK, {"do": "oversize", **step}, {"do": "wait_hangup"}])
        ended(world, report, "carrier_protocol", 1009)
    report, = world.call(script=[*SPEAK, {"do": "oversize", "bytes": 70000, "top_bit": True}, {"do": "wait_hangup"}])
    ended(world, report, "carrier_protocol")


@test("T05: a stream without start is closed with 1008 after five seconds")
def no_start(world):
    report, = world.call(script=[{"do": "stall", "ms": 7000}, {"do": "wait_hangup"}], stream={"skip_start": True})
    ended(world, report, "no_start", 1008)


@test("T06: media before start closes the stream and none of it reaches the agent")
def media_first(world):
    report, = world.call(script=[{"do": "wait_hangup"}], stream={"media_before_start": True})
    ended(world, report, "carrier_protocol", 1008)
    row = world.row(report["sid"])
    equal(world.api.get(f"/api/v1/calls/{row['id']}")["audio"]["caller_frames_sent"], 0, "frames sent to the agent")


@test("T07: a second start changes nothing, one of another call closes the stream")
def second_start(world):
    survives(world, [{"do": "second_start", "change": "none"}])
    report, = world.call(script=[*SPEAK, {"do": "second_start", "change": "call_sid"}, {"do": "wait_hangup"}])
    ended(world, report, "wrong_call", 1008)


@test("T08: an absent, wrong or bit-flipped signature is refused with 403 before the upgrade")
def signature(world):
    for signature in ("absent", "wrong"):
        report, = world.call(script=[{"do": "wait_hangup"}], stream={"signature": signature})
        equal(report["streams"][0]["handshake_status"], 403, signature)
    # On an address whose nonce is still good: only the signature can be what refuses, as the last line shows.
    sid, = world.start(script=[], stream={"signature": "absent", "fall_through_ms": 30000})
    url = world.until("the refused handshake", lambda: [
        s["url"] for s in world.control.get(f"/calls/{sid}")["streams"] if s["handshake_status"] == 403])[0]
    for bit in range(160):
        answer = world.control.post("/handshake", {"url": url, "signature": "flip", "bit": bit})
        equal(answer["status"], 403, f"bit {bit}")
    equal(world.control.post("/handshake", {"url": url, "signature": "valid"})["status"], 101, "unflipped")
    world.control.post(f"/calls/{sid}/hangup", {})


@test("T08: a stream signed with a trailing slash is accepted")
def slash(world):
    report, = world.call(script=[*SPEAK, {"do": "hang_up"}], stream={"signature": "slash"})
    equal(report["streams"][0]["handshake_status"], 101, "status")


@test("T09: a signed handshake that is replayed is refused with 403")
def replay(world):
    report, = world.call(script=[*SPEAK, {"do": "hang_up"}])
    equal(world.control.post(f"/calls/{report['sid']}/replay", {})["status"], 403, "during the ten minutes it is remembered")


@test("T10: a wrong token closes the stream with 1008 and no caller audio reaches the agent")
def wrong_token(world):
    for stream in ({"corrupt_parameters": True}, {"parameters": {}}):
        report, = world.call(script=[{"do": "wait_hangup"}], stream=stream)
        ended(world, report, "bad_token", 1008)


@test("T11: the token of one call does not open another")
def other_token(world):
    first, = world.call(script=[*SPEAK, {"do": "hang_up"}])
    report, = world.call(script=[{"do": "wait_hangup"}], stream={"parameters_from": first["sid"]})
    ended(world, report, "bad_token", 1008)
    report, = world.call(script=[{"do": "wait_hangup"}], stream={"call_sid": first["sid"]})
    ended(world, report, "wrong_call", 1008)


@test("T23: payloads that are not base64 are concealed and counted")
def not_base64(world):
    series = 'tandem_carrier_bad_messages_total{why="bad_payload"}'
    before = world.metric(series)
    survives(world, [{"do": "payload", "kind": kind} for kind in ("not_base64", "wrong_alphabet", "newline")])
    equal(world.metric(series) - before, 3, "counted payloads")


@test("T24: payloads of 0, 1 and 8000 bytes play, longer ones are rejected")
def sizes(world):
    series = 'tandem_carrier_bad_messages_total{why="payload_size"}'
    before = world.metric(series)
    report = survives(world, [{"do": "payload", "kind": kind} for kind in ("empty", "one", "second", "long")])
    equal(world.metric(series) - before, 1, "rejected payloads")
    audio = world.api.get(f"/api/v1/calls/{world.row(report['sid'])['id']}")["audio"]
    equal(audio["caller_frames_in"], audio["caller_frames_sent"] + audio["caller_frames_dropped"], "frames")
    true(audio["caller_frames_in"] >= 50 + 45, f"the second of audio in one message is missing: {audio}")


@test("another medium than mu-law is refused and the caller gets an apology")
def medium(world):
    report, = world.call(script=[{"do": "wait_hangup"}],
                         stream={"media_format": {"encoding": "audio/l16", "sampleRate": 16000, "channels": 1}})
    ended(world, report, "unsupported_media", 1003)


@test("T17: a caller whose socket breaks gets another stream, and the same agent goes on")
def broken(world):
    before = {chat["id"] for chat in world.chats()}
    report, = world.call(script=[*SPEAK, {"do": "drop"}, {"do": "say", "clip": "book"},
                                 {"do": "wait_agent", "timeout_ms": 8000}, {"do": "hang_up"}])
    equal([stream["handshake_status"] for stream in report["streams"]], [101, 101], "streams")
    true("<Say>" not in report["twiml"][-1]["body"], f"the disclosure again: {report['twiml'][-1]}")
    row = world.row(report["sid"])
    equal(row["end_reason"], "caller_hung_up", "end reason")
    chat, = [c for c in world.chats() if c["id"] not in before]
    equal(row["chat_id"], chat["id"], "the chat")
    lines = world.sql(f"select message from bridge.transcriptions where call_id = '{row['id']}' and speaker = 'user'")
    true(lines, "nothing of what was said on the second stream was heard")
