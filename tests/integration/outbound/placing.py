"""Calls as people place them: once, with every parameter, whatever happens at the other end."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

from checks import equal, test, true
from dialling_world import DAY_S
from world import utc_day

PUBLIC = "https://tandem.test"


def check_form(params, call_id, number):
    intent = f"?intent={call_id}"
    equal(params["Url"], f"{PUBLIC}/twilio/voice{intent}", "Url")
    equal(params["FallbackUrl"], f"{PUBLIC}/twilio/voice-failed{intent}", "FallbackUrl")
    equal(params["StatusCallback"], f"{PUBLIC}/twilio/status{intent}#rc=2&rp=ct,rt,5xx", "StatusCallback")
    equal(params["AsyncAmdStatusCallback"], f"{PUBLIC}/twilio/amd{intent}", "AsyncAmdStatusCallback")
    equal([params["To"], params["From"], params["Timeout"], params["TimeLimit"], params["AsyncAmd"], params["MachineDetection"]],
          [number, "+14155550100", "30", "3660", "true", "Enable"], "form")


@test("a call that is asked for is placed once, with all that the carrier must know, and talks with the agent")
def whole_call(world):
    number = world.callee(script="booking")
    status, headers, answer = world.ask("/api/v1/calls", {"to": number, "purpose": "informational",
                                                          "message": "The table for four is free."})
    call_id = answer["call"]["id"]
    equal([status, headers["Location"], answer["call"]["status"]], [201, f"/api/v1/calls/{call_id}", "queued"], "answer")
    row = world.over(call_id, 60)
    equal([row["status"], row["end_reason"], row["direction"], row["purpose"], row["phone_number"]],
          ["completed", "agent_hung_up", "outbound", "informational", number], "row")
    create, = world.creates(number)
    equal(create["unknown"], [], "parameters that the carrier does not know")
    check_form(create["params"], call_id, number)
    call, = world.rung(number)
    equal([call["sid"], world.intent(call_id)], [row["call_sid"], {"state": "ended", "sid": call["sid"], "tries": "1", "error": "0"}],
          "intent")
    equal(world.control.get(f"/calls/{call['sid']}")["violations"], [], "what a strict carrier would refuse")
    chat_id, = world.sql(f"select chat_id from bridge.calls where id = '{call_id}'")[0]
    true("The table for four is free." in json.dumps(world.control.get(f"/evi/chats/{chat_id}")), "the agent was not told why")
    lines = world.sql(f"select count(*) from bridge.transcriptions where call_id = '{call_id}'")
    true(int(lines[0][0]) > 3, f"nothing was said: {lines}")


@test("O02: a double click, a reload and a retry are one call; a key is for one request")
def double_click(world):
    number = world.callee(outcome="busy")
    body = {"to": number, "purpose": "informational", "message": "hello"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: world.ask("/api/v1/calls", body, "click-1"), range(6)))
    equal([status for status, _, _ in answers], [201] * 6, "status")
    equal(len({answer["call"]["id"] for _, _, answer in answers}), 1, "calls")
    equal(sum("Idempotent-Replayed" in headers for _, headers, _ in answers), 5, "replays")
    world.over(answers[0][2]["call"]["id"])
    equal([len(world.creates(number)), len(world.rung(number))], [1, 1], "requests and calls")
    status, _, answer = world.ask("/api/v1/calls", {**body, "message": "something else"}, "click-1")
    equal([status, answer["code"]], [422, "idempotency_key_reused"], "another request")


@test("whoever is busy, away or unreachable closes the call with the carrier's word")
def nobody_there(world):
    calls = {outcome: world.place(world.callee(outcome=outcome)) for outcome in ("busy", "no-answer", "failed")}
    for outcome, call_id in calls.items():
        row = world.over(call_id)
        equal([row["status"], row["end_reason"]], [outcome, "not_answered"], outcome)


@test("O06: a machine that answers is hung up on")
def machine(world):
    call_id = world.place(world.callee(answered_by="machine_start", amd_ms=800, talk_ms=20000))
    row = world.over(call_id)
    equal([row["status"], row["end_reason"], row["answered_by"]], ["completed", "answered_by_machine", "machine"], "row")


@test("what the gate refuses is named with meaning and source, and the carrier never hears of it")
def refused(world):
    number = world.callee(consents=False)
    status, _, answer = world.ask("/api/v1/calls", {"to": number, "purpose": "informational"})
    equal([status, answer["code"], [each["code"] for each in answer["refusals"]]], [422, "call_refused", ["consent_missing"]], "answer")
    true(answer["refusals"][0]["meaning"] and answer["refusals"][0]["source"], "no words")
    equal(world.creates(number), [], "requests")
    for wrong in ({"to": "12125550101", "purpose": "informational"}, {"to": number, "purpose": "fun"},
                  {"to": number, "purpose": "informational", "message": "x" * 2001},
                  {"to": number, "purpose": "informational", "message": "a\u0000b"}, {"purpose": "informational"}):
        equal(world.ask("/api/v1/calls", wrong)[0], 422, str(wrong)[:60])


@test("hours that nobody reviewed for 120 days refuse every call, until somebody says to have done it; the decision keeps the day")
def review(world):
    today = world.environment["CALLING_RULES_REVIEWED"]
    number, shift = world.callee(), int(os.environ["TANDEM_WALL_SHIFT"]) + 121 * DAY_S
    later, day = {"TANDEM_WALL_SHIFT": str(shift)}, utc_day(shift)
    call = ["call", number, "--purpose", "informational"]
    code, said = world.tandem(*call, **later)
    equal([code, "hour_rules_stale" in said], [1, True], said)
    code, said = world.tandem(*call, **later, CALLING_RULES_REVIEWED=day)
    equal([code, "hour_rules_stale" in said, "clock_unsteady" in said], [1, False, True], said)  # no clock is so far off
    relied = world.sql(f"select facts->>'hours_reviewed' from bridge.dial_decisions where phone_number = '{number}' order by id")
    equal(relied, [[today], [day]], "in the decisions")
    for settings, word in (({}, "ok    calling hours"), (later, "fail  calling hours")):
        code, said = world.tandem("check", **settings)
        true(word in said, f"{word} is missing in:\n{said}")
    code, said = world.tandem(*call, CALLING_RULES_REVIEWED=day)
    equal([code, "CALLING_RULES_REVIEWED: a day in the future" in said], [78, True], said)


@test("POST /make-call and tandem call place calls too, and the command waits for the end")
def aliases(world):
    number = world.callee(outcome="busy")
    status, _, answer = world.ask("/make-call", {"phoneNumber": number, "message": "hi", "purpose": "informational"})
    equal([status, answer["success"], answer["callSid"]], [201, True, None], "answer")
    world.over(answer["call"]["id"])
    code, said = world.tandem("call", world.callee(outcome="no-answer"), "--purpose", "informational", "--wait")
    equal([code, "no-answer\t" in said and "not_answered" in said], [1, True], said)
    code, said = world.tandem("call", world.callee(consents=False), "--purpose", "informational")
    equal([code, "consent_missing" in said], [1, True], said)
    equal(world.tandem("call", "--status", answer["call"]["id"])[0], 0, "status")
    equal(world.tandem("call", number)[0], 2, "usage")
