#!/usr/bin/python3
"""No source file grows beyond what a reader can keep in mind.

Hard limit 600 lines; files above 300 lines are named, so that they get split in time."""

import argparse

from repository import ROOT, finish, tracked_files

LIMIT = 600
WANTED = 300
SOURCES = (".cc", ".h", ".c", ".S", ".def", ".py", ".sh", ".js", ".mjs", ".ts", ".cmake", "CMakeLists.txt")

# path -> reason. Keep it empty.
EXCEPTIONS = {}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=ROOT)
    root = parser.parse_args().root
    findings, long_files = [], []
    for name in [*tracked_files(root, *SOURCES), "dev"]:
        path = f"{root}/{name}"
        try:
            with open(path, "rb") as file:
                lines = sum(1 for _ in file)
        except FileNotFoundError:
            continue
        if lines > LIMIT and name not in EXCEPTIONS:
            findings.append(f"{name}: {lines} lines, the limit is {LIMIT}: split it")
        elif lines > WANTED:
            long_files.append((lines, name))
    for lines, name in sorted(long_files, reverse=True):
        print(f"  note: {name} has {lines} lines; {WANTED} are wanted")
    finish("file sizes", findings)


main()
