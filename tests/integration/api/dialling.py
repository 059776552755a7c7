"""What the API does about dialling: our own list, consents, decisions, the switch; and that the audit log has each change
and no number."""

import json

from checks import equal, test, true
from openapi import JSON, complain, document

CALLEE = "+12125550123"
CONSENT = {"number": CALLEE, "purpose": "telemarketing", "seller": "Example Diner", "written": True,
           "wording": "You may call me.", "channel": "web form", "evidence_kind": "ip", "evidence": "192.0.2.7",
           "evidence_sha256": "ab" * 32, "captured_at": "2026-11-01T12:00:00Z", "region": "FL"}


class Desk:
    """Asks, and holds every answer against the document."""

    def __init__(self, world):
        self._world = world
        self._spec = document(world)
        self._operations = {(method, path): operation for method, path, operation in self._spec.operations()}

    def ask(self, status, method, path, body=None, query=""):
        answer = self._world.http.ask(method, path + query, json.dumps(body) if body else None, JSON if body else {})
        equal(answer.status, status, f"{method} {path}: {answer.text[:300]}")
        complain(self._spec.complaints(self._operations[method, path], answer))
        return answer.json()

    def audited(self):
        return self._world.sql("select action, subject, detail::text from bridge.audit_log order by id")


@test("our own list takes a number once, ends its consents, and gives it back")
def own_list(world):
    desk = Desk(world)
    desk.ask(201, "POST", "/api/v1/consent", CONSENT)
    added = desk.ask(201, "POST", "/api/v1/dnc", {"number": CALLEE, "reason": "wrote a letter"})
    equal(desk.ask(200, "POST", "/api/v1/dnc", {"number": CALLEE}), {"changed": []}, "a second time")
    first = desk.ask(200, "GET", "/api/v1/dnc")["entries"][0]
    equal([first["id"]], added["changed"], "row")
    equal((first["phone_number"], first["reason"], first["source"], first["added_by"]),
          (CALLEE, "wrote a letter", "operator", "local"), "entry")
    true(desk.ask(200, "GET", "/api/v1/consent")["entries"][0]["revoked_at"], "the consent is still live")
    equal(desk.ask(200, "DELETE", "/api/v1/dnc", {"number": CALLEE}), added, "removed")
    desk.ask(404, "DELETE", "/api/v1/dnc", {"number": CALLEE})
    lines = desk.audited()
    for action in ("dnc add", "dnc remove"):
        equal([line[1] for line in lines if line[0] == action], [str(added["changed"][0])], action)
    true(CALLEE[1:] not in json.dumps(lines), "a number in the audit log")


@test("a consent is kept with all that could be shown of it, and ends when it is revoked")
def consents(world):
    desk = Desk(world)
    added = desk.ask(201, "POST", "/api/v1/consent", CONSENT)["changed"]
    entry = desk.ask(200, "GET", "/api/v1/consent", query="?limit=1")["entries"][0]
    expected = {**CONSENT, "id": added[0], "phone_number": CALLEE}
    del expected["number"], expected["captured_at"]
    equal({name: entry[name] for name in expected}, expected, "entry")
    equal(entry["captured_at"][:19], CONSENT["captured_at"][:19], "captured_at")
    equal(desk.ask(200, "DELETE", "/api/v1/consent", {"number": CALLEE})["changed"], added, "ended")
    equal(desk.ask(200, "DELETE", "/api/v1/consent", {"number": CALLEE})["changed"], [], "ended again")
    true(desk.ask(200, "GET", "/api/v1/consent", query="?limit=1")["entries"][0]["revoked_at"], "live")


@test("lists are gone through by cursor, newest first, without a gap and without a repeat")
def pages(world):
    desk = Desk(world)
    world.sql("insert into bridge.dnc_numbers (phone_number, source) select '+1646555' || (1000 + n), 'operator' "
              "from generate_series(1, 25) n")
    seen, cursor = [], ""
    while cursor is not None:
        page = desk.ask(200, "GET", "/api/v1/dnc", query=f"?limit=10{cursor and '&cursor=' + cursor}")
        seen += [entry["id"] for entry in page["entries"]]
        cursor = page["next_cursor"]
    true(len(seen) >= 25, f"only {len(seen)}")
    equal(seen, sorted(set(seen), reverse=True), "order")


@test("every decision is there with the meaning and the source of each refusal")
def decisions(world):
    desk = Desk(world)
    world.sql(f"""insert into bridge.dial_decisions (phone_number, purpose, allowed, refusals, facts, call_id, decided_by) values
      ('{CALLEE}', 'telemarketing', false, '["consent_missing", "outside_calling_hours"]', '{{"stopped": false}}', null, 'local'),
      ('{CALLEE}', 'informational', true, '[]', '{{}}', '{world.call_id}', 'local')""")
    allowed, = desk.ask(200, "GET", "/api/v1/decisions", query="?allowed=true&limit=1")["entries"]
    equal((allowed["allowed"], allowed["refusals"], allowed["call_id"]), (True, [], world.call_id), "allowed")
    refused, = desk.ask(200, "GET", "/api/v1/decisions", query="?allowed=false&limit=1")["entries"]
    equal([each["code"] for each in refused["refusals"]], ["consent_missing", "outside_calling_hours"], "codes")
    true(all(each["meaning"].endswith(".") and each["source"] for each in refused["refusals"]), f"{refused}")
    equal(refused["facts"], {"stopped": False}, "facts")


@test("O08: dialling is stopped with a reason and goes on again, and the state says who did it")
def switch(world):
    desk = Desk(world)
    equal(desk.ask(200, "GET", "/api/v1/dialling")["stopped"], False, "at first")
    state = desk.ask(200, "POST", "/api/v1/dialling", {"stopped": True, "reason": "the wrong list"})
    equal((state["stopped"], state["reason"], state["changed_by"]), (True, "the wrong list", "local"), "stopped")
    true("dialling_stopped" in [each["code"] for each in state["refusals"]], "not among the refusals")
    equal(world.sql("select is_stopped from bridge.dial_switch")[0][0], "t", "what the gate reads")
    equal(desk.ask(200, "POST", "/api/v1/dialling", {"stopped": False})["stopped"], False, "goes on")
    actions = [line[0] for line in desk.audited()]
    equal((actions.count("dialling stopped"), actions.count("dialling resumed")), (1, 1), "audited")


@test("O04: the state names an import of the registry that blocks telemarketing, and why")
def registry(world):
    desk = Desk(world)
    equal(desk.ask(200, "GET", "/api/v1/dialling")["registry"], None, "never imported")
    world.sql("""with import as (insert into bridge.dnc_imports (state, data_date, rows_expected, rows_before, file_sha256,
        imported_by, finished_at) values ('complete', now() - interval '40 days', 1, 0, 'ab', 'command line', now()) returning id)
      insert into bridge.dnc_imported (import_id, digits) select id, 12015550100 from import""")
    state = desk.ask(200, "GET", "/api/v1/dialling")
    equal((state["registry"]["state"], state["registry"]["age_days"], state["registry"]["rows"]), ("complete", 40, 1), "registry")
    equal([each["code"] for each in state["refusals"]], ["national_list_stale"], "refusals")
