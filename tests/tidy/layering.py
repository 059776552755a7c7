"""The dependency table of docs/architecture.md, section 2: who may include what."""

import re

OURS = ["codec", "bridge/core", "bridge/call", "bridge/dial", "bridge/ops", "bridge/twilio", "bridge/net",
        "hume", "gemini", "openai", "store", "web"]

_SEAMS = {"codec", "bridge/core", "bridge/call"}
MAY_INCLUDE = {
    "codec": set(),
    "bridge/core": {"codec"},
    "bridge/call": {"codec", "bridge/core"},
    "bridge/dial": {"bridge/core"},
    "bridge/ops": {"codec", "bridge/core", "bridge/clock"},
    "bridge/twilio": _SEAMS | {"simdjson", "hmac"},
    "hume": _SEAMS | {"simdjson", "hmac"},
    "gemini": _SEAMS | {"simdjson", "hmac"},
    "openai": _SEAMS | {"simdjson", "hmac"},
    "web": {"codec", "bridge/core", "bridge/call", "bridge/dial", "store/queries", "simdjson", "hmac"},
    "store": {"codec", "bridge/core", "bridge/clock", "bridge/dial", "bridge/ops", "libpq", "simdjson", "hmac", "openssl"},
    "bridge/net": _SEAMS | {"bridge/clock", "bridge/dial", "bridge/ops", "asio", "beast", "hmac", "openssl"},
}
PURE = ["codec", "bridge/core", "bridge/call", "bridge/dial", "bridge/twilio", "hume", "gemini", "openai", "web"]

# Beast costs 25 to 45 s and 1.1 GB per translation unit.
BEAST_FILES = re.compile(r"bridge/net/(websocket|http_server|http_client|http_connection|http_exchange|tls)\.cpp")

_LIBRARIES = [
    (re.compile(r"boost/beast"), "beast"),
    (re.compile(r"boost/"), "asio"),
    (re.compile(r"libpq"), "libpq"),
    (re.compile(r"simdjson"), "simdjson"),
    (re.compile(r"openssl/(hmac|sha|evp|crypto)\.h"), "hmac"),
    (re.compile(r"openssl/"), "openssl"),
]
_IMPURE = re.compile(r"(sys/|netinet/|arpa/|unistd\.h|fcntl\.h|poll\.h|pthread\.h|netdb\.h|thread|mutex|shared_mutex|"
                     r"condition_variable|future|fstream|iostream|filesystem|random)$|sys/|netinet/|arpa/")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def module_of(path):
    for module in OURS:
        if path.startswith(module + "/"):
            return module
    return None


# The program's own headers see everything: no folder may see them. One has its own name in the table.
_OF_THE_PROGRAM = re.compile(r"bridge/\w+\.hpp")


def _target(name, header):
    if name == '"':
        if _OF_THE_PROGRAM.fullmatch(header):
            return "bridge/clock" if header == "bridge/clock.hpp" else "bridge"
        return "store/queries" if re.fullmatch(r"store/(queries\w*|\w+_queries)\.hpp", header) else module_of(header)
    return next((library for pattern, library in _LIBRARIES if pattern.match(header)), None)


def layering(tree):
    """An include that the table does not allow."""
    found = []
    for source in tree.cpp(*OURS):
        module = module_of(source.path)
        for match in _INCLUDE.finditer(source.code_and_strings):
            target = _target(match[1], match[2])
            if target is None or target == module or (target == "store/queries" and module == "store"):
                continue
            if target not in MAY_INCLUDE[module]:
                found.append(source.finding(match.start(), f"{module} may not include {match[2]}"))
    return found


def beast_in_few_files(tree):
    """Boost.Beast outside the few translation units that pay for it."""
    return [finding for source in tree.cpp() if not BEAST_FILES.fullmatch(source.path)
            for finding in source.matches(r"#\s*include\s*<boost/beast[^>]*>", "{} belongs into the websocket and "
                                          "HTTP sources of bridge/net only", "code_and_strings")
            if not source.path.startswith("tests/")]


def one_wall_clock(tree):
    """The wall clock read elsewhere than in bridge/clock.hpp: other units, and no test that could move it."""
    return [finding for source in tree.cpp(*OURS, "bridge") if source.path != "bridge/clock.hpp"
            for finding in source.matches(r"\bsystem_clock::now\(", "{}: use wall_now() of bridge/clock.hpp")]


def pure_folders_stay_pure(tree):
    """Sockets, threads, files, clocks or the environment in a folder that has none."""
    found = []
    for source in tree.cpp(*PURE):
        for match in _INCLUDE.finditer(source.code_and_strings):
            if match[1] == "<" and _IMPURE.match(match[2]):
                found.append(source.finding(match.start(), f"<{match[2]}> in a pure folder"))
        found += source.matches(r"\b(steady_clock|system_clock|high_resolution_clock)::now\(|\bclock_gettime\s*\(",
                                "{} in a pure folder: time is an argument")
        found += source.matches(r"\b(secure_)?getenv\s*\(", "{} in a pure folder")
    return found
