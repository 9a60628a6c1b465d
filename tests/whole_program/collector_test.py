"""The collector comes late, is killed, finds its back end down: nothing that ended is lost, and the
program never notices."""

import os
import signal
import threading

from harness import SessionTest, main, paths, segments, wire
from harness.waiting import eventually, free_port


def load(port, count, prefix):
    answers = []
    with wire.connect(port) as connection:
        rest = b""
        for number in range(count):
            connection.sendall(wire.request(f"/{prefix}/{number}", close=False))
            answer, rest = wire.read_response(connection, rest)
            answers.append(answer)
    return answers


class CollectorTest(SessionTest):
    def test_it_comes_late(self):
        session = self.traced(collector=False)
        port = session.app("epoll_server").port
        load(port, 200, "early")
        session.start_collector()
        session.wait_for_spans(200)
        load(port, 200, "late")
        self.assertEqual(len(session.finish()), 400)

    def test_it_comes_after_the_program_has_ended(self):
        session = self.traced(collector=False)
        server = session.app("epoll_server")
        load(server.port, 200, "x")
        server.stop(signal.SIGKILL)
        session.start_collector()
        session.wait_for_spans(200)
        self.assertEqual(len(session.finish()), 200)
        eventually(lambda: not segments.files(session.base), "the segments to be removed")

    def test_it_is_killed_and_restarted_in_the_middle(self):
        session = self.traced()
        port = session.app("epoll_server").port
        for turn in range(4):
            worker = threading.Thread(target=load, args=(port, 500, f"turn{turn}"))
            worker.start()
            session.collector.send_signal(signal.SIGKILL)
            session.collector.wait()
            session.start_collector()
            worker.join()
        spans = session.wait_for_spans(2000)
        self.assertEqual(len({span.path for span in spans}), 2000)
        self.assertEqual(len(session.finish()), 2000)

    def test_it_ends_and_another_takes_over(self):
        session = self.traced()
        port = session.app("epoll_server").port
        load(port, 100, "one")
        session.collector.send_signal(signal.SIGTERM)
        self.assertEqual(session.collector.wait(), 0)
        load(port, 100, "between")
        session.start_collector()
        load(port, 100, "two")
        session.wait_for_spans(300)
        self.assertEqual(len(session.finish()), 300)

    def test_it_does_not_trace_itself(self):
        """Where the library is preloaded into everything, the exporter's requests are no spans."""
        session = self.traced(collector_environment={"LD_PRELOAD": str(paths.LIBRARY)})
        port = session.app("epoll_server").port
        load(port, 10, "x")
        session.wait_for_spans(10)
        load(port, 10, "y")
        session.wait_for_spans(20)
        self.assertEqual(len(session.finish()), 20)
        for request in session.inbox.requests():
            self.assertNotIn("traceparent", request["headers"])

    def test_many_processes_that_come_and_go(self):
        session = self.traced()
        with wire.RecordingServer() as server:
            script = f"for i in $(seq 30); do curl -s http://127.0.0.1:{server.port}/$i & done; wait"
            self.assertEqual(session.run("/bin/sh", "-c", script).wait(), 0)
        session.wait_for_spans(30)
        spans = session.finish()
        self.assertEqual(len({span.resource["process.pid"] for span in spans}), 30)
        eventually(lambda: not segments.files(session.base), "the segments to be removed")


class BackEndTest(SessionTest):
    def serve(self, count=50, behaviour=(), **environment):
        session = self.traced(collector=False,
                              collector_environment={"OTEL_BSP_SCHEDULE_DELAY": "20",
                                                     **environment})
        session.inbox.behave(*behaviour)
        session.start_collector()
        load(session.app("epoll_server").port, count, "x")
        return session

    def test_unavailable_for_a_while(self):
        session = self.serve(behaviour=[{"status": 503}, {"status": 502}])
        session.wait_for_spans(50)
        self.assertEqual(len(session.inbox.spans()), 50, "sent twice without need")

    def test_told_to_come_back_later(self):
        session = self.serve(behaviour=[{"status": 429, "retryAfter": "1"}])
        session.wait_for_spans(50)

    def test_a_connection_that_is_reset(self):
        session = self.serve(behaviour=[{"reset": True}])
        session.wait_for_spans(50)

    def test_a_back_end_that_hangs(self):
        session = self.serve(behaviour=[{"hang": True}], OTEL_EXPORTER_OTLP_TIMEOUT="300")
        session.wait_for_spans(50)

    def test_a_refusal_is_not_repeated(self):
        for status in (400, 401, 413, 500):
            with self.subTest(status):
                session = self.serve(1, behaviour=[{"status": status}])
                eventually(lambda s=session: s.inbox.requests(), "the request")
                load(session.subjects[0].port, 1, "again")
                session.wait_for_spans(1)
                spans = session.finish()
                self.assertEqual(len(spans), 1)
                self.assertEqual(len(session.inbox.requests()), 2)

    def test_partial_success_is_not_repeated(self):
        session = self.serve(5, behaviour=[{"rejected": 2}])
        session.wait_for_spans(5)
        session.finish()
        self.assertEqual(len(session.inbox.spans()), 5)

    def test_down_at_first(self):
        """Nobody listens at the endpoint until later."""
        session = self.traced(collector=False)
        port = free_port()
        session.collector_environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{port}"
        collector = session.start_collector()
        server = session.app("epoll_server")
        load(server.port, 50, "x")
        directory = session.directory()
        receiver = session.start("node", paths.RECEIVER, directory, "--port", port, stdin=b"",
                                 environment={"LD_PRELOAD": None})
        receiver.wait_for_port(port)
        received = os.path.join(directory, "default.spans")
        eventually(lambda: os.path.exists(received) and len(open(received).readlines()) >= 50,
                   f"spans after the back end came up; {collector.err}", 30)

    def test_a_program_never_waits_for_its_back_end(self):
        """`run` ends within its flush limit although nobody listens."""
        session = self.traced(collector=False)
        with wire.RecordingServer() as server:
            program = session.start(
                paths.SEAMTRACE, "run", "--", "curl", "-s", f"http://127.0.0.1:{server.port}/",
                environment={**session.collector_environment, "LD_PRELOAD": None,
                             "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
                             "SEAMTRACE_FLUSH_TIMEOUT": "200"})
            self.assertEqual(program.wait(10), 0)
            self.assertEqual(program.out, "ok\n")


class ProtocolTest(SessionTest):
    def export(self, **environment):
        session = self.traced(collector_environment=environment)
        with wire.RecordingServer() as server:
            session.run("curl", "-s", f"http://127.0.0.1:{server.port}/caf%C3%A9?q=1", name="curl")
        session.wait_for_spans(1)
        session.finish()
        requests = session.inbox.requests()
        self.assertEqual(len(requests), 1, requests)
        return session.spans.only(), requests[0]

    def test_protobuf(self):
        span, request = self.export()
        self.assertEqual(request["headers"]["content-type"], "application/x-protobuf")
        self.assertNotIn("content-encoding", request["headers"])
        self.assertRegex(request["headers"]["user-agent"], r"(?i)seamtrace.*/\d")
        self.assertEqual(span.scope_name, "seamtrace.http")

    def test_json(self):
        span, request = self.export(OTEL_EXPORTER_OTLP_PROTOCOL="http/json")
        self.assertEqual(request["headers"]["content-type"], "application/json")
        self.assertEqual(span.path, "/caf%C3%A9")

    def test_gzip(self):
        for protocol in ("http/protobuf", "http/json"):
            span, request = self.export(OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
                                        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=protocol)
            self.assertEqual(request["headers"]["content-encoding"], "gzip")
            self.assertEqual(span["url.query"], None)

    def test_headers(self):
        _, request = self.export(OTEL_EXPORTER_OTLP_HEADERS="api-key=a%20b,x-other=2")
        self.assertEqual(request["headers"]["api-key"], "a b")
        self.assertEqual(request["headers"]["x-other"], "2")

    def test_a_traces_endpoint_is_used_as_it_is(self):
        session = self.traced(collector=False)
        session.collector_environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = (
            session.inbox.endpoint + "/v1/traces")
        session.collector_environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1"
        session.start_collector()
        load(session.app("epoll_server").port, 1, "x")
        session.wait_for_spans(1)

    def test_batches_are_as_large_as_told(self):
        session = self.traced(collector=False, collector_environment={
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10"})
        load(session.app("epoll_server").port, 95, "x")
        session.start_collector()
        session.wait_for_spans(95)
        self.assertLessEqual(max(request["spans"] for request in session.inbox.requests()), 10)


if __name__ == "__main__":
    main()
