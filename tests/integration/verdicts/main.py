"""Verdicts through the whole path: database, `tandem analyze`, stand-in, checks, database. See run_verdicts."""

import json
import signal
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "calls")]

from office import KEY, Office, labelled_calls  # noqa: E402
from results import Results  # noqa: E402

DAY = "2026-11-22"
BOOKING = [("assistant", None, "I have 10:20 on Thursday. Does it suit you?"), ("user", None, "Yes, please."),
           ("assistant", None, "You're booked for Thursday at 10:20.")]
_days = iter(f"2025-01-{day:02}" for day in range(1, 29))


def fresh_call(office):
    """A booking on a day of its own, and the words that make `analyze` judge it alone."""
    day = next(_days)
    year, month, number = day.split("-")
    return office.add_call(day, BOOKING), ["--since", day, "--until", f"{year}-{month}-{int(number) + 1:02}"]


def judged_once(office, *faults, **more):
    """What became of a call whose judge misbehaves so: (exit code, questions, verdict)."""
    call, range_words = fresh_call(office)
    before = len(office.requests())
    for fault in faults:
        office.misbehave(fault, **more)
    code, _ = office.analyze_whole(*range_words)
    return code, len(office.requests()) - before, office.verdict(call)


def corpus(office):
    """the labelled calls are judged, and no failure or lie becomes a booking"""
    calls = {office.add_call(DAY, turns): (name, label, turns) for name, label, turns in labelled_calls()}
    code, printed = office.analyze_whole("--since", DAY)
    assert code == 0, printed
    table = {}
    for call, (_, label, _) in calls.items():
        state, outcome, _, status, kept = office.verdict(call)
        word = outcome if state == "done" else state
        assert status == word and kept == "1", (call, state, outcome, status, kept)
        table[(label, word)] = table.get((label, word), 0) + 1
    for (label, word), count in sorted(table.items()):
        print(f"    {label:>12} -> {word:<14} {count:>3}")
    assert sum(count for (label, word), count in table.items() if word == "booked" and label != "booked") == 0, table


def private(office):
    """G11 G12: neither the key nor a number or an address is in what was asked"""
    asked = json.dumps(office.requests())
    for private_text in (KEY, "key=", "five five five", "mail dot example", "5555550123"):
        assert private_text not in asked, private_text
    assert "{phone_1}" in asked and "{email_1}" in asked


def repaired(office):
    """G05: one unreadable answer of any kind is repaired by one question"""
    for fault in ("fenced_json", "half_json", "invalid_json", "extra_field", "missing_field", "half_envelope", "huge", "empty"):
        code, questions, verdict = judged_once(office, fault)
        assert (code, questions, verdict[0], verdict[1]) == (0, 2, "done", "booked"), (fault, code, questions, verdict)


def unrepaired(office):
    """G05: a second unreadable answer is for a person"""
    code, questions, verdict = judged_once(office, "half_json", "fenced_json")
    assert (code, questions, verdict[:4]) == (0, 2, ("needs_review", "unclear", "fenced_json", "needs_review")), verdict


def blocked(office):
    """G04: a blocked prompt and an answer that did not stop are stored, not asked again"""
    for fault in ("blocked", "safety", "recitation", "max_tokens"):
        code, questions, verdict = judged_once(office, fault)
        assert (code, questions, verdict[0], verdict[3]) == (0, 1, "needs_review", "needs_review"), (fault, verdict)


def nonsense(office):
    """G06: nonsense in a verdict is for a person"""
    for fault, reason in (("year_1970", "date_out_of_range"), ("400_guests", "party_out_of_range"),
                          ("strange_number", "phone_unknown"), ("wrong_quotes", "quote_not_found")):
        code, questions, verdict = judged_once(office, fault)
        assert (code, questions, verdict[0], verdict[2]) == (0, 1, "needs_review", reason), (fault, verdict)


def refused(office):
    """G03: what asking again cannot mend fails at once, reads as failed everywhere, and can be asked for again"""
    for fault in ("403", "404"):
        call, words = fresh_call(office)
        office.misbehave(fault)
        code, printed = office.analyze_whole(*words)
        assert code == 1 and "1 failed" in printed, printed
        state, outcome, _, status, kept = office.verdict(call)
        assert (state, outcome, status, kept) == ("failed", "", "failed", "0"), (state, outcome, status, kept)
        code, _ = office.analyze_whole(*words)
        assert code == 0 and office.verdict(call)[:2] == ("done", "booked")


def trouble(office):
    """G02: a server in trouble and a reset are asked again"""
    for fault in ("503", "drop"):
        code, questions, verdict = judged_once(office, fault)
        assert (code, questions, verdict[1]) == (0, 2, "booked"), (fault, code, questions, verdict)


def quota(office):
    """G01: a refused quota pauses every worker, the calls stay pending and lose no try"""
    day = next(_days)
    calls = [office.add_call(day, BOOKING) for _ in range(6)]
    before = len(office.requests())
    office.misbehave("429", count=6, retry_after="3600")
    program = office.analyze("--since", day, "--until", next(_days), "--parallel", "1")
    time.sleep(2)
    program.send_signal(signal.SIGINT)
    printed, _ = program.communicate(timeout=30)
    assert program.returncode == 1 and "still queued" in printed, printed
    assert len(office.requests()) - before == 1, "others asked although the quota was refused"
    for call in calls:
        assert office.verdict(call)[:2] == ("queued", "") and office.verdict(call)[3] == "pending", office.verdict(call)
    assert office.sql(f"select max(attempts) from bridge.jobs where key in ({','.join(repr(c) for c in calls)})") == [["0"]]


def killed(office, kills=6):
    """G09: killed at any moment between the question and the commit, a call has one verdict of the question"""
    day = next(_days)
    calls = [office.add_call(day, BOOKING) for _ in range(8)]
    words = ["--since", day, "--until", next(_days)]
    for kill in range(kills):
        office.misbehave("none", count=2, delay_ms=60)
        program = office.analyze(*words)
        time.sleep(0.05 + 0.05 * kill)
        program.kill()
        program.communicate()
        office.sql("update bridge.jobs set lease_until = now() - interval '1 second' where state = 'running'")
    code, printed = office.analyze_whole(*words)
    assert code == 0, printed
    doubled = office.sql("select call_id from bridge.verdicts group by call_id, prompt_version, model, requested_at "
                         "having count(*) > 1")
    assert not doubled, doubled
    assert all(office.verdict(call)[:2] == ("done", "booked") for call in calls)


def two_nodes(office):
    """G10: two nodes judge a day together, and ask about each call once"""
    day = next(_days)
    for _ in range(12):
        office.add_call(day, BOOKING)
    words = ["--since", day, "--until", next(_days)]
    before = len(office.requests())
    office.misbehave("none", count=12, delay_ms=50)
    nodes = [office.analyze(*words), office.analyze(*words)]
    printed = [node.communicate(timeout=60)[0] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], printed
    kept = office.sql(f"select count(*) from bridge.verdicts v join bridge.calls c on c.id = v.call_id "
                      f"where c.start_time::date = '{day}'")
    assert kept == [["12"]], kept
    assert len(office.requests()) - before == 12, len(office.requests()) - before


def history(office):
    """judging again keeps the verdict of before"""
    call, words = fresh_call(office)
    office.analyze_whole(*words)
    _, printed = office.analyze_whole(*words)
    assert "0 call(s) to judge" in printed, printed
    assert office.analyze_whole(*words, "--redo")[0] == 0
    assert office.verdict(call)[4] == "2"


def backtest(office):
    """a backtest shows the flips and changes nothing; interrupted, it goes on where it stopped"""
    everything = ("select md5(string_agg(b::text, '' order by call_id)), (select count(*) from bridge.verdicts), "
                  "(select count(*) from bridge.jobs) from bridge.booking_analysis b")
    before = office.sql(everything)
    report = office.folder / "backtest.json"
    words = ["--backtest", "--model", "gemini-3.6-flash", "--last", "40", "--parallel", "2", "--json", str(report)]
    office.misbehave("none", count=10, delay_ms=150)
    program = office.analyze(*words)
    time.sleep(0.6)
    program.send_signal(signal.SIGINT)
    printed, _ = program.communicate(timeout=60)
    assert program.returncode == 1 and "stopped after" in printed and not report.exists(), printed
    asked = len(office.requests())
    office.misbehave("unknown_outcome", count=2)  # one call whose judge cannot be read, twice
    code, printed = office.analyze_whole(*words[:5], "--parallel", "1", *words[7:])
    assert code == 0, printed
    assert len(office.requests()) - asked < 40, "calls that were compared were asked about again"
    found = json.loads(report.read_text())
    assert (found["compared"], found["agreed"]) == (40, 39), found
    assert "Flips" in printed and "USD at the list prices" in printed, printed
    assert office.sql(everything) == before
    print("    " + printed.replace("\n", "\n    "))


TESTS = [corpus, private, repaired, unrepaired, blocked, nonsense, refused, trouble, killed, two_nodes, history, backtest,
         quota]


def main():
    office, results = Office(), Results()
    try:
        for test in TESTS:
            results.run(test.__doc__, test, office)
    finally:
        office.close()
    return results.close()


if __name__ == "__main__":
    sys.exit(main())
