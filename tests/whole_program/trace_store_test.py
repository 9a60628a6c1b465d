"""Without an endpoint traces are kept in a file and shown: nothing is lost, nothing counted twice,
and nobody but the page itself may ask."""

import json
import os
import shutil
import signal
import socket
import tempfile
import threading
import time

from harness import SessionTest, main, paths, viewer, wire
from harness.subject import Subject
from harness.viewer import Viewer
from harness.waiting import eventually


def load(port, count, prefix="x"):
    with wire.connect(port) as connection:
        rest = b""
        for number in range(count):
            connection.sendall(wire.request(f"/{prefix}/{number}", close=False))
            _, rest = wire.read_response(connection, rest)


class TraceStoreTest(SessionTest):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="seamtrace-store-")
        self.addCleanup(shutil.rmtree, self.folder)

    def stored(self, **more):
        return self.traced(collector_environment={**viewer.environment(self.folder), **more})

    def test_requests_are_traces_that_can_be_asked_for(self):
        session = self.stored()
        load(session.app("epoll_server").port, 50)
        page = Viewer.of(session)
        traces = page.traces(50)
        self.assertEqual(len(traces), 50)
        self.assertEqual({trace["name"] for trace in traces}, {"GET"})
        trace = page.ask("trace/" + traces[0]["trace_id"])
        [span] = trace["spans"]
        self.assertEqual(span["kind"], "server")
        self.assertEqual(span["attributes"]["http.response.status_code"], 200)
        self.assertEqual(len(page.traces(query="url.path=/x/7")), 1)
        [service] = page.ask("services")["services"]
        self.assertEqual(service["count"], 50)

    def test_a_collector_that_is_killed_loses_nothing_and_repeats_nothing(self):
        session = self.stored()
        port = session.app("epoll_server").port
        for turn in range(5):
            worker = threading.Thread(target=load, args=(port, 400, f"turn{turn}"))
            worker.start()
            session.collector.send_signal(signal.SIGKILL)
            session.collector.wait()
            session.start_collector()
            worker.join()
        page = Viewer.of(session)
        self.assertEqual(len(page.traces(2000)), 2000)
        spans = [span for trace in page.traces() for span in
                 page.ask("trace/" + trace["trace_id"])["spans"]]
        self.assertEqual(len({span["attributes"]["url.path"] for span in spans}), 2000)
        self.assertEqual(len(spans), 2000)
        [service] = page.ask("services")["services"]
        self.assertEqual(service["count"], 2000)

    def test_other_pages_and_strangers_are_refused(self):
        page = Viewer.of(self.stored())
        ours = f"127.0.0.1:{page.url.port}"
        for headers, status in [({}, 200), ({"Host": f"localhost:{page.url.port}"}, 200),
                                ({"Host": "evil.example"}, 403),
                                ({"Origin": f"http://{ours}"}, 200),
                                ({"Origin": "http://evil.example"}, 403),
                                ({"Sec-Fetch-Site": "cross-site"}, 403)]:
            self.assertEqual(page.request("/api/v1/services", headers=headers)[0], status, headers)
        _, headers, _ = page.request("/")
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertNotIn("unsafe", headers["Content-Security-Policy"])
        self.assertNotIn("Access-Control-Allow-Origin", headers)

    def test_another_address_needs_the_token(self):
        page = Viewer.of(self.stored(SEAMTRACE_VIEWER="0.0.0.0:0"))
        self.assertTrue(page.url.query.startswith("token="), page.url)
        self.assertEqual(page.request("/api/v1/services")[0], 401)
        token = page.url.query.partition("=")[2]
        self.assertGreaterEqual(len(token), 32)
        right = {"Authorization": "Bearer " + token}
        self.assertEqual(page.request("/api/v1/services", headers=right)[0], 200)
        status, headers, _ = page.request("/?token=" + token)
        self.assertEqual((status, headers["Location"]), (303, "/"))
        cookie = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
        self.assertEqual(page.request("/api/v1/services", headers=cookie)[0], 200)

    def test_tracing_is_switched_off_and_on_without_a_restart(self):
        session = self.stored()
        server = session.app("epoll_server")
        page = Viewer.of(session)
        load(server.port, 10, "before")
        page.traces(10)
        [process] = page.ask("health")["processes"]
        status, answer = page.set(process["pid"], tracing=False)
        self.assertEqual((status, answer["processes"]), (200, 1))
        load(server.port, 10, "off")
        page.set(process["pid"], tracing=True)
        load(server.port, 10, "on")
        page.traces(10, query="url.path=/on/*")
        self.assertEqual(page.traces(query="url.path=/off/*"), [])
        self.assertEqual(page.set(process["pid"], ratio=2)[0], 400)
        self.assertEqual(page.set(1, tracing=False)[0], 400)

    def test_a_store_that_cannot_be_opened_does_not_stop_tracing(self):
        store = os.path.join(self.folder, "not", "a-folder")
        with open(os.path.join(self.folder, "not"), "w", encoding="ascii") as file:
            file.write("a file where a folder should be")
        session = self.traced(collector_environment={"SEAMTRACE_STORE": store,
                                                     "OTEL_TRACES_EXPORTER": "otlp"})
        load(session.app("epoll_server").port, 10)
        session.wait_for_spans(10)
        self.assertIn("traces are not kept", session.collector.err)

    def test_a_store_that_is_the_only_exporter_has_to_be_there(self):
        other = os.path.join(self.folder, "notes.txt")
        with open(other, "w", encoding="ascii") as file:
            file.write("not a store, and precious" * 100)
        session = self.traced(collector=False)
        ended = session.seamtrace("collector", environment={
            **viewer.environment(self.folder), "SEAMTRACE_STORE": other})
        self.assertEqual(ended.process.returncode, 1)
        self.assertIn("notes.txt is no store", ended.err)
        self.assertEqual(os.listdir(self.folder), ["notes.txt"])  # nothing is left beside it
        with open(other, encoding="ascii") as file:
            self.assertEqual(file.read(), "not a store, and precious" * 100)

    def test_a_port_that_was_asked_for_and_is_taken_is_an_error(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            session = self.traced(collector=False)
            ended = session.seamtrace("collector", environment={
                **viewer.environment(self.folder), "SEAMTRACE_VIEWER": address})
        self.assertEqual(ended.process.returncode, 1)
        self.assertIn("cannot listen on " + address, ended.err)

    def test_a_store_file_is_shown_without_a_collector(self):
        session = self.stored()
        load(session.app("epoll_server").port, 20)
        Viewer.of(session).traces(20)
        session.finish()
        session.collector = Subject([paths.SEAMTRACE, "view", os.path.join(self.folder, "traces.db")],
                                    session.collector_environment, "seamtrace view")
        page = Viewer.of(session)
        self.assertEqual(len(page.traces(20)), 20)
        self.assertEqual(page.set(1, tracing=False)[0], 404)

    def test_spans_are_received_and_kept_before_they_are_acknowledged(self):
        session = self.stored(SEAMTRACE_RECEIVE_HTTP="127.0.0.1:0")
        page = Viewer.of(session)
        address = eventually(lambda: page.ask("health")["receiver"]["http"], "the receiver")
        receiver = Viewer("http://" + address)
        span = {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
                "name": "work", "kind": 2, "startTimeUnixNano": str(time.time_ns() - 1_000_000),
                "endTimeUnixNano": str(time.time_ns())}
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
        headers = {"Content-Type": "application/json"}
        foreign = {**headers, "Origin": "http://evil.example"}
        self.assertEqual(receiver.request("/v1/traces", "POST", foreign, body)[0], 403)
        self.assertEqual(receiver.request("/v1/traces", "POST", headers, body)[0], 200)
        session.collector.send_signal(signal.SIGKILL)  # it was acknowledged, so it is there
        session.collector.wait()
        session.start_collector()
        trace = Viewer.of(session).ask("trace/" + span["traceId"])
        self.assertEqual([each["name"] for each in trace["spans"]], ["work"])


if __name__ == "__main__":
    main()
