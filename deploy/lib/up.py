"""What `deploy/up` does once everything is installed and built."""

import argparse
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import report
from api import Client
from parties import PUBLIC_HOST, has, invented_credentials, private_key, read_settings, stand_ins_needed, tasks
from processes import Failure, Program, Progress, free_port, is_free, say, tail

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
BUILD = Path(os.environ.get("TANDEM_BUILD") or ROOT / "build" / "release")
STAND_INS = BUILD / "tests" / "standins" / "tandem-standins"
LABEL_OF_SCRIPT = {"booking": "booked", "not_booked": "not_booked", "interrupt": "booked"}


def arguments():
    parser = argparse.ArgumentParser(prog="deploy/up")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--script", metavar="NAME", default="booking")
    parser.add_argument("--calls", metavar="N", type=int, default=1)
    chosen = parser.parse_args()
    if not 1 <= chosen.calls <= 200:
        parser.error("--calls wants 1 to 200")
    return chosen


def the_only_one(chosen, stack):
    """Two runs of the same kind would share a spool and a port."""
    VAR.mkdir(exist_ok=True)
    lock = stack.enter_context((VAR / ("once.lock" if chosen.once else "up.lock")).open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Failure("another deploy/up of the same kind is running in this folder") from None


def start_database(settings, stack):
    if settings.get("DATABASE_URL") or settings.get("DATABASE_URL_FILE"):
        say("Database    the one of DATABASE_URL")
        return {}
    command = ROOT / "deploy" / "postgres"
    done = subprocess.run([command, "start"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Failure("the private PostgreSQL cluster did not start")
    if done.stdout.strip() == "started":
        stack.callback(subprocess.run, [command, "stop"], check=False)
    say("Database    private PostgreSQL cluster under var/postgres (deploy/postgres psql)")
    url = subprocess.run([command, "url"], stdout=subprocess.PIPE, text=True, check=True)
    made = {"DATABASE_URL": url.stdout.strip()}
    if not has(settings, "PHONE_HASH_KEY"):  # it belongs to this database: what an erasure leaves is found by it
        made["PHONE_HASH_KEY_FILE"] = str(private_key(VAR / "private" / "phone-hash-key"))
    return made


def start_stand_ins(parties, settings, credentials, bridge_port, stack):
    """Settings that lead the bridge to them, and their control port."""
    command = [STAND_INS, "serve", "--max-seconds", "604800", "--data", ROOT / "tests" / "standins" / "data"]
    command += ["--say-speed", "4"]  # the disclosure is Twilio's own voice: nothing of ours runs faster
    command += [f"--{party.flag}" for party in parties]
    command += ["--route", f"wss://{PUBLIC_HOST}=127.0.0.1:{bridge_port}"]
    program = Program("tandem-standins", command, {**os.environ, **credentials}, VAR / "log" / "standins.log")
    stack.callback(program.stop)
    urls = {}
    while "control" not in urls:
        line = json.loads(program.read_line())
        urls[line["party"]] = line["url"]
    for party in parties:
        stands_for = " and ".join(tasks(party, settings))
        say(f"{party.name:<11} STAND-IN for {stands_for} ({party.keys[-1]} is not set)")
    return {party.url_setting: urls[party.flag] for party in parties}, Client("the stand-in", urls["control"]), program


def choose_port(chosen, settings):
    if settings.get("PORT"):
        port = int(settings["PORT"]) if settings["PORT"].isdigit() else 0
    else:
        port = free_port() if chosen.once else 8080
    if port and not is_free(port):
        raise Failure(f"port {port} is in use; set PORT to another one")
    return port


def bridge_settings(chosen, port, with_twilio_stand_in):
    made = {"PORT": str(port), "SPOOL_DIR": str(VAR / ("spool-once" if chosen.once else "spool"))}
    if with_twilio_stand_in:
        made |= {"PUBLIC_URL": f"https://{PUBLIC_HOST}", "DRAIN_TIMEOUT_SECONDS": "10"}
    return made


def start_bridge(settings, stack):
    migrated = subprocess.run([BUILD / "tandem", "migrate"], env=settings, capture_output=True, text=True, check=False)
    if migrated.returncode != 0:
        raise Failure(f"tandem migrate: {migrated.stderr.strip()}")
    bind = settings.get("BIND") or "127.0.0.1"
    address = "127.0.0.1" if bind in ("0.0.0.0", "::") else bind
    bridge = Program("tandem", [BUILD / "tandem", "serve"], settings, VAR / "log" / "tandem.log")
    stack.callback(bridge.stop)
    client = Client("the bridge", f"http://{address}:{settings['PORT']}")
    deadline = time.monotonic() + 30
    while client.status("/readyz") != 200:
        if not bridge.is_alive():
            raise bridge.death()
        if time.monotonic() > deadline:
            raise Failure("the bridge was not ready within 30 s", bridge.log)
        time.sleep(0.05)
    return client, bridge


def tandem_user(settings, *words):
    """What `tandem user ...` printed."""
    done = subprocess.run([BUILD / "tandem", "user", *words], env=settings, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"tandem user {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def identify(bridge, settings, stack):
    """Where people log in, this run does so as a program, with a token that ends with it."""
    if bridge.status("/api/v1/session") == 200:
        return
    name = f"deploy-up-{os.getpid()}"
    bridge.token = tandem_user(settings, "token", name, "--role", "viewer", "--days", "1")
    identifier = next(line.split()[0] for line in tandem_user(settings, "tokens").splitlines() if name in line.split())
    stack.callback(tandem_user, settings, "revoke", identifier)


def setup_link(log):
    """The link that makes the first admin, if there is no user yet."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if '"no_users_yet"' in line]
    return json.loads(lines[-1])["setup_link"] if lines else None


def place_calls(chosen, control, programs):
    """Starts the calls over the stand-in, waits until all are over; the stand-in's reports."""
    recordings = VAR / "recordings"
    recordings.mkdir(exist_ok=True)
    started = control.post("/calls", {
        "voice_url": f"https://{PUBLIC_HOST}/twilio/voice", "status_url": f"https://{PUBLIC_HOST}/twilio/status",
        "status_events": ["initiated", "ringing", "answered", "completed"], "script": chosen.script,
        "count": chosen.calls, "recording_dir": str(recordings)})
    sids, progress = started["sids"], Progress()
    begun = time.monotonic()
    while True:
        reports = [control.get(f"/calls/{sid}") for sid in sids]
        over = sum(r["done"] for r in reports)
        heard = sum(s.get("agent_ms_played", 0) for r in reports for s in r["streams"]) / 1000 / len(sids)
        spoken = sum(s.get("caller_ms_sent", 0) for r in reports for s in r["streams"]) / 1000 / len(sids)
        progress.show(f"{over} of {len(sids)} calls over after {time.monotonic() - begun:.0f} s; "
                      f"agent audio heard {heard:.0f} s, caller audio sent {spoken:.0f} s")
        for program in programs:
            if not program.is_alive():
                raise program.death()
        if over == len(sids):
            progress.done()
            return reports
        if time.monotonic() - begun > 240:
            raise Failure("the call did not end within 240 s", programs[0].log)
        time.sleep(0.25)


def wait_for_verdicts(bridge, sids, log, patience_s=45):
    """Call id of every carrier id, once its analysis came to an end."""
    deadline, found, progress = time.monotonic() + patience_s, {}, Progress()
    while True:
        for row in bridge.get(f"/api/v1/calls?limit={min(500, 2 * len(sids) + 20)}")["calls"]:
            call = bridge.get(f"/api/v1/calls/{row['id']}") if row.get("call_sid") is None else row
            if call.get("call_sid") in sids and call["call_sid"] not in found:
                detail = bridge.get(f"/api/v1/calls/{row['id']}")
                if ((detail.get("outcome") or {}).get("state")) in ("done", "failed", "needs_review"):
                    found[call["call_sid"]] = row["id"]
        if len(found) == len(sids):
            progress.done()
            return found
        if time.monotonic() > deadline:
            raise Failure(f"{len(sids) - len(found)} of {len(sids)} calls have no verdict after {patience_s} s", log)
        progress.show("waiting for the outcome analysis")
        time.sleep(0.2)


def carry_calls(chosen, bridge, control, programs):
    """Places the calls and reports on them; the list of what was not as it should be."""
    say(f"\nPlacing {chosen.calls} call{'s' if chosen.calls > 1 else ''} with the script \"{chosen.script}\" …")
    stand_in_reports = place_calls(chosen, control, programs)
    ids = wait_for_verdicts(bridge, [r["sid"] for r in stand_in_reports], programs[0].log)
    reports = [report.collect(bridge, ids[r["sid"]], r) for r in stand_in_reports]
    expected = LABEL_OF_SCRIPT.get(chosen.script)
    problems = [problem for r in reports for problem in report.problems(r, expected)]
    say()
    report.show(reports[0])
    if len(reports) > 1:
        report.show_table(reports)
    if chosen.json:
        whole = {**reports[0], "problems": problems}
        if len(reports) > 1:
            whole["calls"] = reports
        chosen.json.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    for problem in problems:
        say(f"PROBLEM     {problem}")
    return problems


def keep_running(bridge, programs):
    say(f"\nDashboard   {bridge.url}/     (Ctrl-C stops everything)")
    link = setup_link(programs[0].log)
    if link:
        say(f"First user  {link}\n            Until then whoever sits at this machine may do all; the link works once, for a day.")
    while all(program.is_alive() for program in programs):
        time.sleep(0.5)
    raise next(program for program in programs if not program.is_alive()).death()


def run(chosen, stack):
    settings = read_settings(ROOT / ".env")
    stand_ins = stand_ins_needed(settings)
    with_twilio_stand_in = any(party.flag == "twilio" for party in stand_ins)
    if chosen.once and not with_twilio_stand_in:
        raise Failure("--once plays a scripted caller; with TWILIO_… set nobody is there to be rung. Unset them.")
    the_only_one(chosen, stack)
    port = choose_port(chosen, settings)
    settings |= start_database(settings, stack)
    settings |= bridge_settings(chosen, port, with_twilio_stand_in)
    programs, control = [], None
    if stand_ins:
        credentials = invented_credentials(stand_ins)
        urls, control, program = start_stand_ins(stand_ins, settings, credentials, port, stack)
        settings |= credentials | urls
        programs.append(program)
    bridge, program = start_bridge(settings, stack)
    programs.insert(0, program)
    identify(bridge, settings, stack)
    say(f"Bridge      {bridge.url}, log in var/log/tandem.log")
    problems = []
    if with_twilio_stand_in:
        problems = carry_calls(chosen, bridge, control, programs)
    else:
        say(f"\nCall {settings.get('TWILIO_PHONE_NUMBER') or 'your Twilio number'}; its voice webhook must be "
            f"{settings.get('PUBLIC_URL')}/twilio/voice")
    if not chosen.once:
        keep_running(bridge, programs)
    return 1 if problems else 0


def main():
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that puts us in the background ignores it
    try:
        with contextlib.ExitStack() as stack:
            return run(chosen, stack)
    except KeyboardInterrupt:
        say("\nstopped")
        return 0
    except Failure as failure:
        print(f"\ndeploy/up: {failure}", file=sys.stderr)
        if failure.log:
            print(f"  the end of {failure.log}:\n{tail(failure.log)}", file=sys.stderr)
        return 1


sys.exit(main())
