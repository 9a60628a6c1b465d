#!/usr/bin/python3
"""clang-tidy over the product's sources, with the rules of .clang-tidy.

A file is looked at again only when it, a header of ours that it includes, or the rules changed."""

import argparse
import hashlib
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from repository import ROOT, finish, tracked_files

PRODUCT = ("wire/", "agent/", "collector/", "cli/")
NOT_PRODUCT = re.compile(r"(_test|_bench|_fuzz)\.cc$|/testing/")
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.M)


def compiled_files(build):
    database = json.loads((build / "compile_commands.json").read_text())
    return {os.path.realpath(os.path.join(entry["directory"], entry["file"])) for entry in database}


def database_for_clang(build):
    """A copy of the build's compile commands without what only its own compiler knows."""
    folder = ROOT / "build/lint"
    folder.mkdir(parents=True, exist_ok=True)
    text = (build / "compile_commands.json").read_text()
    (folder / "compile_commands.json").write_text(re.sub(r" -flto=\S+| -ffat-lto-objects", "", text))
    return folder


def fingerprint(source):
    """A hash of the file, the headers of ours that it reaches, and the rules."""
    seen, waiting = {}, [source, ".clang-tidy"]
    while waiting:
        name = waiting.pop()
        path = ROOT / name
        if name in seen or not path.is_file():
            continue
        seen[name] = path.read_bytes()
        waiting += [match.decode() for match in INCLUDE.findall(seen[name])]
    digest = hashlib.sha256()
    for name in sorted(seen):
        digest.update(name.encode() + b"\0" + seen[name] + b"\0")
    return digest.hexdigest()


def lint(tidy, build, source, stamp):
    """The findings in one file and its headers: one line each."""
    # The build's own compiler may know warnings that clang does not.
    result = subprocess.run([tidy, "-p", str(build), "--quiet",
                             "--extra-arg=-Wno-unknown-warning-option", source],
                            cwd=ROOT, capture_output=True, text=True)
    if result.returncode == 0:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        return []
    lines = [line.removeprefix(f"{ROOT}/") for line in result.stdout.splitlines()
             if re.search(r": (error|warning): ", line)]
    return lines or [f"{source}: clang-tidy failed: {result.stderr.strip()}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="tests, benchmarks and apps as well")
    parser.add_argument("--tidy", default="clang-tidy-14")
    parser.add_argument("--build", default=ROOT / "build/release", type=Path)
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()

    sources = arguments.files or [
        name for name in tracked_files(ROOT, ".cc")
        if arguments.all or (name.startswith(PRODUCT) and not NOT_PRODUCT.search(name))]
    compiled = compiled_files(arguments.build)
    findings, work = [], []
    for source in sources:
        if str(ROOT / source) not in compiled:
            if not source.endswith("_fuzz.cc"):  # built by the fuzz preset alone
                findings.append(f"{source}: no target compiles this file")
            continue
        stamp = ROOT / "build/lint" / fingerprint(source)
        if not stamp.exists():
            work.append((source, stamp))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        database = database_for_clang(arguments.build)
        for lines in pool.map(lambda item: lint(arguments.tidy, database, *item), work):
            findings += lines
    print(f"  {len(work)} of {len(sources)} files looked at; the others have not changed")
    finish("lint", sorted(set(findings)))  # a header's finding comes with every file that includes it


main()
