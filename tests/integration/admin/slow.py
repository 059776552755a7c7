"""Clients that do not read: what becomes of them, and what they cost the calls."""

import os
import statistics
import time
from pathlib import Path

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


def cpu_s(world, thread):
    """Processor time of the bridge's threads whose name begins so."""
    total = 0
    for task in Path(f"/proc/{world.bridge.pid}/task").iterdir():
        if (task / "comm").read_text().startswith(thread):
            total += sum(int(ticks) for ticks in (task / "stat").read_text().rsplit(")", 1)[1].split()[11:13])
    return total / os.sysconf("SC_CLK_TCK")


def compare(stage, calls, stalled, rounds=5):
    """Without and with, by turns; the quietest round of each counts, because whatever else the machine does only adds."""
    found = {0: [], stalled: []}
    for _ in range(rounds):
        for count, rows in found.items():
            before = {thread: cpu_s(stage.world, thread) for thread in ("shard", "control")}
            p99, came = measure(stage, calls, count)
            cpu = {thread: cpu_s(stage.world, thread) - before[thread] for thread in before}
            rows.append({**p99, **cpu})
            print(f"{calls} calls, {count} stalled clients (let in {came} times): transit p99 uplink {p99['uplink']:.0f} us, "
                  f"downlink {p99['downlink']:.0f} us; CPU of the shards {cpu['shard']:.2f} s, of control {cpu['control']:.2f} s", flush=True)
    for what, unit in (("uplink", "us"), ("downlink", "us"), ("shard", "s of CPU"), ("control", "s of CPU")):
        without, with_them = (min(row[what] for row in found[count]) for count in (0, stalled))
        print(f"{what}: {without:.2f} {unit} without, {with_them:.2f} with {stalled} stalled clients, ratio {with_them / without:.2f}")
    for what in ("record", "sound", "message", "audio"):
        print(f"dropped for clients: {what} {dropped(stage, what):.0f}")
