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

import report
import startup
from subjects import (LIBRARY, SUBJECTS, Collector, Receiver, SharedDirectory, clean_environment,
                      processors_for_servers_and_others, require_build, send_load, tree_cpu_ns)

MODES = ["without", "disabled", "unsampled", "traced"]
LEAST_ROUNDS = 7
WARM_UP = 2000
SLICES = 20


def environment_of(mode, directory):
    changes = {"without": {},
               "disabled": {"OTEL_ENABLED": "false"},
               "unsampled": {"OTEL_TRACES_SAMPLER": "always_off"},
               "traced": {}}[mode]
    if mode != "without":
        changes = {**changes, "LD_PRELOAD": str(LIBRARY), "SEAMTRACE_DIR": directory}
    return clean_environment(**changes)


class Run:
    """One mode of one round: a server, and a collector where the mode has one."""

    def __init__(self, subject, mode, processors, stack):
        servers, self.others = processors
        self.subject, self.mode = subject, mode
        self.requests, self.cpu_ns, self.seconds, self.loads = 0, 0, 0.0, []
        self.directory = stack.enter_context(SharedDirectory())
        self.receiver = self.collector = None
        if mode == "traced":
            self.receiver = stack.enter_context(Receiver(self.others))
            self.collector = stack.enter_context(Collector(self.directory, self.receiver, self.others))
        self.server = stack.enter_context(
            subject.start(environment_of(mode, self.directory), servers))
        send_load(subject, self.server.port, WARM_UP, self.others)
        self.collector_start = self.collector.cpu_ns() if self.collector else 0

    def send(self, requests):
        start = tree_cpu_ns(self.server.process.pid)
        load = send_load(self.subject, self.server.port, requests, self.others)
        self.cpu_ns += tree_cpu_ns(self.server.process.pid) - start
        self.requests += requests
        self.seconds += load["seconds"]
        self.loads.append(load)

    def finish(self):
        """Per request: {"server_ns", "collector_ns", ...}, and the spans that are missing."""
        result = {"server_ns": self.cpu_ns / self.requests, "collector_ns": 0.0, "lost": 0,
                  "p50_us": statistics.median(load["p50_us"] for load in self.loads),
                  "p99_us": statistics.median(load["p99_us"] for load in self.loads),
                  "requests_per_second": self.requests / self.seconds}
        if self.collector:
            status = self.collector.status()
            self.server.stop()
            # It drains before it ends; that belongs to its cost.
            result["collector_ns"] = (self.collector.stop() - self.collector_start) / self.requests
            result["lost"] = WARM_UP + self.requests - self.receiver.spans()
            if result["lost"]:
                result["status"] = status
        return result


def run_round(subject, number, requests, processors):
    """All modes once. Their servers live side by side, and the requests are sent in slices, in turn, so
    that whatever else the machine does meets every mode alike."""
    with contextlib.ExitStack() as stack:
        runs = {mode: Run(subject, mode, processors, stack) for mode in MODES}
        for piece in range(SLICES):
            for step in range(len(MODES)):
                runs[MODES[(number + piece + step) % len(MODES)]].send(requests // SLICES)
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
