"""Calls and words that have no place."""

import re

from layering import OURS
from source import Finding

_PRODUCT = [*OURS, "bridge"]


def nothing_detached(tree):
    """A detached thread or coroutine: somebody must join everything."""
    return [f for source in tree.cpp() for f in source.matches(
        r"\.\s*detach\s*\(|\b(asio|net)::detached\b", "{}: join it instead")]


def no_sleep_in_tests(tree):
    """Sleeping in a test that could wait for the event, or move a virtual clock."""
    allowed = ("tests/integration/", "tests/standins/", "tests/browser/", "tests/bench/")
    return [f for source in tree.cpp("tests") if not source.path.startswith(allowed)
            for f in source.matches(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(", "{} in a test")]


def no_printing(tree):
    """Printing where the log belongs. Subcommands (bridge/*.cpp) talk to people; last words go before an abort."""
    pattern = (r"\bstd::(cout|cerr|clog)\b|(?<![\w:])(std::)?(f?printf|puts|fputs|perror)\s*\("
               r"(?![^;]*;\s*(std::)?abort\(\))")
    return [f for source in tree.cpp(*_PRODUCT) if not re.fullmatch(r"bridge/\w+\.cpp", source.path)
            for f in source.matches(pattern, "{}: use ops::Log")]


def virtual_at_the_seams_only(tree):
    """A `virtual` outside the two seams."""
    seams = ("bridge/call/carrier.hpp", "bridge/call/voice.hpp")
    return [f for source in tree.cpp(*_PRODUCT) if source.path not in seams
            for f in source.matches(r"\bvirtual\b", "{} outside the seams bridge/call/carrier and voice")]


def no_vendor_words(tree):
    """A vendor's word in the folders that know no vendor. Comments may name the source of a rule."""
    pattern = r"(?i:streamsid|callsid|accountsid|audio_output|user_interruption|chat_metadata|hume|twilio|gemini|openai)|\b[Ee][Vv][Ii]\b"
    return [f for source in tree.cpp("bridge/core", "bridge/call", "bridge/dial")
            for f in source.matches(pattern, "the vendor's word {}", "code_and_strings")]


def safe_behind_a_pooler(tree):
    """P13, P14, P15: what a transaction pooler loses, leaks or mixes up: named statements, LISTEN, settings and locks of a session."""
    libpq = r"\bPQ(prepare|sendPrepare|execPrepared|sendQueryPrepared|notifies)\b"
    sql = (r"(?i:\bprepare\s+\w+\s+as\b|\b(un)?listen\s+\w+\s*[;\"]|\bdeclare\s+\w+\s+cursor\s+with\s+hold\b"
           r"|\bpg_(try_)?advisory_(lock|unlock)|\bcreate\s+temp)"
           r"|\"\s*set\s+(?!local\b)(session\s+)?[a-z_.]+\s*(=\s*['\d]|to\s)|;\s*SET\s+(?!LOCAL\b)")
    found = [f for source in tree.cpp("store") for f in source.matches(libpq, "{}: only PQsendQueryParams, unnamed")]
    return found + [f for source in tree.cpp("store") for f in source.matches(
        sql, "{}: lost or leaked by a transaction pooler", "code_and_strings")]


def nothing_unfinished(tree):
    """A note that something is missing, in place of the thing."""
    return [f for source in tree.sources.values()
            if source.suffix in {".cpp", ".hpp", ".ts", ".svelte", ".py", ".sql"}
            and not source.path.startswith("tests/tidy/")
            for f in source.matches(r"\b(TODO|FIXME|XXX)\b", "{}: do it, or file an issue", "text")]


def _looks_invented(token):
    """Few different characters, or a run of the alphabet: nobody's real id."""
    digits = token[2:]
    return len(set(digits)) <= 6 or any(run in digits for run in ("0123456789", "abcdef0", "123456", "deadbeef"))


# Signatures were computed over these texts, numbers and ids included, by their publishers: a changed digit is a
# broken vector.
_PUBLISHED = ("tests/conformance/twilio/", "tests/unit/twilio/signature_test.cpp", "tests/standins/encoding_test.cpp")
# Reserved for fiction, an area code that does not exist, and the magic numbers of Twilio's test credentials.
_NOBODYS_NUMBER = re.compile(r"\+1\d{3}55501\d\d|\+1555\d{7}|\+1500555\d{4}")


def no_secrets(tree):
    """A credential, an account id or a person's number."""
    found = []
    for source in tree.sources.values():
        if source.path.startswith(_PUBLISHED):
            continue
        for match in re.finditer(r"\b(AC|SK|CA|MZ)[0-9a-f]{32}\b", source.text):
            if match[1] in ("AC", "SK") and not _looks_invented(match[0]):
                found.append(source.finding(match.start(), "an account or key id that does not look invented"))
        found += source.matches(r"AIza[0-9A-Za-z_-]{30,}|\bsk-[0-9A-Za-z]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----",
                                "a credential", "text")
        for match in re.finditer(r"(?<![\w+])\+1[2-9]\d{9}\b", source.text):
            if not _NOBODYS_NUMBER.fullmatch(match[0]):
                found.append(source.finding(match.start(), "a phone number that is not +1…555 01xx"))
    return found
