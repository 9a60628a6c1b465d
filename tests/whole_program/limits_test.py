"""Memory is bounded: what does not fit is lost and counted, and the program never waits."""

import collections
import json

from harness import SessionTest, main, wire


class LimitsTest(SessionTest):
    def counters(self, session, server):
        status = json.loads(session.seamtrace("status", "--json").out)
        process = next(p for p in status["processes"] if p["pid"] == server.pid)
        return collections.Counter(process["counters"])  # what is left out is zero

    def test_more_requests_in_flight_than_slots(self):
        count = 3000
        session = self.traced()
        server = session.app("epoll_server")
        port = server.port
        connections = [wire.connect(port) for _ in range(count)]
        for number, connection in enumerate(connections):
            connection.sendall(f"GET /{number} HTTP/1.1\r\nHost: h".encode())
        for connection in connections:
            connection.sendall(b"\r\n\r\n")
        for connection in connections:
            self.assertTrue(wire.read_response(connection)[0].startswith(b"HTTP/1.1 200"))
            connection.close()
        session.wait_for_spans(2000)
        counters = self.counters(session, server)
        spans = session.finish()
        lost = count - len(spans)
        named = sum(value for name, value in counters.items()
                    if name.startswith(("lost_", "bypass_")))
        self.assertEqual(named, lost, counters)

    def test_no_collector_and_more_spans_than_fit(self):
        rounds, block = 100, 300
        session = self.traced(collector=False)
        server = session.app("epoll_server")
        port = server.port
        answer = len(wire.get_kept(port, "/first"))
        requests = wire.request("/" + "again" * 280, close=False) * block
        with wire.connect(port) as connection:
            for _ in range(rounds):
                connection.sendall(requests)
                left = block * answer
                while left > 0:
                    left -= len(connection.recv(min(left, 1 << 20)))
        total = rounds * block + 1
        session.start_collector()
        lost = self.counters(session, server)["lost_ring_full"]
        self.assertGreater(lost, 0)
        session.wait_for_spans(total - lost, deadline=60)
        self.assertEqual(len(session.finish()), total - lost)


if __name__ == "__main__":
    main()
