"""PostgreSQL is stopped under calls: nothing that was said may be lost or stand in the record twice.

The truth is what the stand-ins say: the caller's script, and every line that the agent sent.
"""

import collections
import json
import random
import re
import subprocess
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from world import ROOT, World
from database import DRIVER
from seam import BOOKING, NORMAL_ENDS

CAUGHT_UP_WITHIN_S = 60
GREETED = [{"do": "wait_agent"}, {"do": "hang_up"}]
POSTGRES = str(ROOT / "deploy" / "postgres")


class OutageWorld(World):
    """A world whose database comes and goes."""

    has_schema = False

    def _migrate(self, environment):
        """Once: later starts may find no database."""
        if not self.has_schema:
            super()._migrate(environment)
        self.has_schema = True

    def database(self, order):
        subprocess.run([POSTGRES, order], env=self._environment, check=True, stdout=subprocess.DEVNULL)

    def kill_bridge(self):
        self.bridge._process.kill()
        self.bridge._process.wait()

    def stop_bridge(self):
        """Its exit status."""
        self.bridge.stop()
        return self.bridge._process.returncode

    def spooled_lines(self):
        """The transcript lines in the spool: (call, number, words) as text."""
        done = subprocess.run([DRIVER, "dump", self.folder / "spool"], text=True, check=False, stdout=subprocess.PIPE)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        texts = [json.loads(line["payload"]) for line in lines if line["type"] == "transcript_entry"]
        return [(text["call_id"], str(text["seq"]), text["text"]) for text in texts]

    def backlog(self):
        return self.metric("tandem_db_spool_events")


def keep_calling(world, until, spread_s, seed):
    """One caller, call after call, with pauses; the reports."""
    chance, reports = random.Random(seed), []
    while not reports or time.monotonic() < until:
        sid, = world.start(script="booking")
        reports.append(world.control.get(f"/calls/{sid}/wait?seconds=120", timeout_s=130))
        time.sleep(min(chance.uniform(0, spread_s), max(0, until - time.monotonic())))
    return reports


def run(world, outage_s, calls):
    """`calls` callers at once, each call after call, while the database is away for `outage_s`; the figures as text."""
    with ThreadPoolExecutor(calls) as pool:
        begun = time.monotonic()
        jobs = [pool.submit(keep_calling, world, begun + outage_s, outage_s / 8, seed) for seed in range(calls)]
        world.until("every caller has an agent", lambda: world.metric('tandem_calls_active{direction="inbound"}') >= calls, 60)
        world.database("stop")
        down_since = time.monotonic()
        time.sleep(max(0, outage_s - 1))
        waiting, age = world.backlog(), world.metric("tandem_db_spool_oldest_seconds")
        time.sleep(max(0, down_since + outage_s - time.monotonic()))
        world.database("start")
        back = time.monotonic()
        world.until("what waited is imported", lambda: world.metric("tandem_db_importer_state{state=\"importing\"}") == 1
                    and world.metric("tandem_db_spool_oldest_seconds") <= 2, CAUGHT_UP_WITHIN_S)
        caught_up_s = time.monotonic() - back
        reports = [report for job in jobs for report in job.result()]
    assert waiting > 0 and age > outage_s / 2, f"{waiting} records, oldest {age} s: the outage was none"
    lines = compare(world, reports)
    return (f"PostgreSQL away for {outage_s} s under {calls} callers: {len(reports)} calls, {lines} lines, 0 lost, 0 doubled; "
            f"{waiting:.0f} records waited, the oldest {age:.0f} s; caught up {caught_up_s:.1f} s after its return")


def compare(world, reports, heard=BOOKING):
    """`heard`: what each caller said. Every call ended as its script wants it, and its record is what was said. Answers how many lines were compared."""
    world.until("the record is complete", lambda: world.backlog() == 0, 30)
    rows = world.sql("select id, call_sid, chat_id, end_reason from bridge.calls")
    by_sid = {row[1]: row for row in rows}
    assert len(by_sid) == len(rows), "a call has two rows"
    said = collections.defaultdict(collections.Counter)
    for call, message in world.sql("select call_id, message from bridge.transcriptions"):
        said[call][message] += 1
    sent = {chat["id"]: [line["text"] for line in chat["sent"]] for chat in world.chats()}
    problems, lines = [], 0
    for report in reports:
        call, _, chat, end = by_sid.get(report["sid"]) or (None, None, None, "is not in the record")
        expected = collections.Counter([*heard, *sent.get(chat, [])])
        lines += sum(expected.values())
        if end not in NORMAL_ENDS or report["violations"] or said[call] != expected:
            problems.append(f"{report['sid']}: {end} {report['violations']}, lost {list((expected - said[call]).elements())}, "
                            f"too many {list((said[call] - expected).elements())}")
    assert not problems, f"{len(problems)} calls: " + "\n".join(problems[:5])
    dead = world.sql("select count(*) from bridge.dead_letters")[0][0]
    assert dead == "0", f"{dead} dead letters"
    return lines


def is_away(world):
    return world.metric('tandem_db_importer_state{state="connecting"}') == 1


def says_why(world):
    """The importer's trouble, for health and for alerts, without a name or a secret."""
    with urllib.request.urlopen(f"http://127.0.0.1:{world.port}/api/v1/health/dependencies", timeout=10) as answer:
        importer, = [each for each in json.load(answer)["dependencies"] if each["name"] == "importer"]
    words = (importer["state"], importer["last_error"])
    assert words == ("degraded", "connecting: database connection failed: nothing listens there"), words
    with urllib.request.urlopen(f"http://127.0.0.1:{world.port}/metrics", timeout=10) as answer:
        families = set(re.findall(r"^# TYPE (tandem_(?:db_spool|record_queue|reconciliation_filled)_\w+) ",
                                  answer.read().decode(), re.MULTILINE))
    wanted = {f"tandem_db_spool_{name}" for name in ("events", "oldest_seconds", "fill_ratio", "held_events", "dropped_total",
                                                     "damaged_total", "disk_errors_total")}
    wanted |= {"tandem_record_queue_dropped_total", "tandem_reconciliation_filled_lines_total"}
    assert families == wanted, families ^ wanted


def stops_and_starts_without_database(world):
    """R03: SIGTERM with records that wait: exit 0, and the log says how many are kept where. P01: started again, still
    without a database, the bridge is ready and carries a call; the record of both comes when the database does."""
    world.database("stop")
    before, = world.call(script=GREETED)
    status = world.stop_bridge()
    stopped = [line for line in world.bridge_log.read_text().splitlines() if '"event":"stopped"' in line]
    assert status == 0, f"exit {status}"
    assert stopped and '"records_kept":0' not in stopped[-1], f"it does not say that records are kept: {stopped}"
    assert str(world.folder / "spool") in stopped[-1], f"it does not say where: {stopped}"
    world.start_bridge()
    after, = world.call(script=GREETED)
    assert after["violations"] == [] and after["streams"][0]["agent_ms_received"] > 2000, f"no agent: {after}"
    assert is_away(world), "the metrics do not say that the database is away"
    says_why(world)
    world.database("start")
    for report in (before, after):
        world.row(report["sid"])
    compare(world, [before, after], heard=[])


def kill_under_calls(world, kills, seed):
    """kill -9 of the bridge at random moments of calls; what stood in its spool stands in the database afterwards, once."""
    chance, kept = random.Random(seed), set()
    for number in range(kills):
        if chance.random() < 0.4:
            world.database("stop")
        world.start(count=4, spacing_ms=150, script="booking", stream={"fall_through_ms": 100})
        time.sleep(chance.uniform(0.5, 6))
        world.kill_bridge()
        kept |= set(world.spooled_lines())
        world.database("start")
        world.start_bridge()
    world.until("everything is imported", lambda: world.backlog() == 0, 60)
    rows = [tuple(row) for row in world.sql("select call_id, seq, message from bridge.transcriptions")]
    lost = kept - set(rows)
    assert kept, "no spool held a line: nothing was tested"
    assert not lost, f"{len(lost)} of {len(kept)} lines are lost: {sorted(lost)[:3]}"
    assert len(rows) == len(set(rows)), "a line stands in the record twice"
    return f"{kills} kills of the bridge under calls, seed {seed}: {len(kept)} lines were in its spools, all in the record, once"
