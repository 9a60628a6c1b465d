"""Unmodified servers answer as ever, and each request that they serve is a span."""

from harness import SessionTest, main, servers, wire


class ServersTest(SessionTest):
    def check(self, service, start, requests):
        """requests: (method, path, body, expected status)"""

        def scenario(session):
            port = start(session)
            return [wire.exchange(port, wire.request(path, method, ["User-Agent: test/1"], body))
                    for method, path, body, _ in requests]

        session = self.both(scenario)
        spans = session.spans
        self.assertEqual(len(spans), len(requests), spans.describe())
        for method, path, body, code in requests:
            span = spans.only(kind="SERVER", name=method, path=path.split("?")[0], code=code)
            self.assertEqual(span.service, service)
            self.assertEqual(span["http.request.method"], method)
            self.assertEqual(span["url.query"], path.partition("?")[2] or None)
            self.assertEqual(span["url.scheme"], "http")
            self.assertEqual(span["server.address"], "localhost")
            self.assertEqual(span["client.address"], "127.0.0.1")
            self.assertEqual(span["network.peer.address"], "127.0.0.1")
            self.assertEqual(span["network.protocol.version"], "1.1")
            self.assertEqual(span["user_agent.original"], "test/1")
            self.assertEqual(span.status, "ERROR" if code >= 500 else "UNSET")
            self.assertEqual(span["error.type"], str(code) if code >= 500 else None)
            if body:
                self.assertEqual(span["http.request.body.size"], len(body))
            self.assert_root(span)
            self.assertLess(span.start, span.end)
            self.assertEqual(span.resource["process.pid"] > 0, True)
        self.assertEqual(len({span.trace_id for span in spans}), len(requests))

    def test_httplib(self):
        self.check("httplib", lambda s: s.app("httplib_server", name="httplib").port, [
            ("GET", "/hello", b"", 200),
            ("GET", "/status/404", b"", 404),
            ("GET", "/status/503", b"", 503),
            ("GET", "/status/204", b"", 204),
            ("GET", "/status/304", b"", 304),
            ("HEAD", "/hello", b"", 200),
            ("POST", "/echo", b"some words to return", 200),
            ("PUT", "/echo", b"x" * 100_000, 200),
            ("GET", "/large?bytes=1000000", b"", 200),
            ("GET", "/chunked?chunks=50", b"", 200),
        ])

    def test_beast_with_one_thread(self):
        self.check_beast(1)

    def test_beast_with_four_threads(self):
        self.check_beast(4)

    def check_beast(self, threads):
        self.check("beast", lambda s: s.app("beast_server", "--threads", threads,
                                            name="beast").port, [
            ("GET", "/hello", b"", 200),
            ("GET", "/nowhere", b"", 404),
            ("POST", "/echo", b"y" * 100_000, 200),
        ])

    def test_lighttpd(self):
        self.check("lighttpd", servers.lighttpd, [
            ("GET", "/index.html", b"", 200),
            ("GET", "/large.html", b"", 200),
            ("HEAD", "/index.html", b"", 200),
            ("GET", "/nowhere", b"", 404),
        ])

    def test_apache_with_threads(self):
        self.check_apache("event")

    def test_apache_with_processes(self):
        self.check_apache("prefork")

    def check_apache(self, mpm):
        self.check("apache", lambda s: servers.apache(s, mpm), [
            ("GET", "/index.html", b"", 200),
            ("GET", "/large.html", b"", 200),
            ("HEAD", "/index.html", b"", 200),
            ("GET", "/nowhere", b"", 404),
        ])

    def test_nginx(self):
        self.check("nginx", servers.nginx, [
            ("GET", "/hello", b"", 200),
            ("GET", "/index.html", b"", 200),
            ("GET", "/large.html?a=b", b"", 200),
            ("HEAD", "/index.html", b"", 200),
            ("GET", "/missing", b"", 404),
            ("GET", "/broken", b"", 500),
        ])

    def test_python_http_server(self):
        self.check("python", servers.python_http, [
            ("GET", "/hello", b"", 200),
            ("POST", "/echo", b"words", 200),
            ("PURGE", "/hello", b"", 501),
        ][:2])

    def test_node_http(self):
        self.check("node", servers.node_http, [
            ("GET", "/hello?x=1", b"", 200),
            ("DELETE", "/thing", b"", 200),
        ])


class KeepAliveTest(SessionTest):
    """Many requests on one connection are as many spans, in their order, each a root."""

    def check(self, start):
        def scenario(session):
            port = start(session)
            answers = []
            with wire.connect(port) as connection:
                rest = b""
                for number in range(20):
                    connection.sendall(wire.request(f"/hello/{number}", close=False))
                    answer, rest = wire.read_response(connection, rest)
                    answers.append(wire.undated(answer))
            return answers

        spans = self.both(scenario).spans
        in_order = sorted(spans, key=lambda span: span.start)
        self.assertEqual([span.path for span in in_order], [f"/hello/{n}" for n in range(20)])
        self.assertEqual(len({span.trace_id for span in spans}), 20)
        for before, after in zip(in_order, in_order[1:]):
            self.assertLessEqual(before.end, after.start)

    def test_epoll(self):
        self.check(lambda s: s.app("epoll_server").port)

    def test_httplib(self):
        self.check(lambda s: s.app("httplib_server").port)

    def test_nginx(self):
        self.check(servers.nginx)

    def test_beast(self):
        self.check(lambda s: s.app("beast_server", "--threads", 4).port)

    def test_node(self):
        self.check(servers.node_http)


if __name__ == "__main__":
    main()
