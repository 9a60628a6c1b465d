"""A session: programs under one roof, without or with Seamtrace."""

import os
import shutil
import signal
import socket
import tempfile

from harness import paths, segments
from harness.receiver import Inbox
from harness.spans import Spans
from harness.subject import Subject
from harness.waiting import DEADLINE, eventually

# Whatever the person who runs the tests has set must not reach the subjects.
_FOREIGN = ("OTEL_", "SEAMTRACE_", "LD_PRELOAD", "TRACEPARENT", "TRACESTATE", "BAGGAGE",
            "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


class Untraced:
    """Programs as they are."""

    traced = False

    def __init__(self, **environment):
        self.subjects = []
        self._directories = []
        self.environment = clean_environment()
        self.environment.update(environment)

    def start(self, *arguments, name=None, environment=None, **options):
        """Starts a program; `name` becomes its service.name."""
        name = name or os.path.basename(str(arguments[0]))
        merged = {**self.environment, "OTEL_SERVICE_NAME": name, **(environment or {})}
        merged = {key: value for key, value in merged.items() if value is not None}
        subject = Subject(arguments, merged, name, **options)
        self.subjects.append(subject)
        return subject

    def app(self, program, *arguments, **options):
        """Starts a subject of tests/apps."""
        return self.start(paths.app(program), *arguments, **{"name": program, **options})

    def run(self, *arguments, deadline=DEADLINE, **options):
        """Runs a program to its end."""
        subject = self.start(*arguments, **options)
        subject.wait(deadline)
        return subject

    def directory(self):
        """A directory of its own, which every user may read."""
        path = tempfile.mkdtemp(prefix="seamtrace-test-")
        os.chmod(path, 0o755)
        self._directories.append(path)
        return path

    def stop_subjects(self):
        for subject in reversed(self.subjects):
            subject.stop()

    def close(self):
        for subject in reversed(self.subjects):
            subject.discard()
        for path in self._directories:
            shutil.rmtree(path, ignore_errors=True)


class Traced(Untraced):
    """Programs with the library preloaded, a collector, and an inbox for what it exports."""

    traced = True

    def __init__(self, collector=True, collector_environment=None, **environment):
        super().__init__(**environment)
        for product in (paths.LIBRARY, *([paths.SEAMTRACE] if collector else [])):
            if not product.exists():
                raise AssertionError(f"{product} is not built")
        self.base = tempfile.mkdtemp(prefix="seamtrace-test-", dir=paths.shared_memory())
        os.chmod(self.base, 0o1777)
        self._directories.append(self.base)
        self.inbox = Inbox()
        self.collector = None
        self.collector_environment = {
            **clean_environment(),
            "SEAMTRACE_DIR": self.base,
            "XDG_DATA_HOME": os.path.join(self.base, "data"),  # where a store would be
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.inbox.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            **(collector_environment or {}),
        }
        self.environment["SEAMTRACE_DIR"] = self.base
        self.environment["LD_PRELOAD"] = str(paths.LIBRARY)
        self.environment.update(environment)
        if collector:
            try:
                self.start_collector()
            except BaseException:
                self.close()
                raise

    def start_collector(self):
        self.collector = Subject([paths.SEAMTRACE, "collector"], self.collector_environment,
                                 "collector")
        address = f"{self.base}/seamtrace-{os.getuid()}/collector.socket"

        def ready():
            if self.collector.process.poll() is not None:
                raise AssertionError(f"the collector ended: {self.collector.err}")
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(address) == 0

        eventually(ready, "the collector to be ready")
        return self.collector

    def seamtrace(self, *arguments, deadline=DEADLINE, **options):
        """Runs the command line program itself, which is not traced."""
        environment = {**self.collector_environment, **options.pop("environment", {})}
        subject = Subject([paths.SEAMTRACE, *arguments], environment, "seamtrace", **options)
        self.subjects.append(subject)
        subject.wait(deadline)
        return subject

    @property
    def spans(self):
        return Spans.of(self.inbox.spans())

    def wait_for_spans(self, count, deadline=DEADLINE, **query):
        """Spans that match, once there are `count`."""
        try:
            eventually(lambda: len(self.spans.where(**query)) >= count, "spans", deadline)
        except AssertionError:
            found = self.spans
            raise AssertionError(
                f"{len(found.where(**query))} of {count} spans {query or ''} arrived; all "
                f"{len(found)}:\n{found.describe()}\ncollector: {self.collector_says()}") from None
        return self.spans.where(**query)

    def collector_says(self):
        return self.collector.err if self.collector else "not started"

    def finish(self):
        """Ends the programs, lets the collector drain and end; all spans there are."""
        # A client has its answer a moment before its server has written the span: a server that
        # is killed in that moment died in the middle of its work.
        try:
            eventually(lambda: not segments.in_flight(self.base), "requests in flight to end", 1)
        except AssertionError:
            pass  # they are meant to be
        self.stop_subjects()
        if self.collector and self.collector.process.poll() is None:
            self._stop_collector()
            if segments.files(self.base):
                # It was told to end before it had read everything; its successor goes on.
                self.start_collector()
                eventually(lambda: not segments.files(self.base), "the segments to be read")
                self._stop_collector()
        return self.spans

    def _stop_collector(self):
        self.collector.send_signal(signal.SIGTERM)
        code = self.collector.wait()
        if code != 0:
            raise AssertionError(f"the collector ended with {code}: {self.collector.err}")

    def close(self):
        if self.collector:
            self.collector.discard()
        super().close()
