"""Runs the gate's own tests, then all lanes at once; prints ok / not ok lines and the closing line.

    main.py [WORD...]    only cases whose name or lane holds one of the words
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TESTS_FOLDER = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS_FOLDER / folder) for folder in ("calls", "gate", "faults")]

from lane import Cluster, Lane  # noqa: E402  (first: it makes deploy/lib known)
import gate_test  # noqa: E402,F401  (registers its tests)
import carrier_faults  # noqa: E402,F401  (registers its cases)
import crowd_faults  # noqa: E402,F401
import handshake_faults  # noqa: E402,F401
import secrets_scan  # noqa: E402
import voice_faults  # noqa: E402,F401
from case import CASES  # noqa: E402
from checks import TESTS  # noqa: E402
from gate import Gate  # noqa: E402
from results import Results  # noqa: E402


def run_lane(name, cases, cluster, results):
    """The lane's processes live and die with this thread."""
    gate, lane = Gate(), None
    try:
        lane = Lane(name, cluster, gate, **LANES[name])
        together = [case for case in cases if not case.alone]
        with ThreadPoolExecutor(max(1, len(together))) as pool:
            for case in together:
                pool.submit(run_case, case, lane, results)
        for case in cases:
            if case.alone:
                run_case(case, lane, results)
        results.run(f"E28: no secret of the lane {name} is in a log, a URL, a metric, a record or a second header",
                    lambda: secrets_scan.check(lane))
    except Exception as error:  # no lane, no cases: each of them failed
        results.run(f"the lane {name}", lambda: fail(error))
    finally:
        if lane:
            results.run(f"no call of the lane {name} is left behind, and its bridge stops when told to", lambda: stop(lane))
        gate.close()


def stop(lane):
    try:
        assert lane.bridge.is_alive(), "it died before"
        lane.until("no call is left", lambda: lane.metric('tandem_calls_active{direction="inbound"}') == 0, 10)
        time.sleep(3.5)  # a socket that nobody answers at may live so long after its call
        lane.bridge.stop()
        log = lane.bridge_log.read_text()
        assert '"event":"draining","calls":0' in log, f"calls that are over have not left their shard:\n{log[-2000:]}"
    finally:
        lane.close()


def fail(error):
    raise error


def run_case(case, lane, results):
    lane.begin_case()
    results.run(case.name, lambda: case.run(lane), causes=lane.what_happened)


def main(words):
    def is_wanted(text):
        return not words or any(word in text for word in words)

    results = Results()
    gate = Gate()
    for name, function in TESTS:
        if is_wanted(name):
            results.run(name, function, gate, causes=lambda: gate.table(listener=function.__name__))
    gate.close()
    cases = [case for case in CASES if is_wanted(case.name) or case.lane in words]
    cluster = Cluster()
    try:
        lanes = [threading.Thread(target=run_lane, args=(name, mine, cluster, results))
                 for name in LANES if (mine := [case for case in cases if case.lane == name])]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
    finally:
        cluster.close()
    return results.close()


# An agent that answers within 400 ms of a nudge is taken for one that greets again; real ones are slower.
LANES = {
    "carrier": {"narrow": "down"},
    "voice": {"narrow": "up", "voice": {"think_ms": 700}},
    "handshake": {},
    "silent": {},
    "secure": {"secure": True},
    "nameless": {"HUME_URL": "https://does-not-resolve.invalid"},
    "sweep": {"voice": {"metadata_delay_ms": 900, "faults": {"upgrade_delay_ms": 900}}},
    "crowd": {"MAX_CALLS": "20"},
    "recordless": {"no_database": True},
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
