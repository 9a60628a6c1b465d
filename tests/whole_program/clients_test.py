"""Unmodified clients: what they send arrives unchanged but for the context that is added once,
and each request that they make is a span."""

import re

from harness import SessionTest, main, paths, servers, wire

COUNT = 6


class ClientsTest(SessionTest):
    def check(self, start, service="client", connections=None):
        """start(session, url) runs the client, which asks for /0, /1 ... of the url."""
        streams = {}

        def scenario(session):
            with wire.RecordingServer() as server:
                program = start(session, f"http://127.0.0.1:{server.port}/{{}}")
                self.assertEqual(program.wait(), 0, program.err)
                plain, added = wire.without_added(server.stream)
                streams[session.traced] = server.stream, added, server.port
                self.assertEqual(wire.header_values(server.stream, "traceparent"),
                                 [line.split(": ")[1].strip() for line in added])
                if connections:
                    self.assertEqual(len(server.streams), connections)
                return program.out, sorted(re.sub(rb"127.0.0.1:\d+", b"server", plain).split(
                    b"\r\n\r\n"))

        spans = self.both(scenario).spans
        self.assertEqual(streams[False][1], [])
        stream, added, port = streams[True]
        self.assertEqual(len(added), COUNT, stream)
        self.assertEqual(len(spans), COUNT, spans.describe())
        sent = {tuple(value.split("-")[1:3]) for value in wire.header_values(stream, "traceparent")}
        for number in range(COUNT):
            span = spans.only(kind="CLIENT", path=f"/{number}")
            self.assertIn((span.trace_id, span.span_id), sent)
            self.assertEqual(span.name, "GET")
            self.assertEqual(span.service, service)
            self.assertEqual(span["http.request.method"], "GET")
            self.assertEqual(span["url.full"], f"http://127.0.0.1:{port}/{number}")
            self.assertEqual(span["server.address"], "127.0.0.1")
            self.assertEqual(span["server.port"], port)
            self.assertEqual(span["network.peer.address"], "127.0.0.1")
            self.assertEqual(span["network.peer.port"], port)
            self.assertEqual(span["network.protocol.version"], "1.1")
            self.assertEqual(span.code, 200)
            self.assertEqual(span.status, "UNSET")
            self.assert_root(span)

    def test_libcurl_easy_keeps_its_connection(self):
        self.check(lambda s, url: s.app("curl_easy_client", "--url", url, "--count", COUNT,
                                        name="client"), connections=1)

    def test_libcurl_easy_with_a_connection_each(self):
        self.check(lambda s, url: s.app("curl_easy_client", "--url", url, "--count", COUNT,
                                        "--fresh", 1, name="client"), connections=COUNT)

    def test_libcurl_multi(self):
        self.check(lambda s, url: s.app("curl_multi_client", "--url", url, "--count", COUNT,
                                        "--parallel", 3, name="client"))

    def test_curl(self):
        self.check(lambda s, url: s.start("curl", "-s", url.replace("{}", "[0-5]"), name="client"),
                   connections=1)

    def test_python_requests(self):
        self.check(lambda s, url: s.start(
            "/usr/bin/python3", paths.script("python/requests_client.py"), COUNT, url,
            name="client"), connections=1)

    def test_node_http(self):
        self.check(lambda s, url: s.start("node", paths.script("node/client.js"), "http", COUNT,
                                          url, name="client"), connections=1)

    def test_node_fetch(self):
        self.check(lambda s, url: s.start("node", paths.script("node/client.js"), "fetch", COUNT,
                                          url, name="client"))


class AnswersTest(SessionTest):
    def spans_for(self, answer, expect_exit=0, path="/"):
        def scenario(session):
            with wire.RecordingServer(answer) as server:
                program = session.run("curl", "-s", "--http1.1",
                                      f"http://127.0.0.1:{server.port}{path}", name="curl")
                self.assertEqual(program.wait(), expect_exit, program.err)
                return program.out

        return self.both(scenario).spans

    def test_an_error_status_is_an_error_of_the_client(self):
        for code in (400, 404, 500, 503):
            answer = f"HTTP/1.1 {code} Hm\r\nContent-Length: 2\r\n\r\nno".encode()
            span = self.spans_for(lambda head, number, a=answer: a).only()
            self.assertEqual((span.code, span.status, span["error.type"]),
                             (code, "ERROR", str(code)))

    def test_a_reset_without_an_answer_invents_no_status(self):
        span = self.spans_for(lambda head, number: "reset", expect_exit=56).only()
        self.assertIsNone(span.code)
        self.assertEqual(span.status, "ERROR")
        self.assertTrue(span["error.type"])

    def test_a_close_without_an_answer_invents_no_status(self):
        span = self.spans_for(lambda head, number: None, expect_exit=52).only()
        self.assertIsNone(span.code)
        self.assertEqual(span.status, "ERROR")
        self.assertTrue(span["error.type"])

    def test_a_response_ended_by_close(self):
        done = []

        def answer(head, number):
            # The second call is for what does not come: the connection closes after the first.
            done.append(number)
            return b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nuntil the end"

        class Closing(wire.RecordingServer):
            def _reply(self, connection, head):
                super()._reply(connection, head)
                return False

        def scenario(session):
            with Closing(answer) as server:
                return session.run("curl", "-s", f"http://127.0.0.1:{server.port}/").out

        span = self.both(scenario).spans.only()
        self.assertEqual((span.code, span.status), (200, "UNSET"))
        self.assertEqual(span["http.response.body.size"], len("until the end"))

    def test_a_response_that_arrives_byte_by_byte(self):
        pieces = [bytes([byte]) for byte in wire.ANSWER]
        span = self.spans_for(lambda head, number: pieces).only()
        self.assertEqual(span.code, 200)

    def test_interim_responses_are_not_the_answer(self):
        answer = (b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
                  b"HTTP/1.1 102 Processing\r\n\r\n" + wire.ANSWER)
        self.assertEqual(self.spans_for(lambda head, number: answer).only().code, 200)

    def test_a_redirect_that_is_followed_is_two_spans(self):
        def scenario(session):
            def answer(head, number):
                if head.startswith(b"GET /start"):
                    return (b"HTTP/1.1 302 Found\r\nLocation: /end\r\n"
                            b"Content-Length: 0\r\n\r\n")
                return wire.ANSWER

            with wire.RecordingServer(answer) as server:
                return session.run("curl", "-sL", f"http://127.0.0.1:{server.port}/start").out

        spans = self.both(scenario).spans
        self.assertEqual(sorted((s.path, s.code) for s in spans), [("/end", 200), ("/start", 302)])

    def test_nobody_listens(self):
        """No request went out, so there is no HTTP span, and the program's error is its own."""

        def scenario(session):
            program = session.run("curl", "-s", "http://127.0.0.1:1/")
            return program.wait(), program.out

        self.assertEqual(self.both(scenario).spans, [])


class ProxyTest(SessionTest):
    def test_nginx_with_upstream_connections_that_are_kept(self):
        streams = {}

        def scenario(session):
            with wire.RecordingServer() as upstream:
                port = servers.nginx(session, upstreams={"/up": upstream.port})
                answers = [wire.get(port, f"/up/{number}") for number in range(10)]
                streams[session.traced] = upstream.stream
                self.assertEqual(len(upstream.streams), 1)
                return answers, wire.without_added(upstream.stream)[0]

        spans = self.both(scenario).spans
        self.assertEqual(len(spans), 20, spans.describe())
        sent = {tuple(v.split("-")[1:3]) for v in wire.header_values(streams[True], "traceparent")}
        for number in range(10):
            server = spans.only(kind="SERVER", path=f"/up/{number}")
            client = spans.only(kind="CLIENT", path=f"/up/{number}")
            self.assert_child(client, server)
            self.assertIn((client.trace_id, client.span_id), sent)


if __name__ == "__main__":
    main()
