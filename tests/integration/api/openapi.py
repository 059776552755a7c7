"""The document against the server: every route of it is asked, rightly and wrongly, and every answer is as it says. That every
route of the server is in it, tests/unit/web/openapi_test.cpp holds against the table itself."""

from urllib.parse import quote

from checks import equal, test, true
from document import WRONG, Document

NOBODY = "00000000-0000-4000-8000-ffffffffffff"
JSON = {"Content-Type": "application/json"}
BODIES = {"/api/v1/users/{id}": '{"disabled":false}', "say": '{"text":"Hello."}', "context": '{"text":"Hello."}', "transfer": '{"to":"+14155550123"}'}


def document(world):
    answer = world.http.get("/api/v1/openapi.json")
    equal(answer.status, 200, "status of the document")
    return Document(answer.json())


def complain(complaints):
    true(not complaints, "\n".join(complaints))


def address(world, path, call_id=None):
    return path.replace("{id}", call_id or world.call_id)


def fits(world, spec, operation, method, target, statuses, **more):
    """Complaints about one question whose answer has to have one of these statuses."""
    answer = world.http.ask(method, target, **more)
    found = [f"status {answer.status}, not {statuses}: {answer.text[:200]}"] if answer.status not in statuses else []
    return [f"{method} {target[:120]}: {each}" for each in found + spec.complaints(operation, answer)]


def gets(spec):
    """Questions that have an answer: of what has an id, the one call that there is."""
    return [(path, operation) for method, path, operation in spec.operations()
            if method == "GET" and ("{id}" not in path or path.startswith("/api/v1/calls/"))]


@test("the OpenAPI document refers to nothing that it does not have, and uses all that it has")
def references(world):
    spec = document(world)
    used = set()

    def walk(part):
        if isinstance(part, dict):
            if "$ref" in part:
                spec.resolve(part)
                used.add(part["$ref"])
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(spec.text)
    have = {f"#/components/{kind}/{name}" for kind in ("parameters", "responses", "schemas") for name in spec.components[kind]}
    equal(sorted(have - used), [], "unused")


@test("every address answers as the document says, with each of its parameters and with none")
def right_questions(world):
    spec, complaints, asked = document(world), [], 0
    for path, operation in gets(spec):
        targets = [address(world, path)]
        for parameter in spec.query_parameters(operation):
            value = spec.right_value(parameter)
            if value is not None:
                targets.append(f"{targets[0]}?{parameter['name']}={quote(str(value))}")
        for target in targets:
            complaints += fits(world, spec, operation, "GET", target, [200])
            asked += 1
    complain(complaints)
    true(asked > 40, f"only {asked} questions")


@test("every wrong value of every parameter is refused by name, and so is a parameter that the document does not have")
def wrong_questions(world):
    spec, complaints = document(world), []
    for path, operation in gets(spec):
        target = address(world, path)
        names = [parameter["name"] for parameter in spec.query_parameters(operation)]
        takes_any = operation["x-access"] == "anyone" or path == "/metrics"
        wrong = [(name, value) for name in names for value in WRONG[name]] + ([] if takes_any else [("no_such", "1")])
        for name, value in wrong:
            ask = f"{target}?{name}={value if '%' in value else quote(value)}"
            complaints += fits(world, spec, operation, "GET", ask, [400])
            answer = world.http.get(ask)
            if answer.status == 400 and name not in [error["name"] for error in answer.json()["errors"]]:
                complaints.append(f"{ask}: {name} is not named")
    complain(complaints)


@test("every other method of every address is refused with a problem and the methods that there are")
def other_methods(world):
    spec, complaints = document(world), []
    for path, methods in spec.text["paths"].items():
        for method in ["POST", "GET", "PUT", "DELETE", "PATCH"]:
            if method.lower() in methods:
                continue
            operation = next(iter(methods.values()))
            complaints += fits(world, spec, operation, method, address(world, path), [405])
            allowed = world.http.ask(method, address(world, path)).headers["allow"]
            if sorted(allowed.lower().split(", ")) != sorted(methods):
                complaints.append(f"{method} {path}: Allow is {allowed}")
    complain(complaints)


@test("a call that there is not is answered 404 at every address of a call")
def no_such_call(world):
    spec, complaints = document(world), []
    for method, path, operation in spec.operations():
        if "{id}" not in path:
            continue
        body = BODIES.get(path) or BODIES.get(path.rsplit("/", 1)[1])
        for call_id in [NOBODY, "none"]:
            complaints += fits(world, spec, operation, method, address(world, path, call_id), [404],
                               **({"body": body, "headers": JSON} if body else {}))
    complain(complaints)


@test("every change refuses another site, another type and another body, each with its problem")
def wrong_changes(world):
    spec, complaints = document(world), []
    for method, path, operation in spec.operations():
        if method == "GET" or (method == "DELETE" and "requestBody" not in operation):
            continue
        for statuses, body, headers in [
                ([403], None, {"Origin": "https://elsewhere.example"}), ([403], None, {"Sec-Fetch-Site": "cross-site"}),
                ([415], "{}", {"Content-Type": "text/plain"}), ([400], "{", JSON), ([400], '{"a":1,"a":2}', JSON),
                ([422], '{"no_such":"x"}', JSON), ([413], '{"text":"' + "x" * 70_000 + '"}', JSON)]:
            complaints += fits(world, spec, operation, method, address(world, path), statuses, body=body, headers=headers)
    complain(complaints)


@test("a running call takes every command, and a call that is over its analysis, as the document says")
def right_changes(world):
    spec, complaints = document(world), []
    sid, = world.start(script="booking")
    call_id = world.until("the call", lambda: world.sql(f"select id from bridge.calls where call_sid = '{sid}'"))[0][0]
    world.until("it runs", lambda: world.http.ask("POST", f"/api/v1/calls/{call_id}/pause").status == 202)
    operations = {path: operation for method, path, operation in spec.operations() if method == "POST"}
    complaints += fits(world, spec, operations["/api/v1/calls/{id}/analyze"], "POST", f"/api/v1/calls/{call_id}/analyze", [409])
    for name in ["resume", "context", "say", "pause", "transfer", "hangup"]:
        body = BODIES.get(name)
        complaints += fits(world, spec, operations["/api/v1/calls/{id}/" + name], "POST", f"/api/v1/calls/{call_id}/{name}", [202, 404]
                           if name == "hangup" else [202], **({"body": body, "headers": JSON} if body else {}))
    complaints += fits(world, spec, operations["/api/v1/calls/{id}/analyze"], "POST", f"/api/v1/calls/{world.call_id}/analyze", [202])
    complain(complaints)
    world.until("the new verdict", lambda: world.http.get(f"/api/v1/calls/{world.call_id}").json()["outcome"]["state"] == "done")


@test("an order to erase a number is taken and reported on, as the document says")
def erasure(world):
    spec = document(world)
    operations = {(method, path): operation for method, path, operation in spec.operations()}
    order = operations["POST", "/api/v1/erase"]
    answer = world.http.ask("POST", "/api/v1/erase", '{"number":"+12125550198"}', JSON)
    equal(answer.status, 202, answer.text[:200])
    complain(spec.complaints(order, answer))
    report = operations["GET", "/api/v1/erase/{id}"]
    target = answer.json()["report"]
    world.until("the report", lambda: world.http.get(target).status == 200)
    complain(fits(world, spec, report, "GET", target, [200]))


@test("the parties are named with their state, and Twilio is only said to answer while it does")
def dependencies(world):
    seen = {each["name"]: each["state"] for each in world.http.get("/api/v1/health/dependencies").json()["dependencies"]}
    equal({name: seen.get(name) for name in ("database", "importer", "carrier", "voice:hume", "analysis")},
          dict.fromkeys(("database", "importer", "carrier", "voice:hume", "analysis"), "ok"), "states")
    equal(world.http.get("/test-twilio").json(), {"success": True}, "test-twilio")


@test("pages follow each other by cursor, without a gap and without a repeat")
def pages(world):
    seen, cursor = [], ""
    while cursor is not None:
        page = world.http.get(f"/api/v1/calls?limit=300&from=2026-10-01&to=2026-10-31{cursor and '&cursor=' + cursor}").json()
        seen += [call["id"] for call in page["calls"]]
        cursor = page["next_cursor"]
    equal(len(seen), world.invented, "calls")
    equal(len(set(seen)), world.invented, "different calls")


@test("E27: with STORE_EMOTION_SCORES the lines of a transcript have EVI's scores, from 0 to 1")
def emotions(world):
    entries = world.http.get(f"/api/v1/calls/{world.call_id}/transcript").json()["entries"]
    for speaker in ("user", "assistant"):
        scores = [entry["emotions"] for entry in entries if entry["speaker"] == speaker and "emotions" in entry]
        true(scores and all(len(each) == 48 and 0 <= value <= 1 for each in scores for value in each.values()),
             f"of {speaker}: {scores}")


@test("a search shows where the words were said, marked in plain text")
def hits(world):
    page = world.http.get("/api/v1/calls?q=thursday").json()
    mine = [call for call in page["calls"] if call["id"] == world.call_id]
    true(mine and mine[0]["hits"], f"no hits: {page}")
    marked = [part["text"].lower() for hit in mine[0]["hits"] for part in hit["snippet"] if part["is_match"]]
    true(marked and all(word.startswith("thursday") for word in marked), f"marked: {marked}")


@test("a search says that calls whose words are sealed are not searched, as long as there are such calls")
def sealed(world):
    call_id = "00000000-0000-4000-8000-00000000005e"
    world.sql(f"insert into bridge.call_keys (call_id, wrapped_key) values ('{call_id}', 'invented')")
    page = world.http.get("/api/v1/calls?q=thursday").json()
    world.sql(f"delete from bridge.call_keys where call_id = '{call_id}'")
    equal([page["sealed_not_searched"], len(page["calls"]) > 0], [True, True], "while there are")
    equal(world.http.get("/api/v1/calls?q=thursday").json()["sealed_not_searched"], False, "afterwards")
    equal("sealed_not_searched" in world.http.get("/api/v1/calls").json(), False, "without a search")
