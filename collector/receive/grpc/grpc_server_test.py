"""The gRPC server, spoken to by gRPC's own client, by curl, and by hand.

Usage: grpc_server_test.py PATH/TO/receive_server [unittest's options]"""

import gzip
import json
import queue
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

import grpc

SERVER = ""
METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
ACK = END_STREAM = 1
END_HEADERS = 4


def field(number, payload):
    """A length-delimited field of protobuf."""
    size, length = len(payload), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + payload


def span(name=b"span", trace_id=b"0123456789abcdef", number=1):
    return (field(1, trace_id) + field(2, struct.pack(">Q", number)) + field(5, name) +
            b"\x39" + struct.pack("<Q", 1000) + b"\x41" + struct.pack("<Q", 2000))


def request(*spans):
    return field(1, field(2, b"".join(field(2, one) for one in spans)))


def framed(message, compressed=0):
    return struct.pack(">BI", compressed, len(message)) + message


class Server:
    """The receiver alone; see testing/receive_server.cc."""

    def __init__(self, **options):
        arguments = [str(word) for name, value in options.items() for word in ("--" + name, value)]
        self.process = subprocess.Popen([SERVER, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[2])
        self._spans, self._statistics = queue.Queue(), queue.Queue()
        self._reader = threading.Thread(target=self._read)  # it never waits for a test to read
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            (self._spans if "resourceSpans" in answer else self._statistics).put(answer)

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def names(self):
        """Of the spans of the next request that was taken."""
        return [one["name"] for resource in self._spans.get(timeout=30)["resourceSpans"]
                for scope in resource["scopeSpans"] for one in scope["spans"]]

    def obey(self, command):
        """As say, and returns once it holds."""
        self.say(command)
        return self.statistics()

    def statistics(self):
        self.say("statistics")
        return self._statistics.get(timeout=30)

    def wait_for(self, condition):
        deadline = time.monotonic() + 30
        while not condition(statistics := self.statistics()):
            if time.monotonic() > deadline:
                raise AssertionError(f"it stayed so: {statistics}")
            time.sleep(0.01)
        return statistics

    def finish(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        code = self.process.wait(30)
        self._reader.join()
        self.process.stdout.close()
        return code


class ServerTest(unittest.TestCase):
    def server(self, **options):
        server = Server(**options)

        def end():
            self.assertEqual(server.finish(), 0)

        self.addCleanup(end)
        return server

    def channel(self, server, **options):
        channel = grpc.insecure_channel(f"127.0.0.1:{server.port}", **options)
        self.addCleanup(channel.close)
        return channel

    def call(self, server, message, method=METHOD, **options):
        return self.channel(server).unary_unary(method)(message, timeout=30, **options)

    def refused(self, server, message, **options):
        """The code and the sentence that a call is refused with."""
        with self.assertRaises(grpc.RpcError) as caught:
            self.call(server, message, **options)
        return caught.exception.code(), caught.exception.details()


class ClientTest(ServerTest):
    """With gRPC's own client."""

    def test_spans_are_taken(self):
        server = self.server()
        self.assertEqual(self.call(server, request(span(b"one"), span(b"two", number=2))), b"")
        self.assertEqual(server.names(), ["one", "two"])
        statistics = server.statistics()
        self.assertEqual((statistics["spans"], statistics["requests"]), (2, 1))

    def test_an_empty_request_is_well(self):
        server = self.server()
        self.assertEqual(self.call(server, b""), b"")
        self.assertEqual(server.statistics()["requests"], 1)

    def test_gzip(self):
        server = self.server()
        many = request(*(span(b"x" * 100, number=n + 1) for n in range(1000)))
        self.assertEqual(self.call(server, many, compression=grpc.Compression.Gzip), b"")
        self.assertEqual(len(server.names()), 1000)

    def test_a_large_request_flows(self):
        """Larger than every window of flow control."""
        server = self.server()
        large = request(*(span(b"y" * 100_000, number=n + 1) for n in range(120)))
        self.assertEqual(self.call(server, large), b"")
        self.assertEqual(len(server.names()), 120)

    def test_partial_success(self):
        server = self.server()
        answer = self.call(server, request(span(), span(trace_id=b"short")))
        self.assertIn(b"1 of 2 spans rejected: 1 span: its trace id has 5 bytes instead of 16",
                      answer)
        self.assertEqual(server.names(), ["span"])
        self.assertEqual(server.statistics()["refused"], {"span_trace_id": 1})

    def test_a_busy_sink_asks_for_a_later_attempt(self):
        server = self.server()
        server.obey("busy")
        code, details = self.refused(server, request(span()))
        self.assertEqual(code, grpc.StatusCode.UNAVAILABLE)
        self.assertIn("send them again later", details)
        server.obey("taken")
        self.assertEqual(self.call(server, request(span())), b"")

    def test_what_is_no_request_is_refused(self):
        server = self.server()
        code, details = self.refused(server, b"\x0a\x7fhello")
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("ExportTraceServiceRequest", details)

    def test_unknown_methods_are_unimplemented(self):
        server = self.server()
        code, details = self.refused(
            server, b"", method="/opentelemetry.proto.collector.logs.v1.LogsService/Export")
        self.assertEqual(code, grpc.StatusCode.UNIMPLEMENTED)
        self.assertIn("OTEL_LOGS_EXPORTER=none", details)
        code, _ = self.refused(server, b"x" * 3_000_000, method="/grpc.health.v1.Health/Check")
        self.assertEqual(code, grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual(server.statistics()["refused"], {"not_traces": 2})

    def test_a_too_large_message_is_refused_before_it_is_read(self):
        server = self.server(body=1000)
        code, details = self.refused(server, b"z" * 3_000_000)
        self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIn("more than 1000 bytes", details)

    def test_a_bomb_is_refused(self):
        server = self.server()
        code, details = self.refused(server, bytes(70 << 20), compression=grpc.Compression.Gzip)
        self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertIn("decompressed", details)

    def test_compression_that_is_not_known_is_refused(self):
        server = self.server()
        code, details = self.refused(server, request(span(b"a" * 1000)),
                                     compression=grpc.Compression.Deflate)
        self.assertEqual(code, grpc.StatusCode.UNIMPLEMENTED)
        self.assertIn("gzip or identity", details)

    def test_many_calls_of_many_clients_at_once(self):
        server = self.server()
        failures = []

        def client(number):
            with grpc.insecure_channel(f"127.0.0.1:{server.port}", options=[
                    ("grpc.use_local_subchannel_pool", 1)]) as channel:
                export = channel.unary_unary(METHOD)
                for turn in range(5):
                    first = 100 * number + 10 * turn + 1
                    calls = [export.future(request(span(number=first + n)), timeout=60)
                             for n in range(10)]
                    failures.extend(call.exception() for call in calls if call.exception())

        threads = [threading.Thread(target=client, args=(n,)) for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        for _ in range(500):
            self.assertEqual(server.names(), ["span"])
        self.assertEqual(server.statistics()["spans"], 500)

    def test_a_sink_that_waits_holds_up_no_refusal(self):
        server = self.server()
        server.obey("hold")
        held = [self.channel(server).unary_unary(METHOD).future(request(span(number=n + 1)))
                for n in range(4)]
        server.wait_for(lambda statistics: statistics["waiting"] == 2)
        code, _ = self.refused(server, b"", method="/no/Method")
        self.assertEqual(code, grpc.StatusCode.UNIMPLEMENTED)
        server.say("release")
        for call in held:
            self.assertEqual(call.result(), b"")
        for _ in held:
            server.names()

    def test_a_call_that_its_client_gives_up_harms_nobody(self):
        server = self.server()
        server.obey("hold")
        channel = self.channel(server)
        given_up = channel.unary_unary(METHOD).future(request(span(b"given up")))
        server.wait_for(lambda statistics: statistics["waiting"] == 1)
        given_up.cancel()
        channel.close()
        server.say("release")
        self.assertEqual(server.names(), ["given up"])
        self.assertEqual(self.call(server, request(span(b"next"))), b"")
        self.assertEqual(server.names(), ["next"])

    def test_the_end_of_the_server_answers_what_it_has(self):
        server = self.server()
        server.obey("hold")
        call = self.channel(server).unary_unary(METHOD).future(request(span(b"last")))
        server.wait_for(lambda statistics: statistics["waiting"] == 1)
        server.say("release")
        server.process.stdin.close()
        self.assertEqual(call.result(), b"")
        self.assertEqual(server.names(), ["last"])


class Connection:
    """HTTP/2 by hand."""

    def __init__(self, server, preface=PREFACE, settings=b""):
        self.socket = socket.create_connection(("127.0.0.1", server.port), 30)
        self.socket.settimeout(30)
        if preface:
            self.socket.sendall(preface + self.frame(SETTINGS, 0, 0, settings))

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) +
                struct.pack(">I", stream) + payload)

    @staticmethod
    def literal(name, value):
        """A header without compression."""
        return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value

    def headers(self, stream=1, flags=END_HEADERS, method=b"POST", kind=b"application/grpc",
                path=METHOD.encode(), **others):
        block = b"".join(self.literal(name, value) for name, value in (
            (b":method", method), (b":scheme", b"http"), (b":path", path),
            (b":authority", b"localhost"), (b"content-type", kind), *(
                (name.replace("_", "-").encode(), value) for name, value in others.items())))
        self.socket.sendall(self.frame(HEADERS, flags, stream, block))

    def data(self, payload, stream=1, flags=END_STREAM):
        self.socket.sendall(self.frame(DATA, flags, stream, payload))

    def read(self):
        """Everything until the server closes."""
        everything = b""
        try:
            while piece := self.socket.recv(65536):
                everything += piece
        except ConnectionResetError:
            pass
        return everything

    def frames(self, until):
        """Frames until there is one that `until` is true of."""
        buffered, frames = b"", []
        while True:
            while len(buffered) >= 9:
                size = int.from_bytes(buffered[:3], "big")
                if len(buffered) < 9 + size:
                    break
                frames.append((buffered[3], buffered[4], int.from_bytes(buffered[5:9], "big"),
                               buffered[9:9 + size]))
                buffered = buffered[9 + size:]
                if until(frames[-1]):
                    return frames
            piece = self.socket.recv(65536)
            if not piece:
                raise AssertionError(f"the server closed after {frames}")
            buffered += piece


def ends_stream(frame):
    return frame[0] in (DATA, HEADERS) and frame[1] & END_STREAM


class BytesTest(ServerTest):
    """Without a client's good manners."""

    def connection(self, server, **options):
        connection = Connection(server, **options)
        self.addCleanup(connection.socket.close)
        return connection

    def answered(self, server, payload, **headers):
        """The block of headers that ends a call whose body is `payload`."""
        connection = self.connection(server)
        connection.headers(**headers)
        connection.data(payload)
        return connection.frames(ends_stream)[-1][3]

    def test_every_split_of_a_call(self):
        server = self.server()
        whole = framed(request(span()))
        for at in range(len(whole) + 1):
            connection = self.connection(server)
            connection.headers()
            connection.data(whole[:at], flags=0)
            connection.data(whole[at:])
            connection.frames(ends_stream)
            self.assertEqual(server.names(), ["span"])

    def test_a_body_that_is_not_one_message_is_an_internal_error(self):
        server = self.server()
        whole = framed(request(span()))
        for body in (b"", whole[:4], whole[:-1], whole + b"x", framed(request(span()), 2),
                     framed(gzip.compress(request(span())), 1)):
            self.assertIn(b"13", self.answered(server, body))
        statistics = server.statistics()
        self.assertEqual((statistics["refused"], statistics["spans"]), ({"malformed": 6}, 0))

    def test_a_too_large_message_is_refused_by_its_first_bytes(self):
        server = self.server(body=1000)
        connection = self.connection(server)
        connection.headers()
        connection.data(struct.pack(">BI", 0, 1001), flags=0)
        connection.frames(lambda frame: frame[0] == RST_STREAM)
        self.assertEqual(server.statistics()["refused"], {"too_large": 1})

    def test_other_content_types_and_methods_are_refused_as_http(self):
        server = self.server()
        for headers in ({"kind": b"application/x-protobuf"}, {"kind": b"application/grpc+json"},
                        {"method": b"GET"}):
            connection = self.connection(server)
            connection.headers(flags=END_HEADERS | END_STREAM, **headers)
            connection.frames(ends_stream)
        self.assertEqual(server.statistics()["refused"], {"content_type": 2, "method": 1})

    def test_a_client_of_http_1_is_told_where_to_go(self):
        server = self.server()
        connection = self.connection(server, preface=b"")
        connection.socket.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        answer = connection.read()
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
        self.assertIn(b"OTEL_EXPORTER_OTLP_PROTOCOL=grpc", answer)
        self.assertEqual(server.statistics()["refused"], {"not_grpc": 1})

    def test_garbage_ends_its_connection_only(self):
        server = self.server()
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
                        PREFACE + b"\xff" * 100,
                        PREFACE + Connection.frame(SETTINGS, 0, 0) +
                        Connection.frame(DATA, 0, 1, b"x"),
                        PREFACE + Connection.frame(SETTINGS, 0, 0) +
                        Connection.frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\xff")):
            connection = self.connection(server, preface=b"")
            connection.socket.sendall(garbage)
            connection.read()
        self.assertEqual(self.call(server, request(span())), b"")

    def test_every_truncation_of_a_connection(self):
        server = self.server()
        block = Connection.literal(b":method", b"POST")
        whole = (PREFACE + Connection.frame(SETTINGS, 0, 0) +
                 Connection.frame(HEADERS, END_HEADERS, 1, block) +
                 Connection.frame(DATA, END_STREAM, 1, framed(request(span()))))
        for size in range(0, len(whole), 3):
            connection = self.connection(server, preface=b"")
            connection.socket.sendall(whole[:size])
            connection.socket.close()
        self.assertEqual(self.call(server, request(span())), b"")

    def test_streams_that_are_reset_at_once_are_forgotten(self):
        server = self.server(buffered=5000)
        connection = self.connection(server)
        for number in range(500):
            stream = 2 * number + 1
            connection.headers(stream=stream)
            connection.data(framed(request(span()))[:20], stream=stream, flags=0)
            connection.socket.sendall(
                Connection.frame(RST_STREAM, 0, stream, struct.pack(">I", 8)))
        connection.headers(stream=2001)
        connection.data(framed(request(span(b"kept"))), stream=2001)
        try:
            connection.frames(lambda frame: frame[2] == 2001 and ends_stream(frame))
        except AssertionError:
            pass  # the library takes it for an attack: that is well, too
        self.assertEqual(self.call(server, request(span(b"other"))), b"")
        self.assertNotIn("busy", server.statistics()["refused"])

    def test_a_silent_client_is_disconnected(self):
        server = self.server(patience=1)
        self.assertEqual(self.connection(server, preface=b"").read(), b"")
        self.assertEqual(server.statistics()["refused"], {"timeout": 1})

    def test_a_request_that_stops_in_the_middle_is_given_up(self):
        server = self.server(patience=1)
        connection = self.connection(server)
        connection.headers()
        connection.data(framed(request(span()))[:10], flags=0)
        frames = connection.frames(lambda frame: frame[0] == RST_STREAM)
        self.assertTrue(any(ends_stream(frame) for frame in frames))
        self.assertEqual(server.statistics()["refused"], {"timeout": 1})

    def test_an_answer_that_is_not_read_is_given_up(self):
        server = self.server(patience=1)
        no_window = struct.pack(">HI", 4, 0)
        connection = self.connection(server, settings=no_window)
        connection.headers()
        connection.data(framed(request(span())))
        frames = connection.frames(lambda frame: frame[0] == RST_STREAM)
        self.assertFalse(any(frame[0] == DATA for frame in frames))
        self.assertEqual(server.names(), ["span"])

    def test_requests_share_a_bounded_memory(self):
        server = self.server(buffered=100_000)
        hoarder = self.connection(server)
        hoarder.headers()
        for _ in range(9):
            hoarder.data(struct.pack(">BI", 0, 1_000_000) + bytes(9995), flags=0)
        code, details = self.refused(server, request(span(b"n" * 20_000)))
        self.assertEqual(code, grpc.StatusCode.UNAVAILABLE)
        hoarder.socket.close()
        server.wait_for(lambda statistics: self.is_taken(server))

    def is_taken(self, server):
        try:
            self.call(server, request(span(b"n" * 20_000)))
        except grpc.RpcError:
            return False
        server.names()
        return True

    def test_connections_are_bounded(self):
        server = self.server(connections=2)
        kept = [self.connection(server) for _ in range(2)]
        for connection in kept:
            connection.frames(lambda frame: frame[0] == SETTINGS)
        self.assertEqual(self.connection(server, preface=b"").read(), b"")
        kept[0].socket.close()
        server.wait_for(lambda statistics: self.is_taken(server))

    def test_the_end_of_the_server_says_goodbye(self):
        server = self.server()
        connection = self.connection(server)
        connection.frames(lambda frame: frame[0] == SETTINGS and frame[1] & ACK)
        server.process.stdin.close()
        connection.frames(lambda frame: frame[0] == GOAWAY)


class CurlTest(ServerTest):
    def test_curl_with_prior_knowledge(self):
        server = self.server()
        curl = subprocess.run(
            ["curl", "--silent", "--http2-prior-knowledge", "--data-binary", "@-",
             "--header", "Content-Type: application/grpc", "--header", "TE: trailers",
             "--dump-header", "/dev/stderr", "--output", "-",
             f"http://127.0.0.1:{server.port}{METHOD}"],
            input=framed(request(span(b"by curl"))), capture_output=True, timeout=30, check=True)
        self.assertEqual(curl.stdout, framed(b""))
        self.assertIn(b"HTTP/2 200", curl.stderr)
        self.assertIn(b"grpc-status: 0", curl.stderr)
        self.assertEqual(server.names(), ["by curl"])


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    unittest.main(verbosity=2)
