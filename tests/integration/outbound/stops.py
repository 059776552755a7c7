"""Opt-outs and the red stop while it rings, two bridges, and calls that nobody placed."""

import time

from checks import equal, test, true
from processes import free_port


@test("O05: whoever enters the list is not rung on, and whoever talks hears goodbye")
def opt_outs(world):
    ringing, talking = world.callee(ring_ms=25000), world.callee(script=[{"do": "listen", "ms": 30000}])
    calls = [world.place(number) for number in (ringing, talking)]
    world.until("one rings", lambda: [each for each in world.rung(ringing) if each["status"] == "ringing"])
    world.until("one talks", lambda: world.sql(f"select 1 from bridge.events where call_id = '{calls[1]}'"))
    begun = time.monotonic()
    for number in (ringing, talking):
        equal(world.tandem("dnc", "add", number)[0], 0, "dnc add")
    world.until("it stopped ringing", lambda: [each for each in world.rung(ringing) if each["status"] == "canceled"])
    took = time.monotonic() - begun
    true(took < 4, f"it rang on for {took:.1f} s")
    rows = [world.over(call_id) for call_id in calls]
    equal([row["end_reason"] for row in rows], ["not_answered", "opted_out"], "ends")


@test("O08: the red stop ends what rings and refuses what is queued, within two seconds, and can be taken back")
def red_stop(world):
    ringing = world.callee(ring_ms=25000)
    call_id = world.place(ringing)
    world.until("it rings", lambda: [each for each in world.rung(ringing) if each["status"] == "ringing"])
    equal(world.tandem("call", "--stop", "runaway")[0], 0, "stop")
    begun = time.monotonic()
    world.until("it stopped ringing", lambda: [each for each in world.rung(ringing) if each["status"] == "canceled"])
    took = time.monotonic() - begun
    true(took < 3, f"it rang on for {took:.1f} s")
    status, _, answer = world.ask("/api/v1/calls", {"to": world.callee(), "purpose": "informational"})
    equal([status, [each["code"] for each in answer["refusals"]]], [422, ["dialling_stopped"]], "while stopped")
    world.over(call_id)
    equal(world.tandem("call", "--resume")[0], 0, "resume")
    world.over(world.place(world.callee(outcome="busy")))


@test("O02: two bridges on one database place each call once, and either answers for the other")
def two_nodes(world):
    first = world.bridge, world.port, world.bridge_log
    world.port = free_port()
    world.start_bridge(SPOOL_DIR=str(world.folder / "spool-2"))
    second = world.bridge
    try:
        numbers = [world.callee(ring_ms=600, hangup_after_ms=1500) for _ in range(8)]
        calls = [world.place(number) for number in numbers]
        rows = [world.over(call_id) for call_id in calls]
        equal([row["status"] for row in rows], ["completed"] * 8, "all were answered")
        equal([len(world.rung(number)) for number in numbers], [1] * 8, "calls of each")
        placed_by = [log.read_text().count('"event":"call_placing"') for log in (first[2], world.bridge_log)]
        true(all(placed_by), f"one bridge placed all of them: {placed_by}")
    finally:
        second.stop()
        world.bridge, world.port, world.bridge_log = first


@test("a bridge that is told to stop while a call of its own rings carries that call before it goes")
def draining(world):
    number = world.callee(ring_ms=2500, hangup_after_ms=1500)
    call_id = world.place(number)
    world.until("it rings", lambda: [each for each in world.rung(number) if each["status"] == "ringing"])
    world.bridge.stop()
    report, = world.rung(number)
    world.start_bridge()
    equal([report["status"], len(world.control.get(f"/calls/{report['sid']}")["streams"])], ["completed", 1], "what the callee had")
    equal(world.over(call_id)["end_reason"], "caller_hung_up", "end")


@test("T27: a call with an intent that nobody knows is hung up after a moment, with an alarm")
def unknown_intent(world):
    sid, = world.start(voice_url="https://tandem.test/twilio/voice?intent=00000000-0000-4000-8000-00000000dead")
    report = world.control.get(f"/calls/{sid}/wait?seconds=30", timeout_s=40)
    equal([report["ended_by"], len(report["streams"])], ["bridge", 0], "end")
    true("unknown_call" in world.bridge_log.read_text(), "no alarm")
