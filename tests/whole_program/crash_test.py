"""A program dies in the middle of its work: what had ended is exported, and so is what was in
flight, as an error that names the signal when there was one."""

import json
import signal

from harness import SessionTest, main, paths, wire

ENDED = 20


class CrashTest(SessionTest):
    def die(self, how, run):
        """Spans of a server that dies while it serves /crash; its exit code."""
        session = self.traced(collector=not run)
        command = [paths.app("httplib_server")]
        environment = {}
        if run:
            command = [paths.SEAMTRACE, "run", "--", *command]
            environment = {**session.collector_environment, "LD_PRELOAD": None}
        server = session.start(*command, name="httplib", environment=environment)
        for number in range(ENDED):
            wire.get(server.port, "/hello")
        wire.exchange(server.port, wire.request(f"/crash?how={how}"))
        code = server.wait()
        spans = session.wait_for_spans(ENDED + 1)
        self.assertEqual(len(session.finish()), ENDED + 1)
        self.assertEqual(len(spans.where(path="/hello", code=200)), ENDED)
        crashed = spans.only(path="/crash")
        self.assertEqual(crashed.status, "ERROR")
        self.assertIsNone(crashed.code)
        self.assertGreaterEqual(crashed.end, crashed.start)
        return crashed, code

    def names(self, span, text):
        self.assertIn(text, json.dumps(span.raw))

    def test_abort_under_a_collector(self):
        crashed, code = self.die("abort", run=False)
        self.assertEqual(code, -signal.SIGABRT)
        self.names(crashed, "SIGABRT")

    def test_kill_under_a_collector(self):
        self.assertEqual(self.die("kill", run=False)[1], -signal.SIGKILL)

    def test_segmentation_fault_under_a_collector(self):
        self.assertEqual(self.die("segv", run=False)[1], -signal.SIGSEGV)

    def test_exit_in_the_middle_under_a_collector(self):
        self.assertEqual(self.die("_exit", run=False)[1], 8)

    def test_signals_under_run(self):
        for how, name in (("segv", "SIGSEGV"), ("abort", "SIGABRT"), ("kill", "SIGKILL"),
                          ("term", "SIGTERM")):
            with self.subTest(how):
                crashed, code = self.die(how, run=True)
                self.names(crashed, name)
                number = getattr(signal, name)
                self.assertIn(code, (-number, 128 + number))

    def test_exits_under_run(self):
        for how, expected in (("_exit", 8),):
            with self.subTest(how):
                self.assertEqual(self.die(how, run=True)[1], expected)

    def test_exit_during_traffic(self):
        session = self.traced()
        server = session.app("httplib_server", name="httplib")
        for _ in range(ENDED):
            wire.get(server.port, "/hello")
        slow = wire.connect(server.port)
        slow.sendall(wire.request("/slow?ms=60000"))
        wire.exchange(server.port, wire.request("/crash?how=_exit"))
        self.assertEqual(server.wait(), 8)
        slow.close()
        session.wait_for_spans(ENDED + 2)
        spans = session.finish()
        self.assertEqual({s.status for s in spans.where(code=None)}, {"ERROR"})
        self.assertEqual(len(spans.where(code=None)), 2)

    def test_a_client_that_is_killed_while_it_waits(self):
        session = self.traced()
        with wire.RecordingServer(lambda head, number: b"") as server:
            program = session.start("curl", "-s", f"http://127.0.0.1:{server.port}/wait",
                                    name="curl")
            from harness.waiting import eventually
            eventually(lambda: b"\r\n\r\n" in server.stream, "the request")
            program.send_signal(signal.SIGKILL)
            program.wait()
            span = session.wait_for_spans(1).only()
        self.assertEqual((span.path, span.status, span.code), ("/wait", "ERROR", None))


if __name__ == "__main__":
    main()
