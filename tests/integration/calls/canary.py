"""One call in which words are said that nobody else says, looked for everywhere."""

import json
import urllib.parse

from checks import equal, test, true
from handover import order, report_of, running_call
from leaks import AGENT, CALLER, CANARIES, MAIL, NAME, NOTE, NUMBER, OPERATOR, SCORE, fetch_text, scan


def spoken(text):
    """What EVI sends when the caller has said so."""
    return json.dumps({"type": "user_message", "from_text": False, "interim": False,
                       "message": {"role": "user", "content": text},
                       "models": {"prosody": {"scores": {SCORE: 0.875}}}, "time": {"begin": 4120, "end": 6740}})


def problems(world, call_id):
    """Documents of requests that are refused, each with a canary in what is wrong with it. (Names of parameters and
    keys are echoed: whoever asks made them up, and looks for the typing error.)"""
    said = urllib.parse.quote(CALLER)
    for path in (f"?cursor={said}", f"?from={said}", f"?min_duration={said}", f"/{said}", f"/{call_id}/{said}"):
        yield path, fetch_text(world, "/api/v1/calls" + path)
    for body in ({"text": CALLER * 200}, {"text": OPERATOR, "mail": NAME}, {"number": NUMBER}, [CALLER], CALLER):
        yield "say", json.dumps(order(world, call_id, "say", body))


def everything(world):
    """Every row of every table, as text."""
    tables = world.sql("select table_name from information_schema.tables where table_schema = 'bridge' and table_type = 'BASE TABLE'")
    return "\n".join(str(world.sql(f"select t::text from bridge.{name} t")) for name, in tables)


@test("what a caller, the agent and an operator say is in the record, and in no log, metric or problem document; "
      "emotion scores are not even in the record")
def canaries(world):
    before = {chat["id"] for chat in world.chats()}
    sid, call_id = running_call(world)
    chat, = [c for c in world.chats() if c["id"] not in before]
    for fault, text in (("send", spoken(CALLER)), ("say", AGENT)):
        world.control.post(f"/evi/chats/{chat['id']}/do", {"fault": fault, "text": text})
    for command, text in (("say", OPERATOR), ("context", NOTE)):
        equal(order(world, call_id, command, {"text": text})[0], 202, command)
    world.until("the words are on the record", lambda: {CALLER, AGENT} <= {
        row[0] for row in world.sql(f"select message from bridge.transcriptions where call_id = '{call_id}'")})
    documents = list(problems(world, call_id))
    fetch_text(world, f"/api/v1/calls?q={urllib.parse.quote(NAME)}&number={urllib.parse.quote(NUMBER)}")
    equal(order(world, call_id, "hangup")[0], 202, "hang up")
    report_of(world, sid)
    world.row(sid)
    world.until("a verdict", lambda: world.sql(
        f"select state from bridge.booking_analysis where call_id = '{call_id}' and state in ('done', 'needs_review')"))
    record = everything(world)
    equal([c for c in CANARIES if c not in record], [SCORE], "what is not on the record: only the emotion")
    for path, document in documents:
        true('"status"' in document, f"{path} was not refused: {document[:200]}")
        equal([c for c in CANARIES if c in document], [], f"canaries in the problem document of {path}")
    scan(world)
