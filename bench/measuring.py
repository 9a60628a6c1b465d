"""One mode of one round: what runs, what it is asked, and what it costs."""

import os
import statistics
import subprocess
import time

from subjects import (LIBRARY, Collector, Receiver, SharedDirectory, clean_environment, pin,
                      send_load, tree_cpu_ns)

MODES = ["without", "disabled", "unsampled", "traced"]
WARM_UP = 2000


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
            expected = (WARM_UP + self.requests) * self.subject.spans_per_request
            result["lost"] = expected - self.receiver.spans()
            if result["lost"]:
                result["status"] = status
        return result


class ClientRun:
    """The same for a program that calls a data store and ends: each slice is one run of it."""

    def __init__(self, subject, mode, processors, stack):
        self.subject = subject
        self.processors, self.others = processors
        self.calls, self.slices, self.cpu_ns, self.seconds = 0, 0, 0, 0.0
        directory = stack.enter_context(SharedDirectory())
        self.environment = environment_of(mode, directory)
        self.receiver = self.collector = None
        if mode == "traced":
            self.receiver = stack.enter_context(Receiver(self.others))
            self.collector = stack.enter_context(Collector(directory, self.receiver, self.others))
            self.collector_start = self.collector.cpu_ns()

    def send(self, calls):
        start = time.monotonic()
        process = subprocess.Popen(self.subject.command(calls), env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   preexec_fn=pin(self.processors))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"bench: {self.subject.name} ended with {process.returncode}")
        self.cpu_ns += int((usage.ru_utime + usage.ru_stime) * 1e9)
        self.seconds += time.monotonic() - start
        self.calls += calls
        self.slices += 1

    def finish(self):
        call_us = self.seconds / self.calls * 1e6
        result = {"server_ns": self.cpu_ns / self.calls, "collector_ns": 0.0, "lost": 0,
                  "p50_us": call_us, "p99_us": call_us,
                  "requests_per_second": self.calls / self.seconds}
        if self.collector:
            status = self.collector.status()
            result["collector_ns"] = (self.collector.stop() - self.collector_start) / self.calls
            expected = self.calls + self.slices * self.subject.own_calls
            result["lost"] = expected - self.receiver.spans()
            if result["lost"]:
                result["status"] = status
        return result
