"""Every way in which bytes go through a socket: what arrives is what was sent, every call returns
what it returned before, and the spans are there."""

import json
import socket

from harness import SessionTest, main, wire

OUT = ["write", "send", "sendto", "sendmsg", "sendmsg/7", "writev/1", "writev/7", "writev/1000",
       "sendmmsg/5", "sendmmsg/40", "write/30", "send/10"]
OPAQUE = ["sendfile", "splice"]
IN = ["read", "recv", "recvfrom", "recvmsg", "recvmsg/3", "readv", "readv/5", "recvmmsg/64",
      "read_chk", "recv_chk", "recvfrom_chk"]


class CarriersTest(SessionTest):
    def client(self, script, answer=None):
        """(spans, the stream that arrived) of raw_socket as a client; PORT is a server's that
        keeps every byte."""
        streams = []

        def scenario(session):
            with wire.RecordingServer(answer) as server:
                program = session.app("raw_socket", stdin=b"", name="raw")
                for line in script.replace("PORT", str(server.port)).strip().splitlines():
                    program.say(line.strip())
                self.assertEqual(program.wait(60), 0, program.out + program.err)
                self.assertNotIn("set errno", program.out)
                streams.append(server.final_stream())
                return program.out, wire.without_added(streams[-1])[0]

        session = self.both(scenario)
        self.last_session = session
        return session.spans, streams[-1]

    def server(self, script, *pieces):
        """Spans of raw_socket as a server of one connection that gets the pieces."""

        def scenario(session):
            program = session.app("raw_socket", stdin=b"listen l\n", name="raw")
            port = program.port
            with wire.connect(port) as connection:
                for line in script.strip().splitlines():
                    program.say(line.strip())
                for piece in pieces:
                    connection.sendall(piece)
                answer = wire.read_to_end(connection)
            self.assertEqual(program.wait(60), 0, program.out + program.err)
            self.assertNotIn("set errno", program.out)
            return program.out.replace(str(port), "PORT"), answer

        return self.both(scenario).spans

    def assert_injected(self, spans, stream):
        sent = [tuple(v.split("-")[1:3]) for v in wire.header_values(stream, "traceparent")]
        self.assertEqual(sorted(sent), sorted((s.trace_id, s.span_id) for s in spans.clients))

    def test_requests_by_every_carrier(self):
        script = "connect a PORT\n"
        for number, carrier in enumerate(OUT):
            script += (f"send a {carrier} POST /{number} HTTP/1.1\\r\\nHost: host\\r\\n"
                       "Content-Length: 12\\r\\n\\r\\ntwelve bytes\n"
                       f"receive-message a {IN[number % len(IN)]}\n")
        spans, stream = self.client(script)
        self.assertEqual({s.path for s in spans.where(code=200)},
                         {f"/{n}" for n in range(len(OUT))})
        self.assert_injected(spans, stream)

    def test_a_request_of_single_bytes(self):
        """Where no place is left for the context, the counter says so."""
        session = self.traced()
        with wire.RecordingServer() as server:
            program = session.app("raw_socket", stdin=b"", name="raw")
            program.say(f"connect a {server.port}")
            program.say("send a write/1 GET /single HTTP/1.1\\r\\nHost: host\\r\\n\\r\\n")
            program.say("receive-message a read")
            self.assertEqual(session.wait_for_spans(1).only().code, 200)
            added = len(wire.header_values(server.stream, "traceparent"))
            status = json.loads(session.seamtrace("status", "--json").out)
            counters = status["processes"][0]["counters"]
            self.assertEqual(added + counters.get("inject_skipped_head_split", 0), 1, counters)

    def test_responses_by_every_carrier(self):
        script = "connect a PORT\n"
        for number, carrier in enumerate(IN):
            script += (f"send a write GET /{number} HTTP/1.1\\r\\nHost: host\\r\\n\\r\\n\n"
                       f"receive-message a {carrier}\n")
        spans, stream = self.client(script)
        self.assertEqual({s.path for s in spans.where(code=200)}, {f"/{n}" for n in range(len(IN))})
        self.assert_injected(spans, stream)

    def test_a_server_by_every_carrier(self):
        script = "accept a l\n"
        requests = []
        for number, carrier in enumerate(OUT):
            requests.append(wire.request(f"/{number}", "POST", body=b"a body", close=False))
            script += (f"receive-message a {IN[number % len(IN)]}\n"
                       f"send a {carrier} HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nfour\n")
        spans = self.server(script + "close a", *requests)
        self.assertEqual({(s.path, s.code) for s in spans},
                         {(f"/{n}", 200) for n in range(len(OUT))})

    def test_bodies_by_sendfile_and_splice(self):
        for carrier in OPAQUE:
            with self.subTest(carrier):
                size = 200_000
                spans, stream = self.client(f"""
                    connect a PORT
                    send a write POST /up HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: {size}\\r\\n\\r\\n
                    send a {carrier} \\{{bx{size}}}
                    receive-message a read
                    send a write GET /next HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
                    receive-message a read
                    """)
                self.assertEqual({(s.path, s.code) for s in spans}, {("/up", 200), ("/next", 200)})
                self.assert_injected(spans, stream)
                spans = self.server(f"""
                    accept a l
                    receive-message a read
                    send a write HTTP/1.1 200 OK\\r\\nContent-Length: {size}\\r\\n\\r\\n
                    send a {carrier} \\{{bx{size}}}
                    receive-message a read
                    send a write HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok
                    close a
                    """, wire.request("/down", close=False), wire.request("/next", close=False))
                self.assertEqual({(s.path, s.code) for s in spans},
                                 {("/down", 200), ("/next", 200)})

    def test_a_whole_request_by_sendfile_or_splice_arrives_unchanged(self):
        for carrier in OPAQUE:
            with self.subTest(carrier):
                self.client(f"""
                    connect a PORT
                    send a {carrier} GET /opaque HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
                    receive-message a read
                    """)

    def test_a_small_send_buffer_cuts_sends_anywhere(self):
        """A non-blocking socket takes what it can; every cut maps back to the program's bytes."""
        body = 300_000
        for carrier in ("write", "writev/100", "sendmsg/1000", "sendmmsg/70", "send"):
            with self.subTest(carrier):
                script = "connect a PORT\nsndbuf a 1\nnonblock a\n"
                for number in range(3):
                    script += (f"send a {carrier} POST /{number} HTTP/1.1\\r\\nHost: h\\r\\nX: "
                               f"\\{{hx3000}}\\r\\nContent-Length: {body}\\r\\n\\r\\n\\{{bx{body}}}\n"
                               "receive-message a read\n")
                spans, stream = self.client(script)
                self.assertEqual({s.path for s in spans.where(code=200)}, {"/0", "/1", "/2"})
                self.assert_injected(spans, stream)

    def test_one_call_returns_the_programs_own_count(self):
        message = r"GET /count HTTP/1.1\r\nHost: h\r\n\r\n"
        for carrier in ("write", "send", "sendto", "sendmsg/3", "writev/3", "sendmmsg/3"):
            with self.subTest(carrier):
                self.client(f"""
                    connect a PORT
                    send-once a {carrier} {message}
                    close a
                    """)

    def test_peeking_consumes_nothing(self):
        spans = self.server("""
            accept a l
            peek a 10
            peek a 50
            receive-message a read
            peek a 10
            send a write HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok
            receive-message a recv
            send a write HTTP/1.1 201 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok
            close a
            """, wire.request("/first/one/that/is/long", close=False),
            wire.request("/second", close=False))
        self.assertEqual({(s.path, s.code) for s in spans},
                         {("/first/one/that/is/long", 200), ("/second", 201)})

    def test_duplicates_are_the_same_connection(self):
        for make in ("dup b a", "dup2 b a 700", "dup2 b a 2000"):
            with self.subTest(make):
                spans, stream = self.client(f"""
                    connect a PORT
                    send a write GET /one HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
                    {make}
                    receive-message b read
                    close a
                    send b write GET /two HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
                    receive-message b read
                    close b
                    """)
                self.assertEqual({(s.path, s.code) for s in spans}, {("/one", 200), ("/two", 200)})
                self.assert_injected(spans, stream)

    def test_high_descriptors(self):
        for number in (1024, 5000, 19_000):
            with self.subTest(number):
                spans, stream = self.client(f"""
                    connect a PORT
                    high a {number}
                    send a write GET /high HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
                    receive-message a read
                    close a
                    """)
                self.assertEqual(spans.only().code, 200)
                self.assert_injected(spans, stream)

    def test_a_connection_passed_over_a_unix_socket_arrives_unchanged(self):
        self.client("""
            connect a PORT
            pass b a
            send b write GET /passed HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
            receive-message b read
            close b
            """)

    def test_a_descriptor_that_is_reused_inherits_nothing(self):
        for close in ("close a", "close-range a", "syscall-close a", "thread close a"):
            with self.subTest(close):
                spans, stream = self.client(f"""
                    connect a PORT
                    send a write POST /left HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 99\\r\\n\\r\\nhalf
                    {close}
                    thread connect a PORT
                    send a write GET /fresh HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n
                    receive-message a read
                    """)
                self.assertEqual(spans.where(code=200).only().path, "/fresh")
                self.assert_injected(spans, stream)

    def test_other_threads_may_go_on_with_a_connection(self):
        spans, stream = self.client("""
            connect a PORT
            thread send a write GET /thread HTTP/1.1\\r\\n
            thread send a write Host: h\\r\\n\\r\\n
            thread receive-message a read
            thread close a
            """)
        self.assertEqual(spans.only().code, 200)
        self.assert_injected(spans, stream)

    def test_datagrams_are_left_alone(self):
        code = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.connect(("127.0.0.1", int(sys.argv[1])))
    print(s.send(b"GET / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n"), s.recv(1000))
"""

        def scenario(session):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.bind(("127.0.0.1", 0))
                program = session.start("/usr/bin/python3", "-c", code, peer.getsockname()[1])
                received, address = peer.recvfrom(1000)
                peer.sendto(wire.ANSWER, address)
                return received, program.wait(), program.out

        self.assertEqual(self.both(scenario).spans, [])

    def test_a_file_that_holds_a_request_is_not_a_connection(self):
        """Only sockets are looked at: the same bytes to a pipe or a file stay as they are."""

        def scenario(session):
            text = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
            return session.run("/bin/sh", "-c", f"printf '{text}' | cat; printf '{text}'").out

        self.assertEqual(self.both(scenario).spans, [])


if __name__ == "__main__":
    main()
