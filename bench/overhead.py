#!/usr/bin/python3
"""CPU time per request with Seamtrace, as a ratio to the same server without it.

In a round the servers of all modes live side by side; a fixed number of requests is sent to each, in slices
and in rotating order, after a warm-up. A ratio is always taken within its round. Exit code 1 when spans were
lost."""

import argparse
import contextlib
import json
import os
import statistics
import sys
from pathlib import Path

import data_stores
import report
import startup
from measuring import MODES
from servers import SERVERS
from subjects import processors_for_servers_and_others, require_build

SUBJECTS = SERVERS + data_stores.SUBJECTS

LEAST_ROUNDS = 7


def run_round(subject, number, requests, processors):
    """All modes once. Their servers live side by side, and the requests are sent in slices, in turn, so
    that whatever else the machine does meets every mode alike."""
    with contextlib.ExitStack() as stack:
        runs = {mode: subject.open_run(mode, processors, stack) for mode in MODES}
        for piece in range(subject.slices):
            for step in range(len(MODES)):
                runs[MODES[(number + piece + step) % len(MODES)]].send(requests // subject.slices)
        return {mode: run.finish() for mode, run in runs.items()}


def spread(values):
    ordered = sorted(values)
    quartiles = statistics.quantiles(ordered, n=4, method="inclusive")
    return {"median": statistics.median(ordered), "least": ordered[0], "greatest": ordered[-1],
            "lower_quartile": quartiles[0], "upper_quartile": quartiles[2]}


def summarise(rounds):
    """From a list of rounds {mode: run} to medians and spreads."""
    summary = {}
    for mode in MODES:
        ratios = [entry[mode]["server_ns"] / entry["without"]["server_ns"] for entry in rounds]
        with_collector = [(entry[mode]["server_ns"] + entry[mode]["collector_ns"]) /
                          entry["without"]["server_ns"] for entry in rounds]
        added = [entry[mode]["server_ns"] - entry["without"]["server_ns"] for entry in rounds]
        summary[mode] = {
            "cpu_us": statistics.median(entry[mode]["server_ns"] for entry in rounds) / 1000,
            "collector_us": statistics.median(entry[mode]["collector_ns"] for entry in rounds) / 1000,
            "p50_us": statistics.median(entry[mode]["p50_us"] for entry in rounds),
            "p99_us": statistics.median(entry[mode]["p99_us"] for entry in rounds),
            "added_ns": spread(added),
            "ratio": spread(ratios),
            "ratio_with_collector": spread(with_collector),
            "lost": sum(entry[mode]["lost"] for entry in rounds),
        }
    return summary


def measure(subject, rounds, requests, processors):
    done = []
    for number in range(rounds):
        entry = run_round(subject, number, requests, processors)
        done.append(entry)
        ratios = " ".join(f"{mode} {entry[mode]['server_ns'] / entry['without']['server_ns']:.3f}"
                          for mode in MODES[1:])
        print(f"  {subject.name} round {number + 1} of {rounds}: "
              f"{entry['without']['server_ns'] / 1000:.2f} us a request; {ratios}; "
              f"lost {entry['traced']['lost']}", file=sys.stderr, flush=True)
        if entry["traced"]["lost"]:
            print(json.dumps(entry["traced"]["status"], indent=1), file=sys.stderr)
    return {"requests": requests, "rounds": rounds, "runs": done, "summary": summarise(done)}


def parse_arguments():
    names = [subject.name for subject in SUBJECTS]
    parser = argparse.ArgumentParser(prog="./dev bench overhead", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="at least 7 for a result that counts")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the number of requests")
    parser.add_argument("--subjects", default=",".join(names), help=f"of {','.join(names)}")
    parser.add_argument("--startup-rounds", type=int, default=1000)
    parser.add_argument("--write", metavar="PAGE", help="replace the results in this page")
    parser.add_argument("--json", metavar="FILE", help="write every measurement")
    arguments = parser.parse_args()
    arguments.subjects = arguments.subjects.split(",")
    unknown = set(arguments.subjects) - set(names)
    if unknown:
        parser.error(f"there is no subject {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if arguments.write and arguments.rounds < LEAST_ROUNDS:
        parser.error(f"a result that is written down needs --rounds {LEAST_ROUNDS} or more")
    return arguments


def main():
    arguments = parse_arguments()
    require_build()
    os.chdir("/")
    processors = processors_for_servers_and_others()
    results = {}
    for subject in SUBJECTS:
        if subject.name in arguments.subjects:
            requests = max(1000, int(subject.requests * arguments.scale))
            results[subject.name] = measure(subject, arguments.rounds, requests, processors)
    starts = startup.measure(arguments.startup_rounds)
    text = report.overhead(results, starts, arguments.startup_rounds, bool(processors[0]))
    print(text)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(
            {"machine": report.machine(), "subjects": results, "startup": starts}, indent=1))
    if arguments.write:
        report.write_into(Path(arguments.write), "bench overhead", text)
    lost = sum(result["summary"]["traced"]["lost"] for result in results.values())
    if lost:
        raise SystemExit(f"bench: {lost} spans were lost")


if __name__ == "__main__":
    main()
