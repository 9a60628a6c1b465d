#!/usr/bin/python3
"""Instructions per request under callgrind: repeatable to the last digit, whatever else the machine does.

Two runs of each mode, with few and with many requests; the difference is what the requests cost. It counts
what runs in user space, so the ratio is larger than that of CPU time, of which most is the kernel's."""

import argparse
import os
import re
import tempfile

from measuring import MODES, environment_of
from servers import SERVERS
from subjects import SharedDirectory, require_build, send_load

FEW, MANY = 300, 1300


def instructions(subject, mode, requests):
    """Instructions of the whole life of the server while it answers so many requests."""
    with SharedDirectory() as directory, tempfile.TemporaryDirectory() as logs:
        os.chmod(logs, 0o777)  # nginx's worker is another user when root starts it
        wrapper = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={logs}/out.%p",
                   f"--log-file={logs}/log.%p"]
        with subject.start(environment_of(mode, directory), (), wrapper) as server:
            send_load(subject, server.port, requests)
        total = 0
        for name in os.listdir(logs):
            if name.startswith("log."):
                with open(f"{logs}/{name}", encoding="utf-8", errors="replace") as file:
                    match = re.search(r"Collected : (\d+)", file.read())
                total += int(match.group(1)) if match else 0
        if not total:
            raise SystemExit(f"bench: callgrind counted nothing for {subject.name}, {mode}")
        return total


def main():
    names = [subject.name for subject in SERVERS]
    parser = argparse.ArgumentParser(prog="./dev bench instructions", description=__doc__)
    parser.add_argument("--subjects", default=",".join(names))
    chosen = parser.parse_args().subjects.split(",")
    require_build()
    os.chdir("/")
    print("| server | " + " | ".join(MODES) + " |\n|-|" + "-|" * len(MODES))
    for subject in SERVERS:
        if subject.name not in chosen:
            continue
        counts = [(instructions(subject, mode, MANY) - instructions(subject, mode, FEW)) / (MANY - FEW)
                  for mode in MODES]
        cells = [f"{counts[0]:.0f}"] + [f"{count:.0f} ({count - counts[0]:+.0f})" for count in counts[1:]]
        print(f"| {subject.name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
