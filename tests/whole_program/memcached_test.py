"""Clients of memcached: each command is a span, and reads say whether they found what they asked
for."""

import re

from harness import StoreTest, main, paths, stores, wire


def operation(span):
    return span.operation.lower()


def hits(span):
    return span["seamtrace.cache.hits"], span["seamtrace.cache.misses"]


class MemcachedTest(StoreTest):
    SYSTEM = "memcached"

    def setUp(self):
        self.store = stores.shared(stores.Memcached)

    def test_libmemcached(self):
        def scenario(session):
            program = session.run(paths.app("memcached_client"), "--port", self.store.port,
                                  "--count", 20, name="client")
            return program.wait(), program.out, program.err

        session = self.both(scenario)
        # Version and quit are asked by the library as it sees fit.
        spans = [span for span in self.calls(session.spans, "client")
                 if operation(span) not in ("version", "quit")]
        self.assertEqual([operation(span) for span in spans],
                         ["set", "get", "get", "get", "delete"] * 20)
        self.assertEqual([hits(span) for span in spans],
                         [(None, None), (1, 0), (0, 1), (1, 1), (None, None)] * 20)
        self.assert_well(spans)
        self.assert_peer(spans[0], self.store)
        self.assert_secret(session, "marker")

    def test_commands_of_each_kind(self):
        """Text and meta commands, sent by a plain program."""
        lines = [
            ("set a 0 0 6", "marker"), ("get a",), ("gets a nothing",), ("add a 0 0 6", "marker"),
            ("replace b 0 0 6", "marker"), ("append a 0 0 6", "marker"), ("incr n 1",),
            ("set n 0 0 1", "1"), ("incr n 1",), ("touch a 100",), ("gat 100 a",), ("delete a",),
            ("delete a",), ("mg a v",), ("ms m 6", "marker"), ("mg m v",), ("incr m 1",), ("md m",),
            ("mn",), ("version",),
        ]
        code = """
import socket, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
for request in sys.argv[2:]:
    connection.sendall(request.replace("\\n", "\\r\\n").encode())
    answer = b""
    ends = ("END", "CLIENT_ERROR", "STORED", "NOT_STORED", "DELETED", "TOUCHED", "NOT_FOUND",
            "ERROR", "EN", "HD", "NF", "MN")
    while True:
        answer += connection.recv(65536)
        last = answer.decode().split("\\r\\n")[-2:][0]
        if answer.endswith(b"\\r\\n") and (last.startswith(("VERSION", *ends)) or last.isdigit()
                                         or last == "marker"):
            break
    print(answer)
"""

        def scenario(session):
            wire.connect(self.store.port).sendall(b"flush_all\r\n")
            program = session.run("/usr/bin/python3", "-c", code, self.store.port,
                                  *("\n".join(words) + "\n" for words in lines), name="client")
            # The number of a version, which `gets` asks for, counts on.
            return program.wait(), re.sub(r"(VALUE a 0 6) \d+", r"\1 N", program.out), program.err

        session = self.both(scenario)
        spans = self.calls(session.spans, "client")
        self.assertEqual([operation(span) for span in spans],
                         [words[0].split()[0] for words in lines], spans.describe())
        found = {number: hits(span) for number, span in enumerate(spans)}
        self.assertEqual([found[n] for n in (1, 2, 10, 13, 15)],
                         [(1, 0), (1, 1), (1, 0), (0, 1), (1, 0)])
        self.assertEqual(spans[16].status, "ERROR")
        self.assert_well(spans[:16] + spans[17:])
        self.assert_secret(session, "marker")


if __name__ == "__main__":
    main()
