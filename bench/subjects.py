"""The ways to run what the benchmarks measure, and the clocks.

Every program binds 127.0.0.1 and a port that is free at the time."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
LIBRARY = BUILD / "lib/libseamtrace.so"
PROGRAM = BUILD / "bin/seamtrace"
LOAD_GENERATOR = BUILD / "bench/load_generator"
SPAN_RECEIVER = BUILD / "bench/span_receiver"
START_LIMIT = 10.0
STOP_LIMIT = 30.0

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**changes):
    """This process's environment without anything that concerns telemetry or the way to a receiver."""
    foreign = ("OTEL_", "SEAMTRACE_", "LD_PRELOAD", "TRACEPARENT", "TRACESTATE", "BAGGAGE")
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(foreign) and not name.lower().endswith("_proxy")}
    return {**kept, **changes}


def process_cpu_ns(pid):
    """The kernel's count of a process's CPU time, all threads, in nanoseconds."""
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)  # CPUCLOCK_SCHED of that process
    except OSError:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def process_tree(pid):
    """`pid` and all its living descendants."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    tree, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        tree.append(current)
        waiting += children.get(current, [])
    return tree


def tree_cpu_ns(pid):
    return sum(process_cpu_ns(member) for member in process_tree(pid))


def pin(processors):
    """A preexec function that keeps a child to these processors."""
    return (lambda: os.sched_setaffinity(0, processors)) if processors else None


def processors_for_servers_and_others():
    """One processor for the server, the rest for everybody else; none pinned on a single one."""
    available = sorted(os.sched_getaffinity(0))
    return ({available[0]}, set(available[1:])) if len(available) > 1 else (set(), set())


class Server:
    """A running process, stopped by SIGTERM when the block ends."""

    def __init__(self, command, environment, processors=(), port=None, folder=None):
        self.folder = folder
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, preexec_fn=pin(processors), text=True)
        self.port = port or self._announced_port(command)
        self._wait_until_reachable(command)

    def _announced_port(self, command):
        line = self.process.stdout.readline()
        match = re.search(r"listening on (\d+)", line)
        if not match:
            raise SystemExit(f"bench: {command[0]} did not say where it listens, but: {line!r}")
        return int(match.group(1))

    def _wait_until_reachable(self, command):
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.01)
        self.stop()
        raise SystemExit(f"bench: {command[0]} does not listen on port {self.port}")

    def stop(self):
        """May be called again."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def send_load(subject, port, requests, processors=()):
    """Sends the requests; the load generator's report. Ends the benchmark when one failed."""
    result = subprocess.run(
        [LOAD_GENERATOR, "--port", str(port), "--requests", str(requests), "--connections",
         str(subject.connections), "--path", subject.path, "--timeout", "600"],
        env=clean_environment(), capture_output=True, text=True, preexec_fn=pin(processors))
    if result.returncode != 0:
        raise SystemExit(f"bench: {subject.name}: {result.stdout}{result.stderr}")
    return json.loads(result.stdout)


class SharedDirectory(tempfile.TemporaryDirectory):
    """A base directory of this run's own, where the default one is and with its rights: nginx's worker is
    another user when root starts it, and makes a directory of its own below."""

    def __init__(self):
        super().__init__(prefix="seamtrace-bench-", dir="/dev/shm")
        os.chmod(self.name, 0o1777)


class Receiver(Server):
    """Takes what the collector exports, and counts the spans."""

    def __init__(self, processors=()):
        super().__init__([str(SPAN_RECEIVER)], clean_environment(), processors)

    def spans(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/count", timeout=10) as answer:
            return int(answer.read())


class Collector:
    """`seamtrace collector` with default settings, exporting to a receiver."""

    def __init__(self, directory, receiver, processors=()):
        self.environment = clean_environment(
            SEAMTRACE_DIR=directory, OTEL_TRACES_EXPORTER="otlp",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{receiver.port}")
        self.process = subprocess.Popen([PROGRAM, "collector"], env=self.environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=pin(processors))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def cpu_ns(self):
        return process_cpu_ns(self.process.pid)

    def status(self):
        """What `seamtrace status --json` says: counters of the processes, health of the exporter."""
        answer = subprocess.run([PROGRAM, "status", "--json"], env=self.environment,
                                capture_output=True, text=True, timeout=30)
        return json.loads(answer.stdout) if answer.returncode == 0 else {"error": answer.stderr}

    def stop(self):
        """Lets it drain and end; the CPU time of its whole life in nanoseconds."""
        self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_LIMIT
        while time.monotonic() < deadline:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.process.returncode = os.waitstatus_to_exitcode(status)
                return int((usage.ru_utime + usage.ru_stime) * 1e9)
            time.sleep(0.01)
        self.process.kill()
        self.process.wait()
        raise SystemExit("bench: the collector did not end in time")


def require_build():
    missing = [path for path in (LIBRARY, PROGRAM, LOAD_GENERATOR, SPAN_RECEIVER) if not path.exists()]
    if missing:
        names = ", ".join(str(path.relative_to(ROOT)) for path in missing)
        raise SystemExit(f"bench: {names} missing: run ./dev build")
