"""Where what is said in calls must not be, and words that nobody else says: whoever finds them there has found a leak."""

import urllib.error
import urllib.request

from checks import equal, true

NAME, MAIL, NUMBER = "Zephyrine Quatermain", "zephyrine.quatermain@example.org", "+15555550188"
CALLER = f"I am {NAME}, write to {MAIL} or ring {NUMBER}."
AGENT = "I have noted the violet heron for you."
OPERATOR = "Her tangerine lighthouse is ready."
NOTE = "A guest with a marzipan umbrella."
SCORE = "Zephyrousness"  # an emotion that Hume does not know
CANARIES = [*NAME.split(), MAIL, NUMBER[2:], "violet heron", "tangerine lighthouse", "marzipan umbrella", SCORE]


def fetch_text(world, path):
    """The document of any status."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{world.port}{path}", timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def said(world):
    """The sentences that are on the record; shorter ones ("Goodbye.") are words of programs as well."""
    return {row[0] for row in world.sql("select message from bridge.transcriptions where length(message) >= 12")}


def scan(world):
    """Nothing that was said in any call, and no number of another party, is where it must not be."""
    numbers = {row[0][1:] for row in world.sql("select distinct phone_number from bridge.calls where phone_number like '+%'")}
    places = {"the bridge's logs": "".join(log.read_text() for log in world.bridge_logs),
              "the metrics": fetch_text(world, "/metrics"), "PostgreSQL's log": world.database_log.read_text(errors="replace")}
    for where, text in places.items():
        true(text, f"{where}: nothing to search")
        leaks = sum(words in text for words in said(world) | numbers | set(CANARIES))
        equal(leaks, 0, f"sentences, names and numbers in {where}")
