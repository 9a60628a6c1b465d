#!/usr/bin/python3
"""Pages and code agree: links resolve, commands that a page names exist, every counter and every
variable has its line."""

import argparse
import re
from pathlib import Path

from definitions import counters, options
from repository import ROOT, finish, tracked_files

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*?)\s*#*$", re.M)
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
DEV_COMMAND = re.compile(r"\./dev ([a-z][a-z-]*)")
SEAMTRACE_COMMAND = re.compile(r"(?:^|[`$\s/])seamtrace ((?!run_)[a-z][a-z-]*)\b(?=[`\s]|$)", re.M)
VARIABLE = re.compile(r"\b(?:OTEL|SEAMTRACE)_[A-Z0-9_]*[A-Z0-9]\b")
# Variables that a page may name although the table does not have them: CMake's and the build's own.
NOT_CONFIGURATION = {"SEAMTRACE_SANITIZE", "SEAMTRACE_FUZZ", "SEAMTRACE_OPTION", "SEAMTRACE_COUNTER"}


def anchors(text):
    """Anchors of a page's headings, as the usual renderers make them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in HEADING.findall(FENCE.sub("", text))}


def check_links(root, page, text):
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (root / page).parent / name if name else root / page
        if not path.exists():
            yield f"{page}: the link to {target} leads nowhere"
        elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text()):
            yield f"{page}: {name or page} has no heading #{anchor}"


def dev_commands(root):
    """The commands of ./dev: its functions named command_x."""
    text = (root / "dev").read_text()
    return {name.replace("_", "-") for name in re.findall(r"^command_([a-z_]+)\(\)", text, re.M)}


def seamtrace_commands(root):
    """The commands of the CLI: one file each in cli/, or a subcommand declared in code; None while
    there is no CLI."""
    sources = list((root / "cli").glob("*.cc"))
    if not sources:
        return None
    text = "".join(source.read_text() for source in sources)
    return set(re.findall(r'add_subcommand\(\s*"([a-z-]+)"', text)) | {"help"} | {
        name for name in re.findall(r'"([a-z][a-z-]*)"', text)
        if (root / "cli" / f"{name.replace('-', '_')}.cc").exists()
        or (root / "cli" / f"{name.replace('-', '_')}_command.cc").exists()}


def check_commands(page, text, pattern, known, program):
    if known is None:
        return
    for name in sorted(set(pattern.findall(text)) - known):
        yield f"{page}: `{program} {name}` does not exist"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=ROOT, type=Path)
    root = parser.parse_args().root
    findings = []
    ours, theirs = dev_commands(root), seamtrace_commands(root)
    variables = {option.name for option in options(root)} | NOT_CONFIGURATION
    for page in tracked_files(root, ".md"):
        text = (root / page).read_text()
        findings += check_links(root, page, text)
        findings += check_commands(page, text, DEV_COMMAND, ours, "./dev")
        code = "\n".join(re.findall(r"`[^`\n]+`|^    .*$", text, re.M) + FENCE.findall(text))
        findings += check_commands(page, code, SEAMTRACE_COMMAND, theirs, "seamtrace")
        if page.startswith("tests/"):
            continue  # the harness has variables of its own
        for name in sorted(set(VARIABLE.findall(text)) - variables):
            if not any(known.startswith(name + "_") for known in variables):
                findings.append(f"{page}: {name} is not in wire/configuration.def")
    status = root / "docs/troubleshooting.md"
    status_text = status.read_text() if status.exists() else ""
    for counter in counters(root):
        if f"`{counter.name}`" not in status_text:
            findings.append(f"docs/troubleshooting.md: the counter `{counter.name}` is not explained")
    finish("docs", findings)


main()
