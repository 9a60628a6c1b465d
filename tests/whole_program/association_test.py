"""Whose child is it: the right parent or none, in the places where tracers go wrong. (The same
under load: chains_test.)"""

import urllib.parse

from harness import SessionTest, main, wire
from harness.waiting import eventually


class AssociationTest(SessionTest):
    def threads(self, session, upstream, call="inline", *more):
        return session.app("thread_per_connection_server", "--upstream", upstream, "--call", call,
                           *more, name="thread").port

    def test_a_request_that_is_answered_is_nobodys_parent(self):
        def scenario(session):
            upstream = session.app("epoll_server").port
            port = self.threads(session, upstream)
            answers = []
            with wire.connect(port) as connection:
                for _ in range(3):
                    connection.sendall(wire.request("/answer-then-call", close=False))
                    answers.append(wire.read_response(connection)[0])
                # This answer comes when the last call is over.
                connection.sendall(wire.request("/hello", close=False))
                answers.append(wire.read_response(connection)[0])
            return answers

        spans = self.both(scenario).spans
        calls = spans.where(kind="CLIENT", path="/after")
        self.assertEqual(len(calls), 3)
        for call in calls:
            self.assert_root(call)

    def test_a_thread_that_the_handler_starts(self):
        for call in ("thread", "detached"):
            with self.subTest(call):
                spans = self.both(lambda s, c=call: wire.get_kept(self.threads(
                    s, s.app("epoll_server", name="leaf").port, c), "/chain/x")).spans
                self.assert_chain(spans, "/chain/x", "thread", "leaf")

    def test_a_connection_that_another_request_opened(self):
        """Of two requests in a row over one upstream connection each has its own child."""

        def scenario(session):
            leaf = session.app("epoll_server", name="leaf").port
            port = session.app("httplib_server", "--threads", 1, "--connection", "pool",
                               "--upstream", f"http://127.0.0.1:{leaf}", name="front").port
            return [wire.get(port, f"/chain/{number}") for number in range(5)]

        spans = self.both(scenario).spans
        for number in range(5):
            self.assert_chain(spans, f"/chain/{number}", "front", "leaf")
        self.assertEqual(len({span.trace_id for span in spans}), 5)

    def test_a_process_without_a_request_starts_traces(self):
        def scenario(session):
            leaf = session.app("epoll_server", name="leaf").port
            return session.app("curl_easy_client", "--url", f"http://127.0.0.1:{leaf}/{{}}",
                               "--count", 3).wait()

        spans = self.both(scenario).spans
        self.assertEqual(len({span.trace_id for span in spans}), 3)
        for client in spans.clients:
            self.assert_root(client)

    def test_slow_requests_side_by_side_on_one_loop(self):
        """Both requests are in flight on one thread when the calls are made."""

        def scenario(session):
            waiting = []

            def answer(head, number):
                waiting.append(head)
                eventually(lambda: len(waiting) >= 2, "both calls")
                return wire.ANSWER

            with wire.RecordingServer(answer) as upstream:
                port = session.app("beast_server", "--upstream", upstream.port, name="beast").port
                with wire.connect(port) as one, wire.connect(port) as two:
                    one.sendall(wire.request("/chain/one", close=False))
                    two.sendall(wire.request("/chain/two", close=False))
                    return wire.read_response(one)[0], wire.read_response(two)[0]

        spans = self.both(scenario).spans
        self.assertEqual(len(spans), 4)
        self.assert_no_wrong_parent(spans)

    def test_client_spans_end_before_their_parents(self):
        def scenario(session):
            leaf = session.app("httplib_server", name="leaf").port
            front = session.app("httplib_server", name="front").port
            url = urllib.parse.quote(f"http://127.0.0.1:{leaf}/slow?ms=50", safe="")
            return wire.body_of(wire.get(front, f"/call?url={url}"))

        spans = self.both(scenario).spans
        server = spans.only(kind="SERVER", service="front")
        client = spans.only(kind="CLIENT")
        leaf = spans.only(kind="SERVER", service="leaf")
        self.assert_child(client, server)
        self.assert_child(leaf, client)
        self.assertTrue(server.start <= client.start <= leaf.start < leaf.end <= client.end
                        <= server.end, spans.describe())
        self.assertGreaterEqual(leaf.end - leaf.start, 50_000_000)


if __name__ == "__main__":
    main()
