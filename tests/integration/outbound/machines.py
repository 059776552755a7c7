"""Machines that answer, on a bridge that leaves them a message."""

import json

from checks import equal, test, true

MESSAGE = "This is the Example Diner. Your table is free. To hear no more of us, call this number."
SETTINGS = {"ANSWERING_MACHINE": "leave_message", "MACHINE_MESSAGE": MESSAGE}
SILENT = [{"do": "pause", "ms": 60000}]
GREETING_MS = 2500


def events(world, call_id, kind):
    return [json.loads(data) for data, in world.sql(
        f"select event_data::text from bridge.events where call_id = '{call_id}' and event_type = '{kind}' order by seq")]


@test("O06: a machine is heard out, hears the whole message, once, and then the line ends; the record says so")
def leaves_message(world):
    number = world.callee(answered_by="machine_end_beep", amd_ms=GREETING_MS, script=SILENT)
    call_id = world.place(number)
    row = world.over(call_id)
    equal([row["status"], row["end_reason"], row["answered_by"]], ["completed", "answered_by_machine", "machine"], "row")
    create, = world.creates(number)
    equal(create["params"]["MachineDetection"], "DetectMessageEnd", "asked of the carrier")
    equal(events(world, call_id, "answered_by"), [{"by": "machine", "then": "leave_message"}], "verdicts in the record")
    (seq, offset, audio, heard), = world.sql(
        f"select seq, offset_ms, audio_ms, heard_ms from bridge.transcriptions where call_id = '{call_id}' "
        f"and speaker = 'assistant' and message = '{MESSAGE}'")
    true(int(offset) >= GREETING_MS - 500, f"it began at {offset} ms, into the greeting")
    true(int(audio) > 1000 and audio == heard, f"{heard} of {audio} ms were heard")
    later = world.sql(f"select seq, speaker, message from bridge.transcriptions where call_id = '{call_id}' and seq > {seq}")
    equal(later, [], "said after it")
    report = world.control.get(f"/calls/{row['call_sid']}")
    equal(report["violations"], [], "what a strict carrier would refuse")
    true(report["streams"][0]["agent_ms_received"] >= int(audio), f"the carrier played less: {report['streams'][0]}")


@test("O06: the same bridge talks with a person, and says nothing to a fax")
def others(world):
    person = world.place(world.callee(answered_by="human", amd_ms=800, script=[{"do": "wait_agent"}, {"do": "hang_up"}]))
    fax = world.place(world.callee(answered_by="fax", amd_ms=800, script=SILENT))
    equal([world.over(person)["end_reason"], world.over(fax)["end_reason"]], ["caller_hung_up", "answered_by_machine"], "ends")
    equal([events(world, call_id, "answered_by") for call_id in (person, fax)],
          [[{"by": "human", "then": "talk"}], [{"by": "fax", "then": "hang_up"}]], "verdicts")
    said = world.sql(f"select call_id from bridge.transcriptions where message = '{MESSAGE}' and call_id in ('{person}', '{fax}')")
    equal(said, [], "the message")
