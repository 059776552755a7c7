"""Guessing passwords: many tries, many names, many addresses, many at once."""

from concurrent.futures import ThreadPoolExecutor

from checks import equal, test, true
from people import PASSWORD, Browser, add_user, logged_in

LOG_IN = "/api/v1/session"


def tries(world, guesses):
    """Answers to log-ins of (name, password, address), sixteen at a time."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda guess: Browser(world, guess[2]).ask("POST", LOG_IN, {"name": guess[0], "password": guess[1]}),
                             guesses))


def count(answers):
    statuses = [answer.status for answer in answers]
    return {status: statuses.count(status) for status in sorted(set(statuses))}


def audited(world, action, subject):
    return int(world.sql(f"select count(*) from bridge.audit_log where action = '{action}' and subject = '{subject}'")[0][0])


def counted(world):
    """tandem_logins_total by result."""
    results = ("accepted", "refused", "too_many", "busy", "unavailable")
    return {result: world.metric(f'tandem_logins_total{{result="{result}"}}') for result in results}


@test("A06: of 500 guesses at one account, from 500 addresses, five are looked at; then even the right password waits")
def one_account(world):
    add_user(world, "target", "viewer")
    before = counted(world)
    answers = tries(world, [("target", f"guess number {n}", f"198.51.100.{n % 250}") for n in range(500)])
    equal(count(answers), {401: 5, 429: 495}, "answers")
    waits = [int(answer.headers["retry-after"]) for answer in answers if answer.status == 429]
    true(all(0 < wait <= 120 for wait in waits), f"Retry-After: {set(waits)}")
    equal(Browser(world, "203.0.113.1").log_in("target").status, 429, "the right password")
    equal((audited(world, "log_in_refused", "target"), audited(world, "log_in_locked", "target")), (5, 1), "in the audit log")
    equal({result: value - before[result] for result, value in counted(world).items()},
          {"accepted": 0, "refused": 5, "too_many": 496, "busy": 0, "unavailable": 0}, "by the metric")


@test("A06: one address that tries many accounts is stopped after five, and others are not")
def spraying(world):
    answers = tries(world, [(f"name{n}", PASSWORD, "203.0.113.77") for n in range(60)])
    equal(count(answers), {401: 5, 429: 55}, "answers")
    equal(Browser(world, "203.0.113.78").log_in("vic").status, 200, "somebody else")


@test("A06: an unknown user, a disabled one and a wrong password get the same answer, letter for letter")
def same_answer(world):
    guesses = [("vic", "wrong", "203.0.113.2"), ("nobody.at.all", "wrong", "203.0.113.3"), ("tom", PASSWORD, "203.0.113.4")]
    answers = tries(world, guesses)
    equal(count(answers), {401: 3}, "answers")
    equal(len({answer.text for answer in answers}), 1, "different texts")
    ignored = {"date"}
    equal(len({str({name: value for name, value in a.headers.items() if name not in ignored}) for a in answers}), 1, "headers")
    unknown = world.sql("select count(*) from bridge.audit_log where subject like 'nobody.at%' or detail::text like '%nobody.at%'")
    equal(unknown, [["0"]], "a name that is no user's is not kept: it may be a password")


@test("A06: whoever writes X-Forwarded-For without being the proxy gains nothing")
def forged_address(world):
    chain = ", ".join(["198.51.100.1", "203.0.113.99"])  # the first is the client's own invention
    answers = [Browser(world, chain.replace("198.51.100.1", f"198.51.100.{n}")).ask(
        "POST", LOG_IN, {"name": f"other{n}", "password": "wrong"}) for n in range(8)]
    equal(count(answers), {401: 5, 429: 3}, "answers")


@test("A07: 200 log-ins at once during calls: each is answered, too many are turned away, and no frame of a call is lost")
def flood(world):
    sids = world.start(3, script="booking")
    world.until("the calls talk", lambda: world.sql(
        f"select count(*) from bridge.transcriptions t join bridge.calls c on c.id = t.call_id where c.call_sid in ({listed(sids)})")
        [0][0] >= "3")
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda n: Browser(world, f"198.51.{n}.1").ask(
            "POST", LOG_IN, {"name": f"flood{n}", "password": "wrong password"}), range(200)))
    found = count(answers)
    equal(set(found) <= {401, 429}, True, f"answers: {found}")
    true(found.get(401, 0) > 0 and found.get(429, 0) > 0, f"answers: {found}")
    admin = logged_in(world, "ann", address="192.0.2.1")
    for sid in sids:
        call_id = world.sql(f"select id from bridge.calls where call_sid = '{sid}'")[0][0]
        equal(admin.ask("POST", f"/api/v1/calls/{call_id}/hangup").status, 202, "hang up")
        report = world.control.get(f"/calls/{sid}/wait?seconds=60", timeout_s=70)
        equal(report["violations"], [], "what a strict Twilio would refuse")
        equal(world.row(sid)["end_reason"], "operator_hung_up", "end of the call")
        audio = admin.ask("GET", f"/api/v1/calls/{call_id}").json()["audio"]
        equal(audio["caller_frames_in"], audio["caller_frames_sent"] + audio["caller_frames_dropped"], "caller frames")
        lost = report["streams"][-1]["frames_sent"] - audio["caller_frames_in"]
        true(lost in (0, 1), f"{lost} frames of the carrier did not arrive")
        equal(audio["agent_ms_received"], audio["agent_ms_sent"] + audio["agent_ms_cut"], "agent milliseconds")


def listed(sids):
    return ",".join(f"'{sid}'" for sid in sids)
