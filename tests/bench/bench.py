"""What `tests/bench/run` does once everything is built: starts the parties of one run, and reports."""

import argparse
import contextlib
import fcntl
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "lib"))

import table
from api import Client
from parties import PARTIES, PUBLIC_HOST, invented_credentials
from processes import Failure, Program, Progress, free_port, tail

VAR = ROOT / "var" / "bench"  # not the one of deploy/up
BUILD = Path(os.environ.get("TANDEM_BUILD") or ROOT / "build" / "release")
LOAD = BUILD / "tests" / "bench" / "tandem-bench-load"
STAMPS = BUILD / "tests" / "bench" / "tandem-bench-stamps"
RAW_REF = BUILD / "tests" / "bench" / "tandem-bench-raw-ref"


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--calls", metavar="N", type=int, default=100)
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--seconds", metavar="S", type=int, default=10)
    parser.add_argument("--burst", action="store_true")
    parser.add_argument("--rounds", metavar="R", type=int, default=0)
    chosen = parser.parse_args()
    if not (1 <= chosen.calls <= 2000 and 1 <= chosen.seconds <= 600 and 0 <= chosen.rounds <= 20):
        parser.error("--calls wants 1 to 2000, --seconds 1 to 600, --rounds 0 to 20")
    return chosen


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_mib": memory, "kernel": platform.release()}


def commit():
    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False).stdout.strip()
    product = ("bridge", "codec", "hume", "store")
    return git("rev-parse", "--short", "HEAD") + (" with changes" if git("status", "--porcelain", *product) else "")


def cores_apart():
    """The generator has the last core to itself, the bridge the others: neither waits for the other."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return cores, cores[-1]
    return cores[:-1], cores[-1]


def make_certificate():
    """A throw-away authority and a certificate for 127.0.0.1. The bridge trusts it through SSL_CERT_FILE."""
    def openssl(*words):
        done = subprocess.run(["openssl", *words], cwd=VAR, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"openssl {words[0]}: {done.stderr.strip()}")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "authority.key", "-out", "authority.pem", "-days", "2",
            "-subj", "/CN=Tandem benchmark")
    openssl("req", *key, "-keyout", "voice.key", "-out", "voice.csr", "-subj", "/CN=127.0.0.1")
    (VAR / "voice.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "voice.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-days", "2",
            "-out", "voice.pem", "-extfile", "voice.ext")
    (VAR / "authority.key").unlink()


def start_database(stack):
    command, environment = ROOT / "deploy" / "postgres", {**os.environ, "TANDEM_VAR": str(VAR)}
    if subprocess.run([command, "start"], env=environment, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise Failure("the private PostgreSQL cluster did not start")
    stack.callback(subprocess.run, [command, "stop"], env=environment, check=False)
    url = subprocess.run([command, "url"], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return url.stdout.strip()


def bridge_settings(chosen, database_url):
    """What a production bridge has, except that every party is on this machine and answers no REST request."""
    nobody = "http://127.0.0.1:9"
    voice_port = free_port()
    return {**os.environ, **invented_credentials(PARTIES), "DATABASE_URL": database_url, "PORT": str(free_port()),
            "PUBLIC_URL": f"https://{PUBLIC_HOST}", "SPOOL_DIR": str(VAR / "spool"), "MAX_CALLS": str(max(500, chosen.calls)),
            "DRAIN_TIMEOUT_SECONDS": "10", "TWILIO_API_URL": nobody, "GEMINI_URL": nobody,
            "HUME_URL": f"https://127.0.0.1:{voice_port}", "SSL_CERT_FILE": str(VAR / "authority.pem"),
            "VOICE_PORT": str(voice_port)}


def on_cores(cores, command):
    return ["taskset", "-c", ",".join(str(core) for core in cores), *command]


def start_bridge(settings, cores, stack):
    shutil.rmtree(VAR / "spool", ignore_errors=True)
    migrated = subprocess.run([BUILD / "tandem", "migrate"], env=settings, capture_output=True, text=True, check=False)
    if migrated.returncode != 0:
        raise Failure(f"tandem migrate: {migrated.stderr.strip()}")
    bridge = Program("tandem", on_cores(cores, [BUILD / "tandem", "serve"]), settings, VAR / "log" / "tandem.log")
    stack.callback(bridge.stop)
    client = Client("the bridge", f"http://127.0.0.1:{settings['PORT']}")
    deadline = time.monotonic() + 30
    while client.status("/readyz") != 200:
        if not bridge.is_alive():
            raise bridge.death()
        if time.monotonic() > deadline:
            raise Failure("the bridge was not ready within 30 s", bridge.log)
        time.sleep(0.05)
    return bridge


def start_raw_ref(settings, cores, stack):
    command = [RAW_REF, "--port", settings["PORT"], "--voice-port", settings["VOICE_PORT"], "--host", PUBLIC_HOST]
    program = Program("tandem-bench-raw-ref", on_cores(cores, command), settings, VAR / "log" / "raw-ref.log")
    stack.callback(program.stop)
    program.read_line()
    return program


def measure(chosen, settings, relay, core, title):
    """One run of the load generator against `relay`, which is ready; its figures."""
    command = [LOAD, "--calls", chosen.calls, "--seconds", chosen.seconds, "--burst", "yes" if chosen.burst else "no",
               "--core", core, "--voice-port", settings["VOICE_PORT"], "--bridge-port", settings["PORT"],
               "--bridge-pid", relay.pid, "--public-host", PUBLIC_HOST, "--certificate", VAR / "voice.pem",
               "--key", VAR / "voice.key"]
    load = Program("tandem-bench-load", command, settings, VAR / "log" / "load.log")
    progress = Progress()
    try:
        while True:
            line = json.loads(load.read_line())
            if line["event"] == "figures":
                return line["figures"]
            words = {"listening": f"{title}: setting up {chosen.calls} calls",
                     "talking": f"{title}: {chosen.calls} calls talk, about {chosen.seconds + 3} s"}
            progress.show(words[line["event"]])
    except Failure as failure:
        if not relay.is_alive():
            raise relay.death() from failure
        raise
    finally:
        progress.done()
        load.stop()


def run_once(chosen, settings, start, title):
    """The relay lives for one run: its memory starts from nothing each time."""
    bridge_cores, core = cores_apart()
    with contextlib.ExitStack() as stack:
        relay = start(settings, bridge_cores, stack)
        return measure(chosen, settings, relay, core, title)


def measure_stamps(cores):
    """What timing a frame costs, on a core of the bridge."""
    done = subprocess.run(on_cores(cores, [STAMPS]), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"tandem-bench-stamps: {done.stderr.strip()}")
    return json.loads(done.stdout)


def run(chosen, stack):
    VAR.mkdir(parents=True, exist_ok=True)
    lock = stack.enter_context((VAR / "lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Failure("another benchmark is running in this folder") from None
    make_certificate()
    settings = bridge_settings(chosen, start_database(stack))
    bridge, raw = [], []
    for turn in range(max(1, chosen.rounds)):
        bridge.append(run_once(chosen, settings, start_bridge, "bridge"))
        if chosen.rounds:
            raw.append(run_once(chosen, settings, start_raw_ref, "raw reference"))
        if chosen.rounds > 1:
            table.show_round(turn, bridge[-1], raw[-1])
    report = table.collect(chosen, machine(), commit(), bridge, raw)
    report["stamps"] = measure_stamps(cores_apart()[0])
    table.show(report)
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if report["valid"] else 1


def main():
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with contextlib.ExitStack() as stack:
            return run(chosen, stack)
    except KeyboardInterrupt:
        return 130
    except Failure as failure:
        print(f"tests/bench/run: {failure}", file=sys.stderr)
        if failure.log:
            print(f"  the end of {failure.log}:\n{tail(failure.log)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
