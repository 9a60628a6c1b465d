#!/usr/bin/python3
"""Writes docs/configuration.md from wire/configuration.def; --check fails when it is stale."""

import argparse
from pathlib import Path

from definitions import options
from repository import ROOT, finish

INTRODUCTION = """<!-- Written by tools/generate_configuration.py from wire/configuration.def: change that. -->
# Configuration

Seamtrace is configured by environment variables only. The names and their meaning are
OpenTelemetry's where it has one; ours begin with `SEAMTRACE_`. `seamtrace help environment`
prints the same table.

Rules for all of them:

- An empty value means unset.
- Booleans: only `true`, in any case, is true. Anything else is false, and is warned about unless it
  is `false`.
- A number that does not parse or is out of range is warned about and treated as unset.
- Durations are whole milliseconds.
- Choices are case-insensitive. An unknown one is warned about and ignored.
- Lists are separated by commas; spaces around an item do not count.
- A bad value never stops the traced program.

"Read by" says who looks at it: the *agent* in the traced program, the *collector*, or both. The
collector learns the telemetry variables of a traced program from the agent, so setting them for the
program is enough. What `seamtrace run` inherits, it hands on to both.
"""

KINDS = {
    "boolean": "true or false",
    "string": "text",
    "integer": "whole number",
    "duration": "milliseconds",
    "ratio": "fraction from 0 to 1",
    "choice": "one of",
    "choices": "list of",
    "pairs": "list of `key=value`",
    "names": "list of names",
}
UNBOUNDED = "2147483647"


def describe_values(option):
    kind = KINDS[option.kind]
    if option.kind in ("choice", "choices"):
        return kind + " " + ", ".join(f"`{value}`" for value in option.values.split())
    if option.kind in ("integer", "duration") and option.values:
        least, greatest = option.values.split()
        if greatest == UNBOUNDED:
            return kind if least == "0" else f"{kind}, at least {least}"
        return f"{kind}, {least} to {greatest}"
    return kind


def escape(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


def page(root):
    groups = {}
    for option in options(root):
        groups.setdefault(option.group, []).append(option)
    parts = [INTRODUCTION]
    for group, members in groups.items():
        parts.append(f"\n## {group}\n\n| variable | value | default | read by | meaning |\n|-|-|-|-|-|\n")
        for option in members:
            default = f"`{option.default}`" if option.default else "unset"
            reader = "both" if option.reader == "both" else f"the {option.reader}"
            cells = [f"`{option.name}`", describe_values(option), default, reader, option.help]
            parts.append("| " + " | ".join(escape(cell) for cell in cells) + " |\n")
    return "".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", default=ROOT)
    arguments = parser.parse_args()
    target = Path(arguments.root) / "docs/configuration.md"
    wanted = page(arguments.root)
    if not arguments.check:
        target.write_text(wanted)
        return
    stale = not target.exists() or target.read_text() != wanted
    finding = "docs/configuration.md is stale: run tools/generate_configuration.py"
    finish("configuration page", [finding] if stale else [])


main()
