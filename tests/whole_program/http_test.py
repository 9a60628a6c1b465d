"""HTTP/1 as the world really sends it: every answer is byte for byte the same, and the spans tell
what happened."""

import base64
import os
import re
import socket
import struct
import tempfile

from harness import SessionTest, main, paths, servers, wire
from harness.wire import TRACEPARENT, request


class ServerTest(SessionTest):
    def serve(self, start, pieces):
        """The spans of one conversation: the pieces are sent one by one, then read to the end."""

        def scenario(session):
            return wire.exchange(start(session), pieces)

        return self.both(scenario).spans

    def epoll(self, session):
        return session.app("epoll_server").port

    def test_pipelining(self):
        def scenario(session):
            with wire.connect(self.epoll(session)) as connection:
                connection.sendall(b"".join(request(f"/{n}", close=False) for n in range(30)))
                answers, rest = [], b""
                for _ in range(30):
                    answer, rest = wire.read_response(connection, rest)
                    answers.append(answer)
                return answers, rest

        spans = self.both(scenario).spans
        self.assertEqual({span.path for span in spans}, {f"/{n}" for n in range(30)})
        self.assertEqual({span.code for span in spans}, {200})

    def test_a_request_split_at_every_byte(self):
        message = request("/split", headers=[f"traceparent: {TRACEPARENT}"], close=False)

        def scenario(session):
            port, answers = self.epoll(session), []
            with wire.connect(port) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for at in range(1, len(message)):
                    connection.sendall(message[:at])
                    connection.sendall(message[at:])
                    answers.append(wire.read_response(connection)[0])
                for byte in message:
                    connection.sendall(bytes([byte]))
                answers.append(wire.read_response(connection)[0])
            return answers

        spans = self.both(scenario).spans
        self.assertEqual(len(spans), len(message))
        self.assertEqual({(span.path, span.code) for span in spans}, {("/split", 200)})

    def test_bare_line_feeds(self):
        spans = self.serve(servers.nginx, b"GET /hello HTTP/1.1\nHost: localhost\n"
                                          b"Connection: close\n\n")
        self.assertEqual(spans.only().path, "/hello")

    def test_an_empty_line_before_the_request(self):
        spans = self.serve(servers.nginx, b"\r\n" + request("/hello"))
        self.assertEqual(spans.only().path, "/hello")

    def test_http_1_0(self):
        spans = self.serve(servers.nginx, request("/hello", version="1.0", close=False))
        self.assertEqual(spans.only()["network.protocol.version"], "1.0")

    def test_the_absolute_form(self):
        spans = self.serve(servers.nginx, request("http://localhost/hello?a=b"))
        span = spans.only()
        self.assertEqual((span.path, span["url.query"]), ("/hello", "a=b"))

    def test_a_long_url(self):
        path = "/" + "long/" * 1600
        spans = self.serve(servers.node_http, request(path))
        self.assertTrue(path.startswith(spans.only().path[:1000]))
        self.assertGreaterEqual(len(spans.only().path), 1000)

    def test_a_header_block_of_64_kib(self):
        headers = [f"X-Header-{number}: {'v' * 500}" for number in range(128)]
        spans = self.serve_epoll_once(request("/big", headers=[
            *headers, f"traceparent: {TRACEPARENT}"], close=False))
        self.assertEqual((spans.only().path, spans.only().code), ("/big", 200))

    def serve_epoll_once(self, message):
        def scenario(session):
            with wire.connect(self.epoll(session)) as connection:
                connection.sendall(message)
                return wire.read_response(connection)[0]

        return self.both(scenario).spans

    def test_bytes_that_are_not_utf_8(self):
        spans = self.serve_epoll_once(b"GET /caf\xe9/\xff\xfe?q=\xc3\x28 HTTP/1.1\r\nHost: h\xf6st\r\n"
                                      b"User-Agent: \x80\x81\r\n\r\n")
        self.assertEqual(spans.only().code, 200)
        self.assertTrue(spans.only().path.startswith("/caf"))

    def test_a_chunked_request_with_extensions_and_trailers(self):
        body = (b"5;name=value\r\nhello\r\n1\r\n \r\n00005 ; x\r\nworld\r\n0\r\n"
                b"Trailer: yes\r\n\r\n")
        message = (b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                   + body + request("/hello"))

        spans = self.serve(servers.node_http, message)
        self.assertEqual({span.path for span in spans}, {"/echo", "/hello"})
        self.assertEqual(spans.only(path="/echo")["http.request.body.size"], 11)

    def test_100_continue(self):
        def scenario(session):
            with wire.connect(session.app("httplib_server").port) as connection:
                connection.sendall(request("/echo", "POST", [
                    "Expect: 100-continue", "Content-Length: 5"]))
                interim, rest = wire.read_response(connection)
                connection.sendall(b"words")
                return interim, rest, wire.read_to_end(connection)

        span = self.both(scenario).spans.only()
        self.assertEqual((span.code, span["http.request.body.size"]), (200, 5))

    def test_an_answer_before_the_body(self):
        """The server refuses without reading on; what follows the answer is another's business."""

        def scenario(session):
            with wire.connect(servers.nginx(session, locations=(
                    "location /small { client_max_body_size 10; return 413; }"))) as connection:
                connection.sendall(request("/small", "POST", ["Content-Length: 100000"]))
                return wire.undated(wire.read_response(connection)[0])

        span = self.both(scenario).spans.only()
        self.assertEqual(span.code, 413)

    def test_head_and_statuses_without_a_body_keep_the_connection(self):
        def scenario(session):
            stream = b""
            with wire.connect(session.app("httplib_server").port) as connection:
                connection.sendall(request("/hello", "HEAD", close=False))
                stream += connection.recv(65536)
                for path in ("/status/204", "/status/304", "/hello"):
                    connection.sendall(request(path, close=False))
                    answer, _ = wire.read_response(connection)
                    stream += answer
            return stream

        spans = self.both(scenario).spans
        self.assertEqual(sorted((s.name, s.code) for s in spans),
                         [("GET", 200), ("GET", 204), ("GET", 304), ("HEAD", 200)])

    def test_server_sent_events(self):
        spans = self.serve(servers.node_http, request("/events"))
        span = spans.only()
        self.assertEqual(span.code, 200)
        self.assertGreater(span.end - span.start, 40_000_000, "the span lasts as long as the stream")

    def test_a_chunked_response(self):
        spans = self.serve(lambda s: s.app("httplib_server").port, request("/chunked?chunks=100"))
        self.assertEqual(spans.only()["http.response.body.size"], 1600)

    def test_the_client_leaves_in_the_middle_of_the_response(self):
        def scenario(session):
            server = session.app("httplib_server")
            with wire.connect(server.port) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.sendall(request("/large?bytes=50000000"))
                head = connection.recv(16)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack("ii", 1, 0))
            return head, wire.get(server.port, "/hello")

        spans = self.both(scenario).spans
        self.assertEqual(spans.only(path="/hello").code, 200)
        self.assertEqual(spans.only(path="/large").code, 200)

    def test_the_client_leaves_in_the_middle_of_the_request(self):
        def scenario(session):
            port = self.epoll(session)
            with wire.connect(port) as connection:
                connection.sendall(b"GET /half HTTP/1.1\r\nHos")
            with wire.connect(port) as connection:
                connection.sendall(request("/whole", close=False))
                return wire.read_response(connection)

        self.assertEqual(self.both(scenario).spans.where(code=200).only().path, "/whole")

    def test_bytes_that_are_not_http(self):
        """A foreign protocol is left alone, even when a request follows on the connection."""

        def scenario(session):
            port = servers.nginx(session)
            return [wire.exchange(port, data) for data in (
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
                b"*1\r\n$4\r\nPING\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 40)]

        spans = self.both(scenario).spans
        self.assertEqual([span for span in spans if span.code == 200], [])

    def test_ipv6(self):
        def scenario(session):
            port = servers.free_port()
            servers.nginx(session, listen=f"listen [::1]:{port};")
            return wire.get(port, "/hello", host="::1")

        span = self.both(scenario).spans.only()
        self.assertEqual((span["client.address"], span["network.peer.address"]), ("::1", "::1"))

    def test_a_unix_socket(self):
        def scenario(session):
            path = session.directory() + "/socket"
            servers.nginx(session, listen=f"listen unix:{path};", user="root")
            program = session.run("curl", "-s", "--unix-socket", path, "http://localhost/hello",
                                  name="curl")
            self.assertEqual(program.wait(), 0, program.err)
            return program.out

        spans = self.both(scenario).spans
        self.assert_child(spans.servers.only(), spans.clients.only())


class UpgradeTest(SessionTest):
    FRAMES = [b"hello", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bytes(range(100)),
              b"HTTP/1.1 200 OK\r\n\r\n"]

    def talk(self, port):
        key = base64.b64encode(b"0123456789abcdef").decode()
        with wire.connect(port) as connection:
            connection.sendall(request("/socket", headers=[
                "Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {key}",
                "Sec-WebSocket-Version: 13"], close=False))
            answer, stream = wire.read_response(connection)
            for frame in self.FRAMES:
                masked = bytes(byte ^ (1, 2, 3, 4)[at & 3] for at, byte in enumerate(frame))
                connection.sendall(bytes([0x82, 0x80 | len(frame), 1, 2, 3, 4]) + masked)
            expected = b"".join(bytes([0x82, len(f)]) + f for f in self.FRAMES)
            while len(stream) < len(expected):
                stream += connection.recv(65536)
        self.assertEqual(stream, expected)
        return answer, stream

    def websocket_server(self, session):
        return session.start("node", paths.script("node/websocket_server.js"), name="node").port

    def test_a_websocket_is_left_alone(self):
        spans = self.both(lambda s: self.talk(self.websocket_server(s))).spans
        span = spans.only()
        self.assertEqual((span.code, span.status), (101, "UNSET"))

    def test_a_websocket_through_a_proxy(self):
        def scenario(session):
            target = self.websocket_server(session)
            port = servers.nginx(session, locations=f"""
                location /socket {{ proxy_pass http://127.0.0.1:{target}; proxy_http_version 1.1;
                  proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }}
                """)
            return self.talk(port)[1]

        spans = self.both(scenario).spans
        self.assert_chain(spans, "/socket", "nginx", "node")
        self.assertEqual(len(spans), 3)


class ClientTest(SessionTest):
    """raw_socket says what it sends; the server keeps every byte."""

    def send(self, script, answer=None):
        """(spans, bytes that arrived with the context, bytes without) of a script."""
        streams = {}

        def scenario(session):
            with wire.RecordingServer(answer) as server:
                program = session.app("raw_socket", stdin=b"", name="raw")
                for line in script.replace("PORT", str(server.port)).strip().splitlines():
                    program.say(line.strip())
                self.assertEqual(program.wait(), 0, program.out + program.err)
                stream = server.final_stream()
                streams[session.traced] = stream
                return program.out, wire.without_added(stream)[0]

        session = self.both(scenario)
        return session.spans, streams[True], streams[False]

    def test_pipelined_requests_each_get_their_context(self):
        requests = "".join(f"GET /{n} HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n" for n in range(8))
        spans, stream, _ = self.send(f"""
            connect a PORT
            send a write {requests}
            receive a read {8 * len(wire.ANSWER)}
            """)
        self.assertEqual({s.path for s in spans.where(code=200)}, {f"/{n}" for n in range(8)})
        sent = {tuple(v.split("-")[1:3]) for v in wire.header_values(stream, "traceparent")}
        self.assertEqual(sent, {(s.trace_id, s.span_id) for s in spans})

    def test_the_request_line_in_one_write_and_the_headers_in_the_next(self):
        spans, stream, _ = self.send("""
            connect a PORT
            send a write POST /split HTTP/1.1\\r\\n
            send a write Host: h\\r\\nContent-Length: 5\\r\\n
            send a write \\r\\n
            send a write words
            receive-message a read
            """)
        self.assertEqual(spans.only().code, 200)
        self.assertEqual(len(wire.header_values(stream, "traceparent")), 1)

    def test_a_body_in_the_same_write_that_looks_like_a_request(self):
        body = "GET /fake HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
        spans, stream, _ = self.send(f"""
            connect a PORT
            send a send POST /real HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 31\\r\\n\\r\\n{body}
            receive-message a recv
            """)
        self.assertEqual(spans.only().path, "/real")
        self.assertEqual(len(wire.header_values(stream, "traceparent")), 1)

    def test_a_header_block_of_64_kib(self):
        spans, stream, _ = self.send("""
            connect a PORT
            send a write GET /big HTTP/1.1\\r\\nHost: h\\r\\nX-Big: \\{vx65000}\\r\\n\\r\\n
            receive-message a read
            """)
        self.assertEqual((spans.only().path, spans.only().code), ("/big", 200))
        self.assertEqual(len(wire.header_values(stream, "traceparent")), 1)

    def test_a_long_url(self):
        spans, stream, _ = self.send("""
            connect a PORT
            send a write GET /\\{px8192} HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
            receive-message a read
            """)
        self.assertEqual(spans.only().code, 200)
        self.assertEqual(len(wire.header_values(stream, "traceparent")), 1)

    def test_a_response_that_is_never_read(self):
        spans, _, _ = self.send("""
            connect a PORT
            send a write GET /unread HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
            peek a 17
            close a
            """)
        span = spans.only()
        self.assertEqual(span.path, "/unread")
        self.assertIsNone(span.code)

    def test_a_reset_before_the_answer(self):
        spans, _, _ = self.send("""
            connect a PORT
            send a write GET /reset HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
            receive a read 1
            """, lambda head, number: "reset")
        self.assertIsNone(spans.only().code)
        self.assertEqual(spans.only().status, "ERROR")

    def test_a_retry_is_another_span(self):
        spans, _, _ = self.send("""
            connect a PORT
            send a write GET /retry HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
            receive a read 1
            close a
            connect a PORT
            send a write GET /retry HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
            receive-message a read
            """, lambda head, number: None if number == 0 else wire.ANSWER)
        self.assertEqual(sorted(str(span.code) for span in spans), ["200", "None"])
        self.assertEqual(len({span.span_id for span in spans}), 2)

    def test_a_tunnel(self):
        """After CONNECT the bytes are not ours, whatever they look like."""

        def answer(head, number):
            if head.startswith(b"CONNECT"):
                return b"HTTP/1.1 200 Connection established\r\n\r\n"
            return wire.ANSWER

        spans, stream, plain = self.send("""
            connect a PORT
            send a write CONNECT example:80 HTTP/1.1\\r\\nHost: example:80\\r\\n\\r\\n
            receive a read 39
            send a write GET /inside HTTP/1.1\\r\\nHost: example\\r\\n\\r\\n
            receive-message a read
            """, answer)
        self.assertEqual(len(spans), 1)
        inside = stream.split(b"\r\n\r\n", 1)[1]
        self.assertEqual(inside, plain.split(b"\r\n\r\n", 1)[1])

    def test_bytes_that_are_not_http(self):
        for text in (r"\x16\x03\x01\x02\x00\x01", r"*1\r\n$4\r\nPING\r\n\r\n",
                     r"GETTING /x HTTP/1.1\r\n\r\n", r"GET /nine\r\n\r\n", r"GET"):
            with self.subTest(text):
                _, stream, plain = self.send(f"""
                    connect a PORT
                    send a write {text}
                    close a
                    """)
                self.assertEqual(wire.header_values(stream, "traceparent")[1:], [])
                self.assertEqual(wire.without_added(stream)[0], plain)

    def test_a_request_after_something_else_on_the_connection(self):
        """Only what is recognised from the first byte on is touched."""
        spans, stream, plain = self.send("""
            connect a PORT
            send a write \\x00\\x00\\x00\\x05hello\\r\\n
            send a write GET /later HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
            receive-message a read
            """)
        self.assertEqual(spans, [])
        self.assertEqual(stream, plain)

    def test_ipv6(self):
        def scenario(session):
            with wire.RecordingServer(family=socket.AF_INET6, address=("::1", 0)) as server:
                out = session.run("curl", "-s", f"http://[::1]:{server.port}/six", name="curl")
                return re.sub(r":\d+", "", out.out), out.wait()

        span = self.both(scenario).spans.only()
        self.assertEqual(span["network.peer.address"], "::1")
        self.assertEqual(span["server.address"].strip("[]"), "::1")

    def test_a_unix_socket(self):
        def scenario(session):
            path = tempfile.mktemp(prefix="seamtrace-", suffix=".socket")
            with wire.RecordingServer(family=socket.AF_UNIX, address=path) as server:
                out = session.run("curl", "-s", "--unix-socket", path, "http://host/u", name="curl")
                os.unlink(path)
                return out.out, wire.without_added(server.stream)[0]

        self.assertEqual(self.both(scenario).spans.only().path, "/u")


if __name__ == "__main__":
    main()
