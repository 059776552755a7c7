"""Two bridges, one database, calls of stand-ins; prints ok / not ok lines and the closing line."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "calls"), str(HERE)]

from checks import TESTS, equal, test, true  # noqa: E402
from world import BUILD, ROOT, World  # noqa: E402  (makes deploy/lib known)
from api import Client  # noqa: E402
from processes import Program, free_port  # noqa: E402
from results import Results  # noqa: E402
from sound import read_wav  # noqa: E402
import wires  # noqa: E402

CALLS = 6
# One question and one answer: the caller speaks first, so nobody waits for a greeting.
SCRIPT = {"caller": [{"do": "pause", "ms": 300}, {"do": "say", "clip": "book"}, {"do": "wait_agent"}, {"do": "hang_up"}]}
# Both see the same sounds; the bridge knows the caller's end to a frame on its own clock, the carrier plays by frames.
NEAR_MS = 2 * wires.FRAME_MS
LEAD_MS = 320


class Node:
    """A second bridge on the same database."""

    def __init__(self, world):
        self.port = free_port()
        self.api = Client("the second bridge", f"http://127.0.0.1:{self.port}")
        environment = {**world.environment, "PORT": str(self.port), "SPOOL_DIR": str(world.folder / "spool-b")}
        self.program = Program("tandem", [BUILD / "tandem", "serve"], environment, world.folder / "node-b.log")
        world.until("the second bridge is ready", lambda: self.api.status("/readyz") == 200)


def ask(url, body=None):
    """Status and document, whatever they are."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method="POST" if data else "GET")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def settings_of(api):
    return {each["name"]: each for each in api.get("/latency/config")["settings"]}


@test("settings with every wrong member at once, and ones that contradict each other, are refused by name")
def wrong_settings(world):
    status, problem = ask(world.api.url + "/latency/config", {
        "playout_lead_ms": 5, "hold_max_ms": "fast", "playout_message_ms": 50, "colour": 1, "quiet_release_ms": 400})
    equal(status, 422)
    equal({error["name"]: error["code"] for error in problem["errors"]},
          {"playout_lead_ms": "out_of_range", "hold_max_ms": "not_a_number", "playout_message_ms": "not_a_multiple",
           "colour": "unknown_setting"})
    status, problem = ask(world.api.url + "/latency/config", {"freeze_resume_ms": 3000, "playout_message_ms": 180})
    equal(status, 422)
    equal({error["name"] for error in problem["errors"]},
          {"playout_lead_ms", "playout_message_max_ms", "freeze_resume_ms"})
    equal([name for name, each in settings_of(world.api).items() if each["value"] != each["default"]], [], "changed")


@test("a setting reaches every node within five seconds, is audited, and outlives a restart")
def shared_settings(world):
    other = world.other
    status, config = ask(world.api.url + "/latency/config", {"playout_lead_ms": LEAD_MS})
    begun = time.monotonic()
    equal(status, 200)
    world.control.put("/evi/settings", {"greeting": False})
    world.sids = world.start(CALLS, spacing_ms=70, script=SCRIPT)  # they talk while this test goes on
    lead = next(each for each in config["settings"] if each["name"] == "playout_lead_ms")
    equal([lead["value"], lead["default"], lead["changed_by"]], [LEAD_MS, 200, "local"])
    world.until("the other node has it", lambda: settings_of(other.api)["playout_lead_ms"]["value"] == LEAD_MS, 5)
    print(f"# the other node had it after {time.monotonic() - begun:.1f} s")
    audited = world.sql("select actor, detail::text from bridge.audit_log where action = 'POST /latency/config'")
    equal([[who, json.loads(detail)] for who, detail in audited],
          [["local", {"playout_lead_ms": {"from": 200, "to": LEAD_MS}}]])
    other.program.stop()
    world.other = Node(world)
    world.until("the other node has it again",
                lambda: settings_of(world.other.api)["playout_lead_ms"]["value"] == LEAD_MS, 5)


@test("the turns of a running call can be seen while it runs, and the same ones when it is over")
def session(world):
    sid = world.sids[0]
    rows = world.until("the call is in the record", lambda: world.sql(
        f"select id from bridge.calls where call_sid = '{sid}'"))
    path = f"/latency/session/{rows[0][0]}"
    running = world.until("a turn of the running call", lambda: (
        answer if (answer := world.api.get(path))["turns"] else None), 12)
    true(running["uplink_transit"]["count"] > 20, f"uplink so far: {running}")
    equal(world.sql(f"select end_time is null from bridge.calls where call_sid = '{sid}'"), [["t"]], "still running")
    world.reports = [world.control.get(f"/calls/{each}/wait?seconds=60", timeout_s=70) for each in world.sids]
    world.row(sid)
    ended = world.api.get(path)
    equal(ended["turns"][:len(running["turns"])], running["turns"], "turns")
    equal(ask(world.api.url + "/latency/session/00000000-0000-4000-8000-000000000000")[0], 404)


@test("the gap of every turn is the one at both wires, and its stages add up to it")
def both_wires(world):
    rows, worst = [], 0
    for report in world.reports:
        row = world.row(report["sid"])
        turns = world.api.get(f"/latency/session/{row['id']}")["turns"]
        tracks = [read_wav(world.fetch(f"/calls/{report['sid']}/{name}.wav"))[1] for name in ("caller", "recording")]
        at_the_wires = wires.gaps(*tracks)
        equal(len(turns), len(at_the_wires), f"turns of {turns} and gaps {at_the_wires}")
        for turn, wire_ms in zip(turns, at_the_wires):
            equal(sum(stage["us"] for stage in turn["stages"]) + turn["unexplained_us"], turn["gap_us"], "stages")
            true(turn["unexplained_us"] >= 0, f"unexplained: {turn}")
            rows.append((turn["gap_us"] / 1000, wire_ms))
    differences = sorted(abs(ours - wire) for ours, wire in rows)
    worst = differences[-1]
    print(f"# {len(rows)} turns: Tandem and the wires differ by {differences[len(rows) // 2]:.1f} ms (median), "
          f"{worst:.1f} ms (worst); gaps {min(rows)[0]:.0f} to {max(rows)[0]:.0f} ms")
    if world.prints_table:
        for ours, wire in rows:
            print(f"#   Tandem {ours:7.1f} ms   wires {wire:5d} ms   difference {ours - wire:+6.1f} ms")
    # a stand-in that was not scheduled in time measures its own lateness: one turn may be off by that
    true(differences[len(rows) // 2] <= wires.FRAME_MS and differences[-2] <= NEAR_MS, f"too far apart: {rows}")


@test("a call gets the settings that were made before it began")
def settings_count(world):
    # what waits beyond the lead is the stand-in's own lateness on a busy machine
    waited = [stream["queued_ms_max"] for report in world.reports for stream in report["streams"]]
    true(min(waited) > 200, f"{waited} ms waited at the carrier with a lead of {LEAD_MS} ms instead of 200")


@test("/latency/stats tells count, percentiles and buckets of every timing, by thread, window and provider")
def statistics(world):
    stats = world.api.get("/latency/stats?window=15m")
    timings = {each["name"]: each for each in stats["timings"]}
    turns = sum(len(world.api.get(f"/latency/session/{world.row(each['sid'])['id']}")["turns"]) for each in world.reports)
    equal(timings["turn_gap"]["count"], turns, "turns")
    for name, timing in timings.items():
        equal(timing["count"], sum(count for _, _, count in timing["buckets"]), f"{name}: buckets")
        equal(timing["count"], sum(thread["count"] for thread in timing["threads"]), f"{name}: threads")
        line = [timing[key] for key in ("p50_us", "p90_us", "p95_us", "p99_us", "max_us")]
        equal(line, sorted(line), f"{name}: percentiles")
        true(timing["count"] > 0, f"nothing was timed: {name}")
    frames = sum(stream["frames_sent"] for each in world.reports for stream in each["streams"])
    true(abs(timings["inbound_gap"]["count"] + len(world.reports) - frames) <= len(world.reports),
         f"{timings['inbound_gap']['count']} gaps of {frames} frames")
    equal({thread["thread"] for thread in timings["loop_lag"]["threads"]}, {"shard-0", "control"}, "threads")
    equal(len(stats["turns"]), min(20, turns), "newest turns")
    others = {each["name"]: each["count"] for each in world.api.get("/latency/stats?provider=gemini")["timings"]}
    equal([others["turn_gap"], others["voice_connect"]], [0, 0], "of another provider")
    equal(ask(world.api.url + "/latency/stats?window=1h")[0], 400)


@test("bottlenecks are not named below five turns; then every recommendation names settings that exist")
def bottlenecks(world):
    none = world.other.api.get("/latency/bottlenecks")
    equal([none["turns"], none["problem"], none["ranking"]], [0, "not enough turns", []])
    found = world.api.get("/latency/bottlenecks?window=all")
    equal([each["party"] for each in found["ranking"]][:1], ["provider"], "the stand-in thinks longest")
    true(abs(sum(each["share"] for each in found["ranking"]) - 1) < 1e-6, f"shares: {found}")
    real = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE))
    real |= set(settings_of(world.api))
    named = {setting for each in found["ranking"] for setting in each["settings"]}
    equal(sorted(named - real), [], "settings that there are not")
    true(all(any(setting in each["recommendation"] for setting in each["settings"])
             for each in found["ranking"] if each["party"] not in ("network",)), f"recommendations: {found}")


# What a healthy call cannot feed, and why.
NOT_BY_A_HEALTHY_CALL = {
    "calls_resumed_total", "carrier_bad_messages_total", "voice_bad_messages_total", "voice_gap_seconds", "voice_reconnects_total",
    "voice_freeze_total", "barge_in_total", "barge_in_stop_seconds",  # nothing went wrong, nobody cut in
    "call_endings_total", "voice_close_total",  # the caller hangs up by itself, and the agent is told
    "reconciliation_total",  # comes when the provider has had time to write its history
    "underruns_total", "log_lines_dropped_total", "records_deleted_total", "reconciliation_filled_lines_total",
    "dial_decisions_total", "dial_attempts_total", "admin_ws_clients",  # nobody dialled or watched
}


@test("every family of /metrics that a healthy call can feed has samples")
def families(world):
    source = (ROOT / "bridge" / "ops" / "metrics.cpp").read_text()
    declared = set(re.findall(r'\{Family::\w+,\s*\w+,\s*"(\w+)"', source))

    def missing():
        with urllib.request.urlopen(world.api.url + "/metrics", timeout=10) as answer:
            text = answer.read().decode()
        counted = {re.sub(r"_(count|bucket|sum)$", "", name) if "_seconds" in name else name
                   for name in re.findall(r"^tandem_(\w+)", text, re.MULTILINE)}
        empty = {name for name in re.findall(r"^tandem_(\w+)_count(?:\{[^}]*\})? 0$", text, re.MULTILINE)}
        filled = set(re.findall(r"^tandem_(\w+)_count(?:\{[^}]*\})? [1-9]", text, re.MULTILINE))
        return declared - counted - NOT_BY_A_HEALTHY_CALL | (empty - filled) & declared - NOT_BY_A_HEALTHY_CALL

    end = time.monotonic() + 5
    while missing() and time.monotonic() < end:
        time.sleep(0.2)
    equal(sorted(missing()), [], "families without samples")
    true(len(declared) > 40, f"the table of families was not found: {declared}")


def main():
    world, results = World(), Results()
    try:
        world.prints_table = "--table" in sys.argv
        world.reports, world.other = [], Node(world)
        results.run_all(TESTS, world)
    finally:
        world.other.program.stop()
        world.close()
    return results.close()


sys.exit(main())
