"""kill -9 of the real spool and importer under load, while the database is up, down, and coming and going.

Whole calls take seconds each: two hundred kills of a bridge would take half an hour and hit a record in flight rarely.
The driver (driver.cpp) is made of the same spool and importer and writes some 5000 records a second, so that every kill
hits several in every stage. serve_kills.py kills the bridge itself.
"""

import os
import random
import signal
import subprocess
import tempfile
import threading
import time

from world import BUILD
from database import DRIVER, Database

LIFE_S = (0.02, 0.6)
CALLS_PER_LIFE = 100_000  # numbers of calls; no life comes near it


class Weather:
    """What the database goes through meanwhile: a third each of up, down and flapping, in turn."""

    def __init__(self, database, seed):
        self._database, self._random = database, random.Random(seed)
        self._over = threading.Event()
        self.stops = self.crashes = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._over.is_set():
            for spell in (self._up, self._down, self._flapping):
                if not self._over.is_set():
                    spell()
        self._database.start()

    def _up(self):
        self._database.start()
        self._over.wait(self._random.uniform(1, 4))

    def _take_away(self):
        if self._random.random() < 0.5:
            self._database.kill()
            self.crashes += 1
        else:
            self._database.stop()
            self.stops += 1

    def _down(self):
        self._take_away()
        self._over.wait(self._random.uniform(1, 4))

    def _flapping(self):
        for _ in range(3):
            self._database.start()
            self._over.wait(self._random.uniform(0.05, 0.5))
            self._take_away()
            self._over.wait(self._random.uniform(0.05, 0.5))

    def end(self):
        self._over.set()
        self._thread.join()


def live_and_die(spool, url, first_call, seconds):
    """One life of the driver; what it acknowledged."""
    process = subprocess.Popen([DRIVER, spool, url, str(first_call)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout))
    reader.start()
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    reader.join()
    process.stdout.close()
    words = (line.decode().split() for line in lines if line.endswith(b"\n"))
    return [(kind, int(call), int(seq)) for word, *rest in words if word == "ack" for kind, call, seq in [rest]]


def drain(spool, url):
    done = subprocess.run([BUILD / "tandem", "spool", "drain", spool], env={**os.environ, "DATABASE_URL": url}, text=True,
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"the spool was not imported to its end: {done.stdout}"


def stored(database):
    """Everything in the database as what the driver would have acknowledged, with what else can be wrong."""
    number = "('x' || right(call_id::text, 12))::bit(48)::bigint"
    lines = database.rows(f"select {number}, seq, message from bridge.transcriptions")
    wrong = [line for line in lines if line[2] != f"line {line[1]} of call {line[0]}"]
    found = [("T", int(call), int(seq)) for call, seq, _ in lines]
    found += [("E", int(call), int(seq)) for call, seq in database.rows(f"select {number}, seq from bridge.events")]
    found += [("Z", int(call[0]), 0) for call in database.rows(
        f"select {number.replace('call_id', 'id')} from bridge.calls where end_reason is not null")]
    return found, wrong


def run(kills, seed):
    """Kills so often, then imports what is left and compares; the figures as text."""
    chance = random.Random(seed)
    database = Database()
    acknowledged = []
    try:
        subprocess.run([BUILD / "tandem", "migrate"], env={**database.environment, "DATABASE_URL": database.url}, check=True,
                       stdout=subprocess.DEVNULL)
        with tempfile.TemporaryDirectory(prefix="tandem-killed-") as spool:
            weather = Weather(database, seed)
            try:
                for life in range(kills):
                    acknowledged += live_and_die(spool, database.url, life * CALLS_PER_LIFE, chance.uniform(*LIFE_S))
            finally:
                weather.end()
            drain(spool, database.url)
        found, wrong = stored(database)
        dead = database.rows("select count(*) from bridge.dead_letters")[0][0]
    finally:
        database.close()
    return compare(acknowledged, found, wrong, dead, f"{kills} kills, seed {seed}, the database stopped {weather.stops} and "
                   f"crashed {weather.crashes} times")


def compare(acknowledged, found, wrong, dead, what):
    lost = set(acknowledged) - set(found)
    doubled = len(found) - len(set(found))
    assert acknowledged, "nothing was acknowledged: nothing was tested"
    assert not lost and not doubled and not wrong and dead == "0", (
        f"{what}: {len(lost)} lost {sorted(lost)[:5]}, {doubled} doubled, {len(wrong)} with other words {wrong[:3]}, "
        f"{dead} dead letters")
    return (f"{what}: {len(acknowledged)} records acknowledged, 0 lost, 0 doubled; {len(set(found)) - len(set(acknowledged))} "
            "more had been written, but nobody had been told yet")
