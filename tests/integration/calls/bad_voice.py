"""What a broken voice provider can do, on real sockets (faults E16 and E17)."""

from checks import equal, test, true

LISTEN = [{"do": "wait_agent", "timeout_ms": 6000}, {"do": "hang_up"}]


def call_with(world, **settings):
    world.control.post("/evi/next", {"count": 1, **settings})
    report, = world.call(script=LISTEN)
    row = world.row(report["sid"])
    return report, row


@test("E16: WAV chunks that lie, end early or carry more than sound are played as far as they are sound")
def odd_wav(world):
    for kind in ("lying_length", "odd_bytes", "extra_chunk", "size_ffffffff", "extensible", "stereo"):
        report, row = call_with(world, faults={"wav": kind})
        true(report["streams"][0]["agent_ms_received"] > 2000, f"{kind}: {report['streams'][0]['agent_ms_received']} ms heard")
        equal(row["end_reason"], "caller_hung_up", kind)


@test("E16: a chunk that is no WAV is skipped and the others play")
def bad_wav(world):
    for kind in ("no_data", "zero_hz", "bits_32", "empty"):
        report, row = call_with(world, faults={"wav": kind, "wav_chunk": 0})
        true(report["streams"][0]["agent_ms_received"] > 500, f"{kind}: {report['streams'][0]['agent_ms_received']} ms heard")
        defects = world.sql(f"select event_data->>'why' from bridge.events where call_id = '{row['id']}' and event_type = 'voice_defect'")
        true(defects, f"{kind}: nothing was written down")
        equal(row["end_reason"], "caller_hung_up", kind)


@test("E17: base64 that is none is skipped and the session goes on")
def bad_base64(world):
    report, row = call_with(world, faults={"base64": "invalid", "base64_chunk": 0})
    true(report["streams"][0]["agent_ms_received"] > 500, "nothing else was heard")
    equal(row["end_reason"], "caller_hung_up", "end")


@test("E17: a text frame that is not UTF-8 costs the session, not the call")
def bad_utf8(world):
    world.control.post("/evi/next", {"count": 1, "faults": {"invalid_utf8": True}})
    report, = world.call(script=[{"do": "pause", "ms": 1500}, {"do": "say", "clip": "book"},
                                 {"do": "wait_agent", "timeout_ms": 8000}, {"do": "hang_up"}])
    row = world.row(report["sid"])
    equal(row["end_reason"], "caller_hung_up", "end")
    ready = world.sql(f"select count(*) from bridge.events where call_id = '{row['id']}' and event_type = 'voice_ready'")
    equal(ready, [["2"]], "sessions that became ready")
    true(report["streams"][0]["agent_ms_received"] > 1000, "the agent did not answer in its second session")


@test("agent audio of every rate arrives at its right length")
def rates(world):
    for rate in (8000, 16000, 24000, 44100, 48000):
        report, row = call_with(world, rate=rate)
        audio = world.api.get(f"/api/v1/calls/{row['id']}")["audio"]
        true(3300 <= audio["agent_ms_received"] <= 3500, f"{rate} Hz: {audio}")
        equal(audio["agent_ms_received"], audio["agent_ms_sent"] + audio["agent_ms_cut"], f"{rate} Hz")
