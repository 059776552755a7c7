"""The record while the database, the bridge or the line between them is lost; prints ok / not ok lines and the closing line.

    main.py                                the short form, everything
    main.py --outage SECONDS --calls N     only the outage: PostgreSQL away that long under N callers
    main.py --kills N                      only the kills: N of spool and importer under load, N/10 of the bridge under calls
    main.py --seed S                       repeats the chances of a run before
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("calls", "failover", "record")]

from world import BUILD  # noqa: E402  (first: it makes deploy/lib known)
import kills  # noqa: E402
import outage  # noqa: E402
from database import DRIVER, Database  # noqa: E402
from processes import tail  # noqa: E402
from results import Results  # noqa: E402

NOTICED_WITHIN_S = 5


def black_hole():
    """In a network namespace of its own: as root, or as whoever may make user namespaces."""
    database = Database()
    try:
        subprocess.run([BUILD / "tandem", "migrate"], env={**database.environment, "DATABASE_URL": database.url},
                       check=True, stdout=subprocess.DEVNULL)
        path = next((database.folder / "postgres-socket").glob(".s.PGSQL.*[0-9]"))
        rights = [] if subprocess.run(["id", "-u"], text=True, stdout=subprocess.PIPE, check=True).stdout.strip() == "0" else ["-r"]
        with tempfile.TemporaryDirectory(prefix="tandem-hole-") as spool:
            done = subprocess.run(["unshare", *rights, "-n", sys.executable, "-B", HERE / "black_hole.py", DRIVER, path, spool],
                                  text=True, timeout=60, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        assert seen["noticed_s"] <= NOTICED_WITHIN_S, f"noticed after {seen['noticed_s']} s"
        return f"noticed after {seen['noticed_s']} s, importing again {seen['back_s']} s after the line was"
    finally:
        database.close()


def whole_bridge(results, options):
    """Everything that needs calls, one after the other in one world."""
    world = outage.OutageWorld(MAX_CALLS=str(max(80, options.calls + 10)))
    try:
        passed = True
        if options.what in ("all", "outage"):
            passed &= results.run("P02, R18: the database goes away under calls: no call notices, nothing is lost or doubled, "
                                  "and the record catches up", outage.run, world, options.outage, options.calls)
        if options.what == "all":
            passed &= results.run("R03, P01: stopped and started again without a database, the bridge keeps what waits, carries "
                                  "calls, and brings the record of all later", outage.stops_and_starts_without_database, world)
        if options.what in ("all", "kills"):
            passed &= results.run("P05: the bridge is killed under calls: what its spool held is in the record, once",
                                  outage.kill_under_calls, world, options.bridge_kills, options.seed)
        if not passed:
            print("# the end of the bridge's log:\n" + tail(world.bridge_log, 20), flush=True)
    finally:
        world.close()


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outage", type=float)
    parser.add_argument("--calls", type=int, default=6)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = parser.parse_args()
    options.what = "outage" if options.outage else "kills" if options.kills else "all"
    options.bridge_kills = (options.kills or 10) // 10 or 1
    options.outage, options.kills = options.outage or 6, options.kills or 12
    return options


def main():
    options, results, threads = read_options(), Results(), []
    if options.what != "kills" or options.bridge_kills:
        threads.append(threading.Thread(target=whole_bridge, args=(results, options)))
    if options.what in ("all", "kills"):
        threads.append(threading.Thread(target=results.run, args=(
            "P05: spool and importer are killed under load, the database up, down and flapping: the record is exactly what was "
            "acknowledged", kills.run, options.kills, options.seed)))
    if options.what == "all":
        threads.append(threading.Thread(target=results.run, args=(
            f"P03: a line that swallows everything is noticed within {NOTICED_WITHIN_S} s", black_hole)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results.close()


sys.exit(main())
