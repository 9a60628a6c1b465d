"""Memory is bounded: what does not fit is lost and counted, and the program never waits."""

import json

from harness import SessionTest, main, wire


class LimitsTest(SessionTest):
    def counters(self, session):
        """The counters of the one traced process."""
        status = json.loads(session.seamtrace("status", "--json").out)

        def find(value):
            if isinstance(value, dict):
                if "lost_ring_full" in value:
                    return value
                value = list(value.values())
            if isinstance(value, list):
                for item in value:
                    if (found := find(item)) is not None:
                        return found
            return None

        found = find(status)
        self.assertIsNotNone(found, status)
        return found

    def test_more_requests_in_flight_than_slots(self):
        count = 3000
        session = self.traced()
        port = session.app("epoll_server").port
        connections = [wire.connect(port) for _ in range(count)]
        for number, connection in enumerate(connections):
            connection.sendall(f"GET /{number} HTTP/1.1\r\nHost: h".encode())
        for connection in connections:
            connection.sendall(b"\r\n\r\n")
        for connection in connections:
            self.assertTrue(wire.read_response(connection)[0].startswith(b"HTTP/1.1 200"))
            connection.close()
        counters = self.counters(session)
        spans = session.wait_for_spans(2000)
        spans = session.finish()
        lost = count - len(spans)
        named = sum(value for name, value in counters.items()
                    if name.startswith(("lost_", "bypass_")))
        self.assertEqual(named, lost, counters)

    def test_no_collector_and_more_spans_than_fit(self):
        rounds, block = 100, 300
        session = self.traced(collector=False)
        port = session.app("epoll_server").port
        answer = len(wire.get_kept(port, "/first"))
        requests = wire.request("/" + "again" * 280, close=False) * block
        with wire.connect(port) as connection:
            for _ in range(rounds):
                connection.sendall(requests)
                left = block * answer
                while left > 0:
                    left -= len(connection.recv(min(left, 1 << 20)))
        lost = self.counters(session)["lost_ring_full"]
        self.assertGreater(lost, 0)
        total = rounds * block + 1
        session.start_collector()
        session.wait_for_spans(total - lost, deadline=60)
        self.assertEqual(len(session.finish()), total - lost)


if __name__ == "__main__":
    main()
