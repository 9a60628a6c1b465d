#!/usr/bin/python3
"""CPU time per request with Seamtrace, as a ratio to the same server without it.

Every round runs all modes once, in rotating order; a ratio is always taken within its round. A run is a
fixed number of requests after a warm-up. Exit code 1 when spans were lost."""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path

import report
import startup
from subjects import (LIBRARY, SUBJECTS, Collector, Receiver, SharedDirectory, clean_environment,
                      processors_for_servers_and_others, require_build, send_load, tree_cpu_ns)

MODES = ["without", "disabled", "unsampled", "traced"]
LEAST_ROUNDS = 7
WARM_UP = 2000


def environment_of(mode, directory):
    changes = {"without": {},
               "disabled": {"OTEL_ENABLED": "false"},
               "unsampled": {"OTEL_TRACES_SAMPLER": "always_off"},
               "traced": {}}[mode]
    if mode != "without":
        changes = {**changes, "LD_PRELOAD": str(LIBRARY), "SEAMTRACE_DIR": directory}
    return clean_environment(**changes)


def run_once(subject, mode, requests, processors):
    """One run of one mode: {"server_ns", "collector_ns", "p50_us", "p99_us", "lost"} per request."""
    servers, others = processors
    with SharedDirectory() as directory:
        receiver = collector = None
        if mode == "traced":
            receiver = Receiver(others)
            collector = Collector(directory, receiver, others)
        with subject.start(environment_of(mode, directory), servers) as server:
            send_load(subject, server.port, WARM_UP, others)
            collector_start = collector.cpu_ns() if collector else 0
            start = tree_cpu_ns(server.process.pid)
            load = send_load(subject, server.port, requests, others)
            server_ns = tree_cpu_ns(server.process.pid) - start
        result = {"server_ns": server_ns / requests, "collector_ns": 0.0, "lost": 0,
                  "p50_us": load["p50_us"], "p99_us": load["p99_us"],
                  "requests_per_second": requests / load["seconds"]}
        if collector:
            # It drains before it ends; that belongs to its cost.
            result["collector_ns"] = (collector.stop() - collector_start) / requests
            result["lost"] = WARM_UP + requests - receiver.spans()
            receiver.stop()
        return result


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
        entry = {}
        for step in range(len(MODES)):
            mode = MODES[(number + step) % len(MODES)]
            entry[mode] = run_once(subject, mode, requests, processors)
        done.append(entry)
        ratios = " ".join(f"{mode} {entry[mode]['server_ns'] / entry['without']['server_ns']:.3f}"
                          for mode in MODES[1:])
        print(f"  {subject.name} round {number + 1} of {rounds}: "
              f"{entry['without']['server_ns'] / 1000:.2f} us a request; {ratios}; "
              f"lost {entry['traced']['lost']}", file=sys.stderr, flush=True)
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
