"""Sizes and names."""

import re

from source import Finding, matching_bracket

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
COLUMNS_MAX = 100
FUZZ_TARGET_LINES_MAX = 15
_WRITTEN = {".cpp", ".hpp", ".ts", ".svelte", ".js", ".mjs", ".py"}

_CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^()=]*$")
_INITIALISER = re.compile(r"\)\s*(noexcept(\([^()]*\))?\s*)?:(?!:)")


def functions(source):
    """(first line, last line) of every function body at namespace or class scope, signature included."""
    code, found = source.code, []
    code = re.sub(r"^[ \t]*#[^\n]*(\\\n[^\n]*)*", lambda m: re.sub(r"[^\n]", " ", m[0]), code, flags=re.MULTILINE)
    header_start, i = 0, 0
    while i < len(code):
        c = code[i]
        if c in ";}":
            header_start = i + 1
        elif c == "{":
            header = code[header_start:i]
            if _CONTAINER.search(re.sub(r"<[^<>]*>|\[\[[^\]]*\]\]|alignas\([^()]*\)|requires\s*\([^{}]*?\)\s*", "",
                                        header)):
                header_start = i + 1
            else:
                end = matching_bracket(code, i)
                in_initialisers = _INITIALISER.search(header) and re.search(r"[\w>]\s*$", header)
                if in_initialisers and re.match(r"\s*[,{]", code[end + 1:]):
                    i = end  # a braced member initialiser: the header goes on
                else:
                    if "(" in header:
                        start = header_start + len(header) - len(header.lstrip())
                        found.append((source.line_at(start), source.line_at(end)))
                    i, header_start = end, end + 1
        i += 1
    return found


def short_functions(tree):
    """A function over 70 lines."""
    return [Finding(source.path, first, f"a function of {last - first + 1} lines; at most {FUNCTION_LINES_MAX}")
            for source in tree.cpp() for first, last in functions(source) if last - first + 1 > FUNCTION_LINES_MAX]


def short_files(tree):
    """A file over 500 lines."""
    return [Finding(source.path, 1, f"{len(source.lines) - 1} lines; at most {FILE_LINES_MAX}")
            for source in tree.sources.values()
            if source.suffix in _WRITTEN and len(source.lines) - 1 > FILE_LINES_MAX]


def narrow_lines(tree):
    """A line of C++ over 100 columns, comments included (clang-format breaks both)."""
    return [Finding(source.path, number, f"{len(line)} columns; at most {COLUMNS_MAX}")
            for source in tree.cpp() for number, line in enumerate(source.lines, 1) if len(line) > COLUMNS_MAX]


def telling_names(tree):
    """A type whose name says that nobody knew what it is."""
    pattern = r"\b(class|struct)\s+\w*(Manager|Controller|Helper|Utils?|Base|Impl)\b(?=[^;]*?\{)"
    return [f for source in tree.cpp() for f in source.matches(pattern, "{}: name what it is")]


def explained_headers(tree):
    """A header without `#pragma once`, or one that does not begin by saying what it is."""
    found = []
    for source in tree.cpp():
        if source.suffix != ".hpp":
            continue
        if not source.text.startswith("//"):
            found.append(Finding(source.path, 1, "begin with a comment: what this is and is not"))
        if "#pragma once" not in source.text:
            found.append(Finding(source.path, 1, "#pragma once is missing"))
    return found


def small_fuzz_targets(tree):
    """A fuzz target over 15 lines, or a source of tests/fuzz that is more than one target: the rest is support/."""
    found = []
    for source in tree.cpp("tests/fuzz"):
        if not re.fullmatch(r"tests/fuzz/\w+\.cpp", source.path):
            continue
        bodies = functions(source)
        if len(bodies) != 1 or "LLVMFuzzerTestOneInput" not in source.code:
            found.append(Finding(source.path, 1, f"{len(bodies)} functions; the target alone, the rest in support/"))
        found += [Finding(source.path, first, f"a target of {last - first + 1} lines; at most {FUZZ_TARGET_LINES_MAX}")
                  for first, last in bodies if last - first + 1 > FUZZ_TARGET_LINES_MAX]
    return found
