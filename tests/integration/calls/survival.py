"""Calls that outlive their socket, their process or their database, and calls that must end all the same."""

import base64
import hashlib
import hmac
import re
import subprocess
import urllib.parse
import urllib.request

from checks import equal, test, true
from world import PUBLIC_HOST

UNKNOWN_CALL = "CA" + "0" * 32


def rows_of(world, sid):
    columns = ["id", "end_reason", "status", "status_rank", "chat_group_id", "provider"]
    rows = world.sql(f"select {','.join(columns)} from bridge.calls where call_sid = '{sid}' order by start_time")
    return [dict(zip(columns, row)) for row in rows]


def ended_rows(world, sid, count, patience_s=30):
    def all_ended():
        rows = rows_of(world, sid)
        return rows if len(rows) == count and all(row["end_reason"] for row in rows) else None
    return world.until(f"{count} ended row(s) of {sid}: {rows_of(world, sid)}", all_ended, patience_s)


def kill(world):
    """As kill -9, an OOM kill or a power cut of the process does it; answers what starts it again."""
    world.bridge._process.kill()
    world.bridge._process.wait()


def user_lines(world, call_id):
    return [line[0] for line in world.sql(
        f"select message from bridge.transcriptions where call_id = '{call_id}' and speaker = 'user' order by seq")]


def signed_webhook(world, path, **fields):
    """What Twilio would post; the TwiML."""
    url = f"https://{PUBLIC_HOST}{path}"
    text = url + "".join(name + value for name, value in sorted(fields.items()))
    token = world.credentials["TWILIO_AUTH_TOKEN"].encode()
    signature = base64.b64encode(hmac.new(token, text.encode(), hashlib.sha1).digest()).decode()
    request = urllib.request.Request(f"http://127.0.0.1:{world.port}{path}", urllib.parse.urlencode(fields).encode(),
                                     {"X-Twilio-Signature": signature})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def call_fields(world, sid, status):
    return {"CallSid": sid, "AccountSid": world.credentials["TWILIO_ACCOUNT_SID"], "From": "+14155550123",
            "To": "+14155550100", "Direction": "inbound", "CallStatus": status}


@test("R01: the caller of a bridge that was killed talks on with the same agent at the next one")
def killed(world):
    sid, = world.start(stream={"fall_through_ms": 3000}, script=[
        {"do": "wait_agent"}, {"do": "say", "clip": "book"}, {"do": "wait_agent", "timeout_ms": 10000},
        {"do": "pause", "ms": 1500}, {"do": "say", "clip": "pick"}, {"do": "wait_agent", "timeout_ms": 10000},
        {"do": "hang_up"}])
    world.until("the answer was heard", lambda: "pause" in {
        step["do"] for step in world.control.get(f"/calls/{sid}").get("caller", {"log": []})["log"]}, patience_s=40)
    kill(world)
    world.start_bridge()
    report = world.control.get(f"/calls/{sid}/wait?seconds=60", timeout_s=70)
    equal([stream["handshake_status"] for stream in report["streams"]], [101, 101], "streams")
    old, new = ended_rows(world, sid, 2)
    equal([old["end_reason"], new["end_reason"]], ["node_lost", "caller_hung_up"], "ends")
    equal(new["chat_group_id"], old["chat_group_id"], "chat group")
    resumed = world.sql(f"select event_data->>'previous_call_id' from bridge.events where call_id = '{new['id']}' and event_type = 'resumed_call'")
    equal(resumed, [[old["id"]]], "event resumed_call")
    equal(len(user_lines(world, new["id"])), 1, "what the caller said afterwards")
    equal(world.metric('tandem_calls_resumed_total{how="taken_over"}'), 1, "counted")
    greetings = world.sql(f"select count(*) from bridge.transcriptions where call_id = '{new['id']}' and message like 'Bramble%'")
    equal(greetings, [["0"]], "second greetings")


@test("R01: a call that ended while no bridge was there is closed with the carrier's word")
def reconciled(world):
    sid, = world.start(stream={"fall_through_ms": 100}, script=[{"do": "wait_agent"}, {"do": "pause", "ms": 60000}])
    row = world.until("the call is on record", lambda: [r for r in rows_of(world, sid) if r["status"] == "in-progress"])[0]
    kill(world)
    world.control.get(f"/calls/{sid}/wait?seconds=60", timeout_s=70)
    world.start_bridge()
    closed, = ended_rows(world, sid, 1)
    equal([closed["id"], closed["end_reason"], closed["status"], closed["status_rank"]],
          [row["id"], "node_lost", "completed", "40"], "row")


@test("T27: a caller whom nobody knows is hung up, and that is an alarm")
def unknown(world):
    twiml = signed_webhook(world, "/twilio/connect-done", **call_fields(world, UNKNOWN_CALL, "in-progress"))
    true("<Hangup/>" in twiml and "<Connect" not in twiml, twiml)
    true('"level":"error","event":"unknown_call"' in world.bridge_log.read_text(), "no alarm in the log")
    report, = world.call(script=[{"do": "pause", "ms": 500}, {"do": "hang_up"}])
    world.row(report["sid"])
    twiml = signed_webhook(world, "/twilio/connect-done", **call_fields(world, report["sid"], "in-progress"))
    true("<Hangup/>" in twiml and "<Connect" not in twiml, f"after the caller rang off: {twiml}")


@test("T27: while the database is away, a caller whom nobody knows gets a fresh agent")
def database_away(world):
    control = [*world._postgres]
    subprocess.run([*control, "stop"], env=world._environment, check=True, stdout=subprocess.DEVNULL)
    try:
        report, = world.call(voice_url=f"https://{PUBLIC_HOST}/twilio/connect-done",
                             script=[{"do": "wait_agent", "timeout_ms": 8000}, {"do": "hang_up"}])
    finally:
        subprocess.run([*control, "start"], env=world._environment, check=True, stdout=subprocess.DEVNULL)
    true(report["streams"] and report["streams"][0]["agent_ms_received"] > 500, f"no agent: {report['twiml']}")
    row, = ended_rows(world, report["sid"], 1)
    equal(row["end_reason"], "caller_hung_up", "end, from the spool")


@test("T26: a webhook that comes again is the same call with another address, and the newest socket wins")
def repeated_webhook(world):
    sid, = world.start(script=[{"do": "pause", "ms": 1500}, {"do": "pause", "ms": 20000}])
    world.until("the stream runs", lambda: [s for s in world.control.get(f"/calls/{sid}")["streams"] if s["handshake_status"] == 101])
    first = world.control.get(f"/calls/{sid}")["streams"][0]["url"]
    again = signed_webhook(world, "/twilio/voice", **call_fields(world, sid, "ringing"))
    url = re.search(r'url="(wss://[^"]+)"', again)[1]
    true(url != first, "the address of before")
    tokens = re.findall(r'value="([0-9a-f]{32})"', again)
    equal(len(tokens), 1, "tokens")
    equal(world.control.post("/handshake", {"url": url, "signature": "valid"})["status"], 101, "the second socket")
    equal(world.control.post("/handshake", {"url": url, "signature": "valid"})["status"], 403, "the same address again")
    equal(len(rows_of(world, sid)), 1, "rows")
    world.control.post(f"/calls/{sid}/hangup", {})
    ended_rows(world, sid, 1)


@test("T31: a hang-up that the carrier's API refuses for seconds still ends the call")
def hang_up_refused(world):
    world.control.post("/twilio/next", {"fault": "503", "of": "update", "count": 2})
    world.control.post("/twilio/next", {"fault": "429", "of": "update", "count": 1})
    sid, = world.start(script=[{"do": "wait_hangup", "timeout_ms": 30000}])
    row = world.until("the stream runs", lambda: [r for r in rows_of(world, sid) if r["status"] == "in-progress"])[0]
    world.api.post(f"/api/v1/calls/{row['id']}/hangup", {})
    report = world.control.get(f"/calls/{sid}/wait?seconds=30", timeout_s=40)
    true(report["ended_by"] in ("rest", "bridge"), report["ended_by"])
    equal(ended_rows(world, sid, 1)[0]["end_reason"], "operator_hung_up", "end")


@test("T31: an end that the carrier never reports is fetched, so that the row gets its final status")
def status_lost(world):
    sid, = world.start(script=[{"do": "pause", "ms": 500}, {"do": "hang_up"}], callbacks={"lose": ["completed"]})
    equal(ended_rows(world, sid, 1)[0]["status_rank"], "35", "before")
    world.until("the carrier's final word", lambda: rows_of(world, sid)[0]["status_rank"] == "40", patience_s=40)
    equal(rows_of(world, sid)[0]["status"], "completed", "status")


@test("E01: refused credentials are an alarm at once, and after three calls the bridge says it is not ready")
def refused_credentials(world):
    world.control.post("/evi/next", {"count": 3, "faults": {"upgrade": 401}})
    for calls in range(1, 4):
        report, = world.call(script=[{"do": "wait_hangup", "timeout_ms": 20000}])
        equal(ended_rows(world, report["sid"], 1)[0]["end_reason"], "voice_refused", "end")
        world.until("the alarm", lambda: world.bridge_log.read_text().count('"event":"voice_auth"') == calls)
        equal(world.api.status("/readyz"), 200 if calls < 3 else 503, f"ready after {calls}")
    world.call(script=[{"do": "wait_agent", "timeout_ms": 8000}, {"do": "hang_up"}])
    world.until("a session that works heals it", lambda: world.api.status("/readyz") == 200)
