"""What a watcher sees and hears of a call, and what an operator does to it."""

import datetime
import statistics
import time
from array import array

from checks import equal, test, true
from sound import read_wav

PERSON = "+14155550142"
TALK = [{"do": "wait_agent"}, {"do": "say", "clip": "book"}, {"do": "wait_agent"}, {"do": "pause", "ms": 60000}]


def linear(ulaw):
    """G.711, written a second time."""
    def one(byte):
        byte ^= 0xFF
        size = (((byte & 0x0F) << 3) + 0x84 << ((byte & 0x70) >> 4)) - 0x84
        return -size if byte & 0x80 else size
    table = [one(byte) for byte in range(256)]
    return [table[byte] for byte in ulaw]


def find(needle, samples, begin):
    """Where these samples are, from sample `begin` on; None when they are not."""
    wanted, line = array("h", needle).tobytes(), samples.tobytes()
    at = line.find(wanted, begin * 2)
    while at > 0 and at % 2 == 1:
        at = line.find(wanted, at + 1)
    return None if at < 0 else at // 2


def pieces(sounds, track):
    """What was heard of one track: (offset_ms, bytes). A piece that begins before the end of an earlier one replaces the rest."""
    found = []
    for sound in sounds:
        if sound.track != track:
            continue
        if found and track == 1:
            offset, ulaw = found[-1]
            found[-1] = (offset, ulaw[:max(0, sound.offset_ms - offset) * 8])
        found.append((sound.offset_ms, sound.ulaw))
    return found


def check_track(stage, sid, sounds, track, wav):
    """Every frame of sound is on the wire, each after the one before, and near its place."""
    _, samples = read_wav(stage.world.fetch(f"/calls/{sid}/{wav}.wav"))
    position, loud, shifts = 0, 0, []
    for offset, ulaw in pieces(sounds, track):
        for begin in range(0, len(ulaw), 160):
            frame = linear(ulaw[begin:begin + 160])
            if all(abs(sample) < 50 for sample in frame):
                continue  # silence is everywhere
            at = find(frame, samples, position)
            true(at is not None, f"{len(frame) // 8} ms of track {track} at {offset + begin // 8} ms are not what went over the wire")
            position, loud = at + len(frame), loud + len(frame)
            shifts.append(abs((at - begin) / 8 - offset))
    true(loud > 8 * 500, f"track {track}: only {loud / 8} ms are not silent")
    true(statistics.median(shifts) < 500, f"track {track} is {statistics.median(shifts)} ms from its place")


def delays_ms(sounds, track, answered_at, offset_to_wall):
    return [(sound.at + offset_to_wall - answered_at) * 1000 - sound.offset_ms for sound in sounds if sound.track == track]


@test("a call is told from its first moment to its last: states, lines as they are said and heard, turns, figures")
def deltas(stage):
    watcher, viewer = stage.watch(), stage.watch("viewer")
    sid, call_id = stage.talking(watcher, TALK)
    for client in (watcher, viewer):
        call = client.wait_for("call_started", call_id)["call"]
        equal([call["state"], call["direction"], call["phone_number"], call["lines"]], ["announced", "inbound", "+14155550123", []],
              "the call as it began")
    watcher.wait("the caller's line", lambda m: m["type"] == "transcript" and m["call_id"] == call_id
                 and m["line"]["speaker"] == "user" and "book" in m["line"]["text"], 20)
    answer = watcher.wait("a turn", lambda m: m["type"] == "turn_completed" and m["call_id"] == call_id)["turn"]
    equal(sum(stage_["us"] for stage_ in answer["stages"]) + answer["unexplained_us"], answer["gap_us"], "stages and gap")
    said = watcher.wait("an answer", lambda m: m["type"] == "transcript" and m["call_id"] == call_id and
                        "Thursday" in m["line"]["text"] and m["line"]["speaker"] == "assistant")["line"]
    equal(said["heard_ms"], None, "nothing of it was heard yet")
    heard = watcher.wait("how much was heard", lambda m: m["type"] == "transcript" and m["call_id"] == call_id and
                         m["line"]["seq"] == said["seq"] and m["line"]["heard_ms"] is not None, 15)["line"]
    equal([heard["text"], heard["heard_ms"] == heard["audio_ms"]], [said["text"], True], "the same line, all of it heard")
    stats = watcher.wait("figures", lambda m: m["type"] == "frame_stats" and m["call_id"] == call_id and
                         m["stats"]["agent_dbfs"] > -60)["stats"]
    equal(stats["caller_frames_in"], stats["caller_frames_sent"] + stats["caller_frames_dropped"], "frames")
    late = stage.watch()
    call, = [each for each in late.of("snapshot")[0]["calls"] if each["call_id"] == call_id]
    true(len(call["lines"]) >= 3 and call["turns"] and call["state"] == "talking", f"who comes late sees all: {call}")
    stage.hang_up(sid)
    for client in (watcher, viewer, late):
        ended = client.wait_for("call_ended", call_id)
        equal([ended["end_reason"], ended["duration_ms"] > 3000], ["caller_hung_up", True], "the end")
    verdict = viewer.wait_for("call_analyzed", call_id, patience_s=20)
    true(verdict["label"] in ("booked", "not_booked", "unclear", "needs_review"), f"{verdict}")
    lines = stage.world.until("the record", lambda: stage.world.sql(
        f"select seq, message, heard_ms from bridge.transcriptions where call_id = '{call_id}' order by seq"))
    told = {m["line"]["seq"]: m["line"] for m in watcher.of("transcript", call_id)}
    equal([[seq, told[int(seq)]["text"], "" if told[int(seq)]["heard_ms"] is None else str(told[int(seq)]["heard_ms"])]
           for seq, _, _ in lines], lines, "told and recorded")


@test("who listens hears both tracks, sample for sample what goes over the wires, a moment later")
def listening(stage):
    watcher = stage.watch()
    sid, call_id = stage.talking(watcher, TALK)
    call = watcher.wait_for("call_started", call_id)["call"]
    equal(watcher.ask("listen", call_id=call_id, on=True)["type"], "ack", "listen")
    watcher.wait_for("operator_action", call_id, action="listen_on", by="local")
    watcher.wait("the answer of the agent", lambda m: m["type"] == "transcript" and m["call_id"] == call_id and
                 m["line"]["heard_ms"] and "Thursday" in m["line"]["text"], 20)
    equal(watcher.ask("listen", call_id=call_id, on=False)["type"], "ack", "no more")
    watcher.wait_for("operator_action", call_id, action="listen_off", by="local")
    late = stage.watch()
    call, = [each for each in late.of("snapshot")[0]["calls"] if each["call_id"] == call_id]
    answered = datetime.datetime.fromisoformat(call["answered_at"].replace("Z", "+00:00")).timestamp()
    sounds = list(watcher.sounds)
    time.sleep(0.5)  # the agent's track runs ahead of what is heard
    stage.hang_up(sid)
    watcher.wait_for("call_ended", call_id)
    equal(len(watcher.sounds), len(sounds), "nothing is heard after that")
    equal({(sound.version, sound.handle) for sound in sounds}, {(1, call["handle"])}, "headers")
    check_track(stage, sid, sounds, 0, "caller")
    check_track(stage, sid, sounds, 1, "recording")
    for track in (0, 1):
        delay = statistics.median(delays_ms(sounds, track, answered, time.time() - time.monotonic()))
        print(f"# track {track}: heard {delay:.0f} ms after its place in the call (median of {len(sounds)} messages)")
        true(delay < 300, f"track {track} is {delay:.0f} ms late")
    entries = stage.world.sql(f"select action from bridge.audit_log where subject = '{call_id}' and actor = 'local' order by id")
    equal([row[0] for row in entries], ["admin.v1 listen on", "admin.v1 listen off"], "the audit log")


@test("say, context, pause, resume, transfer and hang-up have their effect, and everybody is told who did it")
def commands(stage):
    operator, viewer = stage.watch("operator", "ada"), stage.watch("viewer")
    sid, call_id = stage.talking(operator)
    effects = [("say", {"text": "A person is listening."}, "say", "assistant_input"),
               ("context", {"text": "This caller is a regular."}, "context", "session_settings"),
               ("pause_agent", {}, "pause", "pause_assistant_message"), ("resume_agent", {}, "resume", "resume_assistant_message")]
    for command, members, action, kind in effects:
        before = stage.chat_of(call_id)["messages"].get(kind, 0)
        equal(operator.ask(command, call_id=call_id, **members)["type"], "ack", command)
        viewer.wait_for("operator_action", call_id, action=action, by="token:ada")
        stage.world.until(f"the agent gets {kind}", lambda: stage.chat_of(call_id)["messages"].get(kind, 0) > before)
    operator.wait("the words in the transcript", lambda m: m["type"] == "transcript" and m["line"]["text"] == "A person is listening.")
    equal(operator.ask("hangup", call_id=call_id)["type"], "ack", "hangup")
    equal(viewer.wait_for("call_ended", call_id, patience_s=15)["end_reason"], "operator_hung_up", "the end")
    equal(stage.world.control.get(f"/calls/{sid}/wait?seconds=20", timeout_s=30)["ended_by"], "rest", "who ended it")

    sid, call_id = stage.talking(operator)
    equal(operator.ask("transfer", call_id=call_id, to=PERSON, note="Wants a person.")["type"], "ack", "transfer")
    equal(viewer.wait_for("call_ended", call_id, patience_s=15)["end_reason"], "transferred", "the end")
    report = stage.world.control.get(f"/calls/{sid}/wait?seconds=30", timeout_s=40)
    true(any("Dial" in str(document) and PERSON in str(document) for document in report["twiml"]), f"{report['twiml']}")
    done = stage.world.sql(f"select action from bridge.audit_log where actor = 'token:ada' and subject = '{call_id}'")
    equal(done, [["admin.v1 transfer"]], "the audit log")


@test("a subscription names some calls, and ends; a call that is over takes no commands")
def subscriptions(stage):
    watcher, picky = stage.watch(), stage.open()
    (sid, call_id), (other_sid, other) = stage.talking(watcher), stage.talking(watcher)
    equal(picky.ask("subscribe", calls=[call_id])["type"], "ack", "subscribe")
    snapshot = picky.wait_for("snapshot")
    equal([call["call_id"] for call in snapshot["calls"]], [call_id], "the snapshot")
    picky.wait_for("frame_stats", call_id)
    equal(picky.ask("unsubscribe", calls=[call_id])["type"], "ack", "unsubscribe")
    count = len(picky.of("frame_stats"))
    for each in (sid, other_sid):
        stage.hang_up(each)
    for each in (call_id, other):
        watcher.wait_for("call_ended", each)
    equal(picky.of("frame_stats", other) + picky.of("call_ended"), [], "nothing of other calls, nothing after the end of it")
    true(len(picky.of("frame_stats")) <= count + 1, "figures go on")
    equal(picky.ask("hangup", call_id=call_id)["code"], "call_over", "hang-up of a call that is over")
    equal(picky.ask("listen", call_id=call_id, on=True)["code"], "no_such_call", "listening to it")
    nobody = "00000000-0000-4000-8000-ffffffffffff"
    equal(picky.ask("hangup", call_id=nobody)["code"], "no_such_call", "hang-up of a call that never was")
