"""E28: where our credentials, the callers' numbers and what was said must not be."""

import re
import urllib.request

import leaks
from checks import equal, true

CALLER = "+14155550123"  # of every call of the stand-in


def secrets_of(lane):
    """Names and values; the API key of the carrier is a user name."""
    return {name: value for name, value in lane.credentials.items()
            if name.endswith(("_TOKEN", "_SECRET", "_API_KEY")) and name != "TWILIO_API_KEY"}


def check(lane):
    true(lane.bridge.is_alive(), "the bridge died before")
    texts = {"the bridge's log": lane.bridge_log.read_text(), "the metrics": metrics(lane),
             "the stand-ins' log": lane.stand_ins.log.read_text(), "the records": records(lane),
             "what EVI saw": str(lane.control.get("/evi/chats")), "what Gemini saw in URLs": gemini_urls(lane)}
    for name, secret in secrets_of(lane).items():
        for where, text in texts.items():
            true(secret not in text, f"{name} is in {where}")
    for where in ("the bridge's log", "the metrics"):
        true(CALLER not in texts[where], f"the caller's number is in {where}")
    check_words(lane)
    check_heads(lane)


def check_words(world):
    """No sentence that was said in any call is in a log, PostgreSQL's too, the metrics or a URL. For any world."""
    leaks.scan(world)
    urls = gemini_urls(world)
    count = sum(words in urls for words in leaks.said(world))
    true(count == 0, f"{count} sentences of callers or agents are in what Gemini saw in URLs")


def metrics(lane):
    with urllib.request.urlopen(f"http://127.0.0.1:{lane.port}/metrics", timeout=10) as answer:
        return answer.read().decode()


def records(lane):
    """Every row of every table, as text."""
    tables = lane.sql("select table_name from information_schema.tables where table_schema = 'bridge' and table_type = 'BASE TABLE'")
    return "\n".join(str(lane.sql(f"select t::text from bridge.{name} t")) for name, in tables)


def gemini_urls(lane):
    return "\n".join(request["path"] for request in lane.control.get("/gemini/requests")["requests"])


def check_heads(lane):
    """On the wire: the agent's key in its header and nowhere else, no other secret at all."""
    key = lane.credentials["HUME_API_KEY"]
    for heads in lane.gate.heads():
        for text in heads.values():
            without_header = re.sub(r"(?im)^x-hume-api-key: .*$", "", text)
            for name, secret in secrets_of(lane).items():
                true(secret not in without_header, f"{name} is on the wire: {text[:60]}")
        is_chat = re.match(r"GET /v0/evi/chat[? ]", heads["up"])  # not the history, which is asked for many times
        if is_chat:  # or this whole check would look for nothing
            equal(heads["up"].count(key), 1, "times the key is in the upgrade request")
