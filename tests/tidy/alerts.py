"""deploy/alerts.yml, without a YAML parser, and deploy/grafana: they keep to one plain form, and name only what there is."""

import json
import re

from source import Finding

PATH = "deploy/alerts.yml"
HEAD = ["groups:", "  - name: tandem", "    rules:"]
TEXT = r"'((?:[^']|'')+)'"
RULE = [re.compile(pattern) for pattern in (
    r"      - alert: ([A-Z]\w+)", rf"        expr: {TEXT}", r"        for: \d+[smh]",
    r"        labels: \{severity: (?:page|ticket)\}", rf"        annotations: \{{summary: {TEXT}\}}")]
CLOSING = {")": "(", "]": "[", "}": "{"}


def _is_balanced(expression):
    waiting = []
    for sign in re.sub(r'"[^"]*"', "", expression):
        if sign in CLOSING.values():
            waiting.append(sign)
        elif sign in CLOSING and (not waiting or waiting.pop() != CLOSING[sign]):
            return False
    return not waiting and expression.count('"') % 2 == 0


def _families(metrics):
    """Name -> names of its labels."""
    table = re.findall(r'\{Family::\w+,\s*\w+,\s*"(\w+)",\s*"(?:[^"\\]|\\.)*"(?:,\s*\{([^}]*)\})?',
                       metrics.code_and_strings)
    return {f"tandem_{name}": set(re.findall(r'"(\w+)"', labels)) for name, labels in table}


def _of_expression(expression, families, documented):
    if not _is_balanced(expression):
        yield "brackets or quotes do not match"
    used = re.findall(r"\b(tandem_\w+)(?:\{([^}]*)\})?", expression)
    if not used:
        yield "no metric of ours"
    for written, selectors in used:
        name = written if written in families else re.sub(r"_(bucket|sum|count)$", "", written)
        if name not in families:
            yield f"there is no metric {name}"
            continue
        for label in re.findall(r"(\w+)\s*(?:=|!)", selectors):
            if label not in families[name] | {"le"}:
                yield f"{name} has no label {label}"
        if documented is not None and name not in documented:
            yield f"docs/operations.md does not name {name}"


def alerts_watch_what_there_is(tree):
    """A line of deploy/alerts.yml out of its form, or an alert on a metric that is not there or not documented."""
    rules, metrics = tree.get(PATH), tree.get("bridge/ops/metrics.cpp")
    if rules is None or metrics is None:
        return []
    families = _families(metrics)
    operations = tree.get("docs/operations.md")
    documented = set(re.findall(r"`(\w+)`", operations.text)) if operations else set()
    lines = [(number, line) for number, line in enumerate(rules.lines, 1) if line and not line.startswith("#")]
    found, names = [], set()
    if [line for _, line in lines[:len(HEAD)]] != HEAD:
        found.append(Finding(PATH, 1, f"does not begin with {HEAD}"))
    body = lines[len(HEAD):]
    if not body or len(body) % len(RULE):
        found.append(Finding(PATH, 1, f"rules are {len(RULE)} lines each"))
    for position, (number, line) in enumerate(body):
        match = RULE[position % len(RULE)].fullmatch(line)
        if match is None:
            found.append(Finding(PATH, number, "out of form"))
        elif "alert:" in line and position % len(RULE) == 0:
            found += [Finding(PATH, number, f"{match[1]} is there twice")] if match[1] in names else []
            found += [Finding(PATH, number, f"docs/operations.md does not name {match[1]}")] \
                if match[1] not in documented else []
            names.add(match[1])
        elif position % len(RULE) == 1:
            found += [Finding(PATH, number, text) for text in _of_expression(match[1], families, documented)]
    return found


def dashboards_show_what_there_is(tree):
    """A Grafana dashboard that is no JSON, a panel without a title, or one of a metric or label that is not there."""
    metrics = tree.get("bridge/ops/metrics.cpp")
    found = []
    for path in [path for path in tree.sources if re.fullmatch(r"deploy/grafana/\w+\.json", path)]:
        try:
            panels = json.loads(tree.get(path).text)["panels"]
        except (ValueError, KeyError, TypeError):
            found.append(Finding(path, 1, "no JSON with panels"))
            continue
        families = _families(metrics) if metrics else {}
        for panel in panels:
            if not panel.get("title"):
                found.append(Finding(path, 1, "a panel without a title"))
            for target in panel.get("targets", []):
                found += [Finding(path, 1, f"{panel.get('title')}: {text}")
                          for text in _of_expression(target["expr"], families, None)]
    return found
