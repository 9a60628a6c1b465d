"""Reads the tables of wire/*.def, which C++ reads with the preprocessor."""

import re
from pathlib import Path
from typing import NamedTuple

TOKEN = re.compile(r'//[^\n]*|"((?:[^"\\]|\\.)*)"|([A-Za-z_][A-Za-z0-9_]*)|([(),])|\s+')


class Option(NamedTuple):
    name: str
    kind: str
    default: str
    values: str
    reader: str
    group: str
    help: str


class Counter(NamedTuple):
    name: str
    meaning: str


def entries(path, macro):
    """Yields the arguments of every `macro(...)` in a .def file; adjacent strings are joined."""
    text = Path(path).read_text()
    arguments, current, wanted, position = [], None, False, 0
    while position < len(text):
        token = TOKEN.match(text, position)
        if not token:
            line = text.count("\n", 0, position) + 1
            raise SystemExit(f"{path}:{line}: cannot read this line of the table")
        position = token.end()
        string, word, mark = token.groups()
        if string is not None:
            current = (current or "") + re.sub(r"\\(.)", r"\1", string)
        elif word == macro and not wanted:
            arguments, current, wanted = [], None, True
        elif word is not None:
            current = word
        elif mark == "," and wanted:
            arguments.append(current)
            current = None
        elif mark == ")" and wanted:
            arguments.append(current)
            yield arguments
            wanted = False


def options(root):
    return [Option(*row) for row in entries(Path(root) / "wire/configuration.def", "SEAMTRACE_OPTION")]


def counters(root):
    return [Counter(*row) for row in entries(Path(root) / "wire/counters.def", "SEAMTRACE_COUNTER")]
