"""The g++ 12 coroutine lint (docs/architecture.md, section 7).

g++ 12.2 destroys temporaries twice when a co_await expression holds a capturing lambda, a braced aggregate, or
stands within braces itself. Name a local first. `||` and `&&` on awaitables cancel across executors, a use after
free before Asio 1.28.2.
"""

import re

from source import matching_bracket

_LAMBDA = re.compile(r"(?<![\w)\]\[])\s*\[(?!\[)\s*([^\[\]\s][^\[\]]*)\]\s*(?=[({<m])")
_CONTROL = re.compile(r"\b(if|for|while|switch|do|try|case|return|co_return|co_yield)\b|;")


def _expression_end(code, start):
    """End of the expression that begins at `start`: `;`, a comma or a bracket that closes something before it."""
    i = start
    while i < len(code):
        if code[i] in "([{":
            i = matching_bracket(code, i)
        elif code[i] in ";,)]}":
            return i
        i += 1
    return i


def _enclosing_brace(code, position):
    """Offset of the innermost `{` around `position` within its statement, or -1."""
    depth = 0
    for i in range(position - 1, -1, -1):
        c = code[i]
        if c in ")]}":
            depth += 1
        elif c in "([":
            depth -= 1 if depth > 0 else 0
        elif c == "{":
            if depth == 0:
                return i
            depth -= 1
        elif c == ";" and depth == 0:
            return -1
    return -1


def _is_initialiser(code, brace):
    """No statement directly inside: the brace holds values, not code."""
    inside = re.sub(r"\(.*?\)", "", code[brace + 1:matching_bracket(code, brace)], flags=re.DOTALL)
    flat, depth = [], 0
    for c in inside:
        depth += (c == "{") - (c == "}")
        if depth == 0:
            flat.append(c)
    return not _CONTROL.search("".join(flat))


def _awaits(tree):
    for source in tree.cpp():
        for match in re.finditer(r"\bco_await\b", source.code):
            yield source, match.start(), match.end(), _expression_end(source.code, match.end())


def no_lambda_in_await(tree):
    """A capturing lambda inside a co_await expression."""
    return [source.finding(start, "a capturing lambda inside a co_await expression: name it first")
            for source, start, begin, end in _awaits(tree) if _LAMBDA.search(source.code[begin:end])]


def no_braces_in_await(tree):
    """A braced aggregate inside a co_await expression."""
    found = []
    for source, start, begin, end in _awaits(tree):
        expression = re.sub(r"\[[^\[\]]*\]\s*(\([^()]*\))?[^{}()]*\{", "lambda(", source.code[begin:end])
        if re.search(r"[\w>(,]\s*\{", expression):
            found.append(source.finding(start, "a braced temporary inside a co_await expression: name it first"))
    return found


def no_await_in_braces(tree):
    """A co_await inside an initialiser's braces."""
    found = []
    for source, start, _, _ in _awaits(tree):
        brace = _enclosing_brace(source.code, start)
        if brace >= 0 and _is_initialiser(source.code, brace):
            found.append(source.finding(start, "co_await within braces: name its result first"))
    return found


def no_operators_on_awaitables(tree):
    """`||` or `&&` on awaitables."""
    found = [f for source in tree.cpp() for f in source.matches(
        r"awaitable_operators", "{}: cancel by closing sockets and join the group", "code_and_strings")]
    for source, start, begin, _ in _awaits(tree):
        operand = re.match(r"\s*\(", source.code[begin:])
        if not operand:
            continue
        first = begin + operand.end() - 1
        inside = source.code[first + 1:matching_bracket(source.code, first)]
        while "(" in inside and (flat := re.sub(r"\([^()]*\)", "", inside)) != inside:
            inside = flat
        if re.search(r"\|\||&&", inside):
            found.append(source.finding(start, "|| or && on awaitables: use a TaskGroup"))
    return found
