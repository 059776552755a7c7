"""Preflight and failover on real sockets; prints ok / not ok lines and the closing line.

    main.py [--table]    also the figures of docs/voice-providers.md
"""

import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

TESTS_FOLDER = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS_FOLDER / folder) for folder in ("calls", "failover")]

from world import BUILD, World  # noqa: E402  (first: it makes deploy/lib known)
from checks import equal, true  # noqa: E402
from figures import table  # noqa: E402
from pairs import CONTROL, PAIRS, PATIENT  # noqa: E402
from processes import tail  # noqa: E402
from results import Results  # noqa: E402
from seam import NORMAL_ENDS, read_seam  # noqa: E402

# A loss: two attempts at the old provider, then the new one. A freeze: nudged after 4 s, replaced after 8.
GAP_P95_MAX_S = {"lost": 2.0, "frozen": 12.0}


def take_away(world, pair):
    """From now on the primary loses each new session in its own way and then lets nobody in any more."""
    control = CONTROL[pair.primary]
    for loss in pair.losses():
        world.control.post(f"{control.orders}/next", {"faults": loss})
    for status in pair.refusals():
        world.control.post(f"{control.orders}/next", {"faults": {"upgrade": status}})
    world.control.post(f"{control.orders}/next", {"faults": {"upgrade": 503}, "count": 20 * pair.calls})


def carry(world, pair):
    """All calls of a pair at once; a Seam each."""
    take_away(world, pair)
    control = CONTROL[pair.primary]
    frozen = world.start(count=pair.frozen, spacing_ms=20, script=PATIENT)
    world.until("the sessions that will freeze", lambda: len(world.control.get(control.sessions)[control.kind]) >= pair.frozen)
    lost = world.start(count=pair.lost, spacing_ms=20, script="booking")
    reports = [world.control.get(f"/calls/{sid}/wait?seconds=120", timeout_s=130) for sid in frozen + lost]
    world.until("the verdicts", lambda: int(world.sql(
        "select count(*) from bridge.booking_analysis where state in ('done', 'failed', 'needs_review')")[0][0]) >= pair.calls)
    return [read_seam(world, report, pair.fallback) for report in reports]


def ended_normally(seams):
    bad = [seam for seam in seams if seam.end_reason not in NORMAL_ENDS or seam.violations]
    true(not bad, "\n".join(map(str, bad[:5])))


def was_taken_over(seams, fallback):
    """All but those that were over before the moment came."""
    missed = [seam for seam in seams if seam.gap_s is None]
    true(len(missed) <= len(seams) // 5, f"{len(missed)} calls were not taken over: {missed[:3]}")
    wrong = [seam for seam in seams if seam.gap_s is not None and seam.provider != fallback]
    true(not wrong, f"the record names another provider: {wrong[:3]}")


def gap_is_short(seams):
    for kind, is_frozen in (("lost", False), ("frozen", True)):
        gaps = sorted(seam.gap_s for seam in seams if seam.gap_s is not None and (seam.lost_because == "frozen") == is_frozen)
        true(gaps, f"none was {kind}")
        p95 = gaps[int(0.95 * len(gaps))]
        true(p95 <= GAP_P95_MAX_S[kind], f"{kind}: gap p95 {p95:.2f} s of {gaps}")


def one_phrase_at_most(seams):
    most = max(seams, key=lambda seam: seam.bridging_phrases)
    true(most.bridging_phrases <= 1, f"{most.bridging_phrases} phrases in one call: {most}")


def words_are_kept(seams):
    """The half sentence that died with a socket is the one thing that nobody can give back, and what was said to an agent
    that was mute already."""
    lost = [seam for seam in seams if seam.lines_missing and seam.lost_because != "frozen"]
    lines = sum(len(seam.lines_missing) for seam in lost)
    true(lines <= len(seams) // 2, f"{lines} lines are lost: {lost[:5]}")


def starts_on_the_fallback(world, pair):
    """Nobody lets us in at the primary: at connect the caller notices nothing but a later greeting."""
    report, = world.call(script=[{"do": "wait_agent"}, {"do": "hang_up"}])
    equal(report["violations"], [], "what a strict Twilio would refuse")
    row = world.row(report["sid"])
    equal([row["end_reason"], row["provider"]], ["caller_hung_up", pair.fallback], "end and provider")
    true(report["streams"][0]["agent_ms_received"] > 2000, "the greeting was not heard")


def check_lines(world, **changes):
    """What `tandem check` says: its lines by their subject."""
    environment = {**world.environment, **changes}
    done = subprocess.run([BUILD / "tandem", "check"], env=environment, text=True, timeout=60, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for name in ("HUME_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "TWILIO_AUTH_TOKEN"):
        true(environment[name] not in done.stdout, f"{name} is shown: {done.stdout}")
    lines = {}
    for line in done.stdout.splitlines():
        mark, _, rest = line.partition("  ")
        subject, _, detail = rest.partition(": ")
        lines[subject.strip()] = (mark.strip(), detail)
    return lines, done.returncode


def preflight_of_good_providers(world):
    lines, status = check_lines(world, VOICE_PROVIDER="gemini", VOICE_FALLBACK="openai")
    equal([lines["voice gemini"][0], lines["voice fallback openai"][0], lines["analysis"][0]], ["ok", "ok", "ok"], str(lines))
    true("voice hume" not in lines, "a provider that is not asked for is asked")
    equal(status, 0, f"exit: {lines}")


def preflight_of_bad_providers(world):
    lines, status = check_lines(world, VOICE_PROVIDER="openai", VOICE_FALLBACK="gemini", GEMINI_LIVE_MODEL="gemini-of-nobody",
                                OPENAI_API_KEY="a-key-that-nobody-gave-us")
    equal(lines["voice openai"], ("fail", "HTTP 401; the key was refused; check OPENAI_API_KEY"), "wrong key")
    equal(lines["voice fallback gemini"][0], "warn", f"wrong model of the fallback: {lines}")
    true("GEMINI_LIVE_MODEL" in lines["voice fallback gemini"][1], f"no remedy: {lines}")
    equal(status, 1, "exit")


def preflight_of_nobody(world):
    lines, status = check_lines(world, VOICE_PROVIDER="hume", VOICE_FALLBACK="none", HUME_URL="https://does-not-resolve.invalid")
    equal(lines["voice hume"][0], "fail", str(lines))
    true("https://does-not-resolve.invalid cannot be reached; check HUME_URL" in lines["voice hume"][1], f"{lines}")
    equal(status, 1, "exit")


def run_pair(pair, results, seams_of):
    world, where = None, f"{pair.primary} lost, {pair.fallback} next"
    try:
        world = World(VOICE_PROVIDER=pair.primary, VOICE_FALLBACK=pair.fallback, MAX_CALLS="80")
        if pair is PAIRS[0]:
            results.run("tandem check: one ok line for each provider that is asked for", preflight_of_good_providers, world)
            results.run("tandem check: a refused key fails, a fallback without its model warns, each with its remedy",
                        preflight_of_bad_providers, world)
            results.run("tandem check: a host that is gone fails with the setting to change", preflight_of_nobody, world)
        begun = time.monotonic()
        seams_of[pair] = seams = carry(world, pair)
        print(f"# {pair.calls} calls {pair.name} in {time.monotonic() - begun:.0f} s", flush=True)
        results.run(f"{where}, at {pair.calls} random points: every call ends normally", ended_normally, seams)
        results.run(f"{where}: the fallback carried the call to its end", was_taken_over, seams, pair.fallback)
        results.run(f"{where}: the gap is short", gap_is_short, seams)
        results.run(f"{where}: the caller hears at most one bridging phrase", one_phrase_at_most, seams)
        results.run(f"{where}: the caller's words are kept", words_are_kept, seams)
        results.run(f"{where}: a call that begins then is the fallback's from its first word", starts_on_the_fallback, world, pair)
        if results.failed:
            print(f"# the end of the bridge's log, {pair.name}:\n" + tail(world.bridge_log, 10), flush=True)
    except Exception:
        results.run(f"{where}: the test itself", fail, traceback.format_exc())
    finally:
        if world:
            world.close()


def fail(why):
    raise AssertionError(why)


def main():
    results, seams_of = Results(), {}
    threads = [threading.Thread(target=run_pair, args=(pair, results, seams_of)) for pair in PAIRS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if "--table" in sys.argv[1:]:
        print(table([(pair, seams_of[pair]) for pair in PAIRS if pair in seams_of]))
    return results.close()


sys.exit(main())
