"""Reading sources for the rules: one file, with its comments and literals blanked out on request."""

import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


_CPP_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      |(?P<raw>R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")
      |(?P<string>"(?:\\.|[^"\\\n])*")
      |(?P<char>(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+')""",
    re.VERBOSE | re.DOTALL,
)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


@dataclass(frozen=True)
class Source:
    """A file of the tree. Every view keeps offsets and line breaks, so a position in one is one in all."""

    path: str
    text: str

    @property
    def suffix(self):
        return Path(self.path).suffix

    @property
    def is_cpp(self):
        return self.suffix in (".cpp", ".hpp")

    @cached_property
    def lines(self):
        return self.text.split("\n")

    @cached_property
    def code(self):
        """C++ without comments and without the content of literals."""
        return _CPP_TOKEN.sub(lambda m: _blank(m[0]) if m["comment"] else _keep_ends(m[0]), self.text)

    @cached_property
    def code_and_strings(self):
        """C++ without comments only."""
        return _CPP_TOKEN.sub(lambda m: _blank(m[0]) if m["comment"] else m[0], self.text)

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def finding(self, offset, message):
        return Finding(self.path, self.line_at(offset), message)

    def matches(self, pattern, message, view="code"):
        text = getattr(self, view)
        return [self.finding(m.start(), message.format(m[0])) for m in re.finditer(pattern, text)]


def _keep_ends(literal):
    return literal[0] + _blank(literal[1:-1]) + literal[-1]


@dataclass(frozen=True)
class Tree:
    """Path -> Source, in path order."""

    sources: dict = field(default_factory=dict)

    def cpp(self, *folders):
        for path, source in self.sources.items():
            if source.is_cpp and (not folders or path.startswith(tuple(f + "/" for f in folders))):
                yield source

    def get(self, path):
        return self.sources.get(path)


# Text that people write. Everything else (audio, lock files, vectors of others) is data.
_TEXT = {".cpp", ".hpp", ".py", ".ts", ".svelte", ".js", ".mjs", ".md", ".txt", ".sql", ".sh", ".example",
         ".env", ".json", ".yaml", ".yml", ".css", ".html", ".cmake", ".service", ""}


def read_tree(root):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, check=True,
                            capture_output=True).stdout.decode().split("\0")
    sources = {}
    for path in sorted(set(filter(None, listed))):
        file = root / path
        if file.suffix in _TEXT and file.name != "package-lock.json" and file.is_file():
            try:
                sources[path] = Source(path, file.read_text(encoding="utf-8"))
            except UnicodeDecodeError:
                pass  # data
    return Tree(sources)


def matching_bracket(code, start):
    """Offset of the bracket that closes the one at `start`, or the end of the code."""
    depth = 0
    for i in range(start, len(code)):
        if code[i] in "([{":
            depth += 1
        elif code[i] in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return len(code)
