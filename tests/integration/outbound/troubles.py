"""Lost replies, errors of the carrier and kills, with the bridge as it ships."""

import time

from checks import equal, test


@test("O01: whatever happens to the answer of the carrier, one request is sent and the call is found by its callbacks")
def lost_answers(world):
    for fault in ("drop_placed", "500_placed", "503_placed"):
        number = world.callee(outcome="busy")
        world.control.post("/twilio/next", {"fault": fault, "of": "create"})
        row = world.over(world.place(number))
        equal([row["status"], len(world.creates(number)), len(world.rung(number))], ["busy", 1, 1], fault)


@test("O01: a request that was lost is not repeated; the list of the carrier is asked, and says what it knows")
def lost_requests(world):
    world.control.post("/twilio/next", {"fault": "drop", "of": "create"})
    number = world.callee()
    call_id = world.place(number)
    world.until("the answer is known to be lost", lambda: world.intent(call_id)["state"] == "unknown")
    world.sql(f"update bridge.dial_intents set placing_at = placing_at - interval '2 minutes' where id = '{call_id}'")
    lists = lambda: [each for each in world.control.get("/twilio/requests")["requests"]  # noqa: E731
                     if each["method"] == "GET" and each["params"].get("To") == number]
    world.until("the list was asked", lists)
    equal([len(world.creates(number)), world.intent(call_id)["state"]], [1, "unknown"], "after one empty list")
    world.sql(f"update bridge.dial_intents set state = 'failed' where id = '{call_id}'")


@test("O01: a call without any callback is found in the carrier's list")
def silent_call(world):
    number = world.callee(ring_ms=60000, callbacks={"lose": ["initiated", "ringing", "answered", "completed"]})
    world.control.post("/twilio/next", {"fault": "drop_placed", "of": "create"})
    call_id = world.place(number)
    world.until("the answer is known to be lost", lambda: world.intent(call_id)["state"] == "unknown")
    # callbacks have had their time; the carrier's clock may differ by a minute, so the call still counts as later
    world.sql(f"update bridge.dial_intents set placing_at = placing_at - interval '65 s' where id = '{call_id}'")
    world.until("it was found", lambda: world.intent(call_id)["state"] == "placed")
    call, = world.rung(number)
    equal(world.intent(call_id)["sid"], call["sid"], "id")
    world.control.post(f"/calls/{call['sid']}/hangup", {})


@test("a carrier that is busy is asked again later, one that refuses is not, and trouble with the account stops the node")
def error_classes(world):
    number = world.callee(outcome="busy")
    world.control.post("/twilio/next", {"fault": "429", "of": "create"})
    call_id = world.place(number)
    world.over(call_id)
    equal([len(world.creates(number)), len(world.rung(number)), world.intent(call_id)["tries"]], [2, 1, "2"], "after 429")
    world.control.post("/twilio/next", {"fault": "error", "code": 21217, "of": "create"})
    number = world.callee()
    call_id = world.place(number)
    row = world.over(call_id)
    equal([row["status"], row["end_reason"], world.intent(call_id)["error"], len(world.creates(number))],
          ["failed", "carrier_refused", "21217", 1], "after 21217")
    world.control.post("/twilio/next", {"fault": "error", "code": 20003, "status": 401, "of": "create"})
    world.over(world.place(world.callee()))
    equal(world.metric("tandem_dialling_halted"), 1, "after 20003")
    waiting = world.callee(outcome="busy")
    call_id = world.place(waiting)
    time.sleep(2.5)
    equal([world.creates(waiting), world.intent(call_id)["state"]], [[], "queued"], "while halted")
    equal(world.tandem("call", "--resume")[0], 0, "resume")
    world.over(call_id)
    equal(world.metric("tandem_dialling_halted"), 0, "after somebody acted")


@test("O03: a bridge that is killed while the carrier places the call finds it again and does not place it twice")
def killed(world):
    number = world.callee(ring_ms=4000, outcome="busy")
    world.control.post("/twilio/next", {"fault": "delay", "delay_ms": 1500, "of": "create"})
    call_id = world.place(number)
    world.until("the carrier is being asked", lambda: world.intent(call_id)["state"] == "placing")
    time.sleep(0.5)
    world.bridge._process.kill()
    world.bridge._process.wait()
    world.start_bridge()
    row = world.over(call_id)
    equal([row["status"], len(world.creates(number)), len(world.rung(number))], ["busy", 1, 1], "calls")
