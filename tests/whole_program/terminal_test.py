"""Traces in a terminal: real programs are traced, found, shown, watched, and switched off and on."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import tempfile
import termios
import threading
import time

from harness import StoreTest, main, paths, stores, viewer, wire
from harness.waiting import DEADLINE, eventually


def ask(port, *targets):
    """One request for each target, on connections of their own; the statuses."""
    return [int(wire.get_kept(port, target).split()[1]) for target in targets]


class StoredTest(StoreTest):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="seamtrace-store-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = os.path.join(self.folder, "traces.db")

    def stored(self):
        return self.traced(collector_environment={**viewer.environment(self.folder),
                                                  "LANG": "C.UTF-8", "COLUMNS": "120"})

    def lines(self, session, *arguments):
        """The JSON lines that a command prints."""
        program = session.seamtrace(*arguments)
        self.assertEqual(program.wait(), 0, program.err)
        return [json.loads(line) for line in program.out.splitlines()]

    def traces(self, session, count, *query):
        def enough():
            found = self.lines(session, "traces", "--json", "--limit", "5000", *query)
            return found if len(found) >= count else None
        found = eventually(enough, f"{count} traces")
        self.assertEqual(len(found), count)
        return found


class TracesTest(StoredTest):
    def test_traces_are_found_and_shown(self):
        session = self.stored()
        server = session.app("epoll_server", name="gateway")
        for number in range(30):
            ask(server.port, f"/cart/{number}")
        self.traces(session, 30)
        found = self.traces(session, 1, "service=gateway", "url.path=/cart/7", "-status=error")
        trace_id = found[0]["trace_id"]
        table = session.seamtrace("traces", "url.path=/cart/7").out
        self.assertRegex(table, rf"gateway +GET.* 200 +1 +0  {trace_id[:8]}\n")
        shown = session.seamtrace("trace", trace_id[:12])
        self.assertIn(f"trace {trace_id}  ", shown.out)
        self.assertRegex(shown.out, r"← gateway  GET /cart/7 +200 .*█")
        self.assertEqual(self.lines(session, "trace", trace_id, "--json")[0]["spans"][0]["service"],
                         "gateway")
        [otlp] = self.lines(session, "trace", trace_id, "--otlp")
        self.assertIn("resourceSpans", otlp)
        self.assertIn("url.path = /cart/7", session.seamtrace("trace", trace_id, "-a").out)
        ascii_only = session.seamtrace("trace", trace_id, environment={"LANG": "C"}).out
        self.assertTrue(ascii_only.isascii(), ascii_only)
        [services] = self.lines(session, "services", "--json")
        self.assertEqual([(s["name"], s["count"]) for s in services["services"]], [("gateway", 30)])
        self.assertRegex(session.seamtrace("services", "gateway").out, r"server  GET ")
        self.assertRegex(session.seamtrace("top").out, r"gateway +server +GET ")

    def test_what_is_wrong_is_said(self):
        session = self.stored()
        ask(session.app("epoll_server", name="gateway").port, "/")
        self.traces(session, 1)
        for arguments, words in [
                (["traces", "duration>>2"], "  duration>>2\n          ^^"),
                (["trace", "0" * 32], "trace"), (["trace", "00000000"], "no trace begins with"),
                (["services", "gatewai"], "did you mean 'gateway'?"),
                (["set", "gatewai", "tracing=off"], "did you mean 'gateway'?"),
                (["traces", "--store", "/no/such.db"], "/no/such.db")]:
            with self.subTest(arguments):
                program = session.seamtrace(*arguments)
                self.assertEqual(program.wait(), 1, program.out)
                self.assertIn(words, program.err)

    def test_a_store_file_without_a_collector(self):
        session = self.stored()
        ask(session.app("epoll_server", name="gateway").port, "/a", "/b")
        self.traces(session, 2)
        session.finish()
        self.assertEqual(len(self.lines(session, "traces", "--json")), 2)
        copy = os.path.join(self.folder, "copy.db")
        shutil.copy(self.store, copy)
        os.remove(self.store)
        self.assertEqual(len(self.lines(session, "traces", "--json", "--store", copy)), 2)
        program = session.seamtrace("traces")
        self.assertEqual(program.wait(), 1)
        self.assertIn("seamtrace run -- PROGRAM", program.err)
        program = session.seamtrace("set", "gateway", "tracing=off")
        self.assertEqual(program.wait(), 1)
        self.assertIn("no collector serves this user", program.err)

    def test_new_traces_are_followed(self):
        session = self.stored()
        port = session.app("epoll_server", name="gateway").port
        ask(port, "/before")
        self.traces(session, 1)
        follower = session.start(paths.SEAMTRACE, "traces", "--follow", "--json",
                                 environment={**session.collector_environment, "LD_PRELOAD": None})
        eventually(lambda: len(follower.out.splitlines()) == 1, "the trace that was there")
        ask(port, "/one", "/two")
        eventually(lambda: len(follower.out.splitlines()) == 3, "the new traces")
        ids = [json.loads(line)["trace_id"] for line in follower.out.splitlines()]
        self.assertEqual(len(set(ids)), 3)
        self.assertIsNone(follower.process.poll(), follower.err)


class SetTest(StoredTest):
    def change(self, session, process, *changes):
        [answer] = self.lines(session, "set", process, *changes, "--json")
        self.assertTrue(answer["ok"])
        return answer["processes"]

    def switch(self, session, service, request, spans_of):
        """Spans stop and start again at once; `request` is answered all the time."""
        request("first")
        before = self.traces(session, 1)
        [changed] = self.change(session, service, "tracing=off")
        self.assertEqual((changed["before"]["tracing"], changed["after"]["tracing"]),
                         (True, False))
        for number in range(20):
            request(f"off{number}")
        [changed] = self.change(session, service, "tracing=on")
        self.assertTrue(changed["after"]["tracing"])
        request("last")
        found = self.traces(session, 2)  # and not 22
        last = next(t for t in found if t["trace_id"] != before[0]["trace_id"])
        for trace in (before[0], last):
            [answer] = self.lines(session, "trace", trace["trace_id"], "--json")
            self.assertEqual(sorted(s["kind"] for s in answer["spans"]), spans_of)

    def test_http_is_switched_off_and_on(self):
        session = self.stored()
        port = session.app("epoll_server", name="gateway").port
        self.switch(session, "gateway",
                    lambda name: self.assertEqual(ask(port, f"/{name}"), [200]), ["server"])

    def test_data_stores_are_switched_off_and_on(self):
        """The same connections to both stores go on through all of it."""
        database, cache = stores.shared(stores.PostgreSQL), stores.shared(stores.Redis)
        database.sql("CREATE TABLE IF NOT EXISTS numbers_1 AS SELECT 1 AS id, 42 AS n")
        cache.cli("SET", "number:1", "42")
        session = self.stored()
        port = session.app("database_service", "--postgresql", database.uri(), "--redis",
                           cache.port, "--connections", 1).port
        bodies = set()

        def request(name):
            del name
            bodies.add(wire.get_kept(port, "/data/1"))

        self.switch(session, "database_service", request, ["client", "client", "server"])
        [answer] = bodies  # the same one all the time
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)

    def test_tracing_is_switched_under_load(self):
        session = self.stored()
        port = session.app("epoll_server", name="gateway").port
        statuses, done = [], threading.Event()

        def load():
            while not done.is_set():
                statuses.extend(ask(port, "/load"))

        worker = threading.Thread(target=load)
        worker.start()
        try:
            eventually(lambda: self.lines(session, "traces", "--json"), "a trace")
            for turn in range(10):
                self.change(session, "gateway", "tracing=" + ("off", "on")[turn % 2])
        finally:
            done.set()
            worker.join()
        self.assertEqual(set(statuses), {200})

    def test_the_sampling_of_all_that_fit_is_changed(self):
        session = self.stored()
        ports = [session.app("epoll_server", name="gateway").port for _ in range(2)]
        for port in ports:
            ask(port, "/")
        self.traces(session, 2)
        changed = self.change(session, "gateway", "sampling=0")
        self.assertEqual(len(changed), 2)
        for process in changed:
            self.assertEqual(process["after"], {"tracing": True, "ratio": 0,
                                                "sampler": "parentbased_traceidratio"})
        for port in ports:
            self.assertEqual(ask(port, *["/unsampled"] * 10), [200] * 10)
        self.assertIn("2 processes fit",
                      session.seamtrace("set", "epoll_server", "sampler=always_on").out)
        for port in ports:
            ask(port, "/again")
        self.traces(session, 4)


class TopTest(StoredTest):
    def top(self, session):
        """`top` on a terminal of 20 lines: its pid, the terminal, and how that was before."""
        pid, terminal = pty.fork()
        if pid == 0:
            time.sleep(0.2)  # until the terminal has its size
            os.execve(paths.SEAMTRACE, [str(paths.SEAMTRACE), "top"],
                      {**session.collector_environment, "TERM": "xterm"})
        self.addCleanup(os.close, terminal)
        self.resize(terminal, 20, 100)
        return pid, terminal, termios.tcgetattr(terminal)

    def resize(self, terminal, rows, columns):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, terminal, wanted):
        text, end = b"", time.monotonic() + DEADLINE
        while wanted not in text:
            if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"{wanted} is not in {text[-3000:]}")
            try:
                text += os.read(terminal, 65536)
            except OSError as error:
                raise AssertionError(f"{wanted} is not in {text[-3000:]}") from error
        return text

    def session_with_traffic(self):
        session = self.stored()
        port = session.app("epoll_server", name="gateway").port
        ask(port, "/")
        self.traces(session, 1)
        return session

    def test_keys_and_resizing(self):
        session = self.session_with_traffic()
        pid, terminal, before = self.top(session)
        text = self.read_until(terminal, b"q quit")
        self.assertIn(b"\x1b[?1049h", text)
        self.assertIn(b"gateway", text)
        os.write(terminal, b"s")
        self.read_until(terminal, b"by count")
        os.write(terminal, b"e")
        self.read_until(terminal, b"nothing fits")
        os.write(terminal, b"e/gatew\r")
        self.read_until(terminal, b"[filter: gatew")
        self.resize(terminal, 8, 60)
        eventually(lambda: self.read_until(terminal, b"\x1b[J").count(b"\r\n") == 7,
                   "a screen of eight lines")
        os.write(terminal, b"q")
        self.read_until(terminal, b"\x1b[?1049l")
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.assertEqual(termios.tcgetattr(terminal), before)

    def test_the_terminal_is_restored_at_every_way_out(self):
        session = self.session_with_traffic()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
            with self.subTest(number):
                pid, terminal, before = self.top(session)
                self.read_until(terminal, b"q quit")
                os.kill(pid, number)
                self.read_until(terminal, b"\x1b[?25h\x1b[?1049l")
                self.assertEqual(os.waitpid(pid, 0)[1], 0)
                self.assertEqual(termios.tcgetattr(terminal), before)


if __name__ == "__main__":
    main()
