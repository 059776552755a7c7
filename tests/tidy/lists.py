"""Lists that stand in two places and must agree."""

import re

from source import Finding


def settings_are_documented(tree):
    """A setting of bridge/config.cpp that the manual or the reference lacks, or the other way round."""
    config = tree.get("bridge/config.cpp")
    if config is None:
        return []
    names = set(re.findall(r'(?:\(|^\s*)"([A-Z][A-Z0-9_]{3,})"', config.code_and_strings))
    found = []
    manual = tree.get("deploy/env.example")
    listed = set(re.findall(r"^([A-Z][A-Z0-9_]*)=", manual.text, re.MULTILINE)) if manual else set()
    reference = tree.get("docs/configuration.md")
    documented = set(re.findall(r"`([A-Z][A-Z0-9_]*)`", reference.text)) if reference else set()
    for where, known in (("deploy/env.example", listed), ("docs/configuration.md", documented)):
        found += [Finding(where, 1, f"{name} is missing") for name in sorted(names - known)]
    found += [Finding("deploy/env.example", 1, f"{name} is read by nobody") for name in sorted(listed - names)]
    return found


def end_reasons_are_documented(tree):
    """An EndReason without its name as text (the metric label) or without its line in docs/operations.md."""
    header, source = tree.get("bridge/call/end_reason.hpp"), tree.get("bridge/call/end_reason.cpp")
    if header is None or source is None:
        return []
    body = re.search(r"enum class EndReason[^{]*\{([^}]*)\}", header.code)
    names = re.findall(r"^\s*(\w+)", body[1], re.MULTILINE) if body else []
    if not names:
        return [Finding(header.path, 1, "no EndReason found: this rule has lost its subject")]
    labels = set(re.findall(r'"(\w+)"', source.code_and_strings))
    found = [Finding(source.path, 1, f'no text "{name}" for EndReason::{name}') for name in names if name not in labels]
    operations = tree.get("docs/operations.md")
    if operations is not None:
        documented = set(re.findall(r"`(\w+)`", operations.text))
        found += [Finding("docs/operations.md", 1, f"the end reason `{name}` is missing")
                  for name in names if name not in documented]
    return found


def faults_have_tests(tree):
    """A fault id of tests/tidy/faults.txt that no test carries in its name."""
    listed = tree.get("tests/tidy/faults.txt")
    if listed is None:
        return []
    named = set()
    for path, source in tree.sources.items():
        if path.startswith("tests/") and not path.startswith(("tests/tidy/", "tests/standins/")):
            for name in re.findall(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', source.text):
                named.update(re.findall(r"\b[TEPGRAO]\d\d\b", name))
    return [Finding("tests/tidy/faults.txt", number, f"no test has {line.split()[0]} in its name")
            for number, line in enumerate(listed.lines, 1)
            if line.strip() and not line.startswith("#") and line.split()[0] not in named]
