"""Clients that do not read: what becomes of them, and what they cost the calls."""

import statistics
import time

from checks import equal, test, true
from client import Stalled

TALK = [{"do": "wait_agent"}, {"do": "say", "clip": "book"}, {"do": "wait_agent"}, {"do": "pause", "ms": 9000}, {"do": "hang_up"}]


@test("A01: who reads too slowly loses changes and gets a fresh snapshot that says so; who listens and never reads is closed")
def slow(stage):
    watcher = stage.watch("operator")
    sid, call_id = stage.talking(watcher)
    for number in range(4):
        watcher.ask("say", call_id=call_id, text=f"{number} " + "word " * 390)
        watcher.wait("a long line", lambda m, number=number: m["type"] == "transcript" and m["line"]["text"].startswith(f"{number} word"))
    late = stage.open("operator", reads=False)
    stage.world.until("changes are dropped", lambda: ask_again(stage, late, "message"))
    late.start_reading()
    late.wait("a snapshot that tells of the loss", lambda m: m["type"] == "snapshot" and m.get("dropped", 0) > 0)
    number = len(late.messages)
    late.wait("figures", lambda m: m["type"] == "frame_stats" and m["call_id"] == call_id, since=number)
    deaf = stage.open("operator", reads=False)
    deaf.send({"type": "listen", "call_id": call_id, "on": True})
    stage.world.until("sound is dropped", lambda: ask_again(stage, deaf, "audio"))
    time.sleep(6.5)  # closed after five seconds, cut off after three more
    deaf.start_reading()
    equal(deaf.wait_end(), 1013, "the code")
    equal(late.ask("unsubscribe", calls="all")["type"], "ack", "who caught up stays")
    stage.hang_up(sid)
    watcher.wait_for("call_ended", call_id)
    report = stage.world.control.get(f"/calls/{sid}/wait?seconds=20", timeout_s=30)
    equal(report["violations"], [], "the call did not notice")


def ask_again(stage, client, what):
    """Each subscription is answered with a snapshot; whether something of this kind was too much."""
    client.send({"type": "subscribe", "calls": "all"})
    return dropped(stage, what) > 0


def dropped(stage, what):
    return stage.world.metric(f'tandem_admin_dropped_total{{what="{what}"}}')


def measure(stage, calls, stalled):
    """Transit p99 of so many calls, in microseconds, up and down; with or without clients that never read."""
    world = stage.world
    watcher = stage.watch()
    begun = [m["call_id"] for m in watcher.of("call_started")]
    sids = world.start(calls, script=TALK)
    world.until("all calls talk", lambda: len({m["call_id"] for m in watcher.of("state_changed") if m["state"] == "talking"}) >= calls, 30)
    ids = [m["call_id"] for m in watcher.of("call_started") if m["call_id"] not in begun]
    clients = [Stalled(world, stage.ticket, [ids[number % len(ids)]]) for number in range(stalled)]
    reports = [world.control.get(f"/calls/{sid}/wait?seconds=60", timeout_s=70) for sid in sids]
    came = sum(client.came for client in clients)
    for client in clients:
        client.stop()
    for report in reports:
        equal(report["violations"], [], "the carrier's view")
        check_frames(world, report)
    rows = [world.api.get(f"/api/v1/calls/{call_id}/latency") for call_id in ids]
    watcher.close()
    p99 = {way: statistics.median(row[f"{way}_transit"]["p99_us"] for row in rows) for way in ("uplink", "downlink")}
    return p99, came


def check_frames(world, report):
    row = world.row(report["sid"])
    audio = world.until("the totals", lambda: world.api.get(f"/api/v1/calls/{row['id']}")["audio"])
    equal(audio["caller_frames_dropped"], 0, "frames dropped")
    true(report["streams"][-1]["frames_sent"] - audio["caller_frames_in"] in (0, 1), f"frames: {audio}")
    equal(audio["agent_ms_received"], audio["agent_ms_sent"] + audio["agent_ms_cut"], "agent audio")


def compare(stage, calls, stalled, rounds=4):
    """Without and with, by turns, so that a busy machine disturbs both."""
    found = {0: [], stalled: []}
    for _ in range(rounds):
        for count in found:
            p99, came = measure(stage, calls, count)
            found[count].append(p99)
            print(f"{calls} calls, {count} stalled clients (let in {came} times): transit p99 "
                  f"uplink {p99['uplink']} us, downlink {p99['downlink']} us", flush=True)
    for way in ("uplink", "downlink"):
        without, with_them = (statistics.median(each[way] for each in found[count]) for count in (0, stalled))
        print(f"{way}: p99 {without:.0f} us without, {with_them:.0f} us with {stalled} stalled clients, ratio {with_them / without:.2f}")
    for what in ("record", "sound", "message", "audio"):
        print(f"dropped for clients: {what} {dropped(stage, what):.0f}")
