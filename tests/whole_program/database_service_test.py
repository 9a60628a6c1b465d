"""A service that calls PostgreSQL, Redis and another service for each request: the three calls are
children of the right request, one at a time and 64 at once. The number of the request stands in the
path, the table, the key and the path of the call."""

import collections
import re
import threading

from harness import StoreTest, main, segments, stores, wire
from harness.waiting import eventually

PARALLEL, ROUNDS = 64, 4
NUMBERS = PARALLEL * ROUNDS
TABLES = f"""
DO $$ BEGIN
  FOR i IN 0..{NUMBERS - 1} LOOP
    EXECUTE format('CREATE TABLE IF NOT EXISTS numbers_%s AS SELECT 1 AS id, %s AS n', i, i);
  END LOOP;
END $$"""


def number_of(span):
    """The number of the request that the span says it belongs to."""
    found = (re.search(r"/(?:order|backend)/(\d+)$", span.path or "")
             or re.search(r"numbers_(\d+)|number:(\d+)", span.text or ""))
    return int(next(group for group in found.groups() if group)) if found else None


def check_requests(spans, service):
    """Counts the calls by their parents: right, none, or wrong; and what was wrong."""
    requests = {span.span_id: span for span in spans.where(kind="SERVER", service=service)}
    counts, wrong = collections.Counter(right=0, none=0, wrong=0), []
    for span in spans.where(kind="CLIENT", service=service):
        parent = requests.get(span.parent_id)
        if not span.parent_id:
            counts["none"] += 1
        elif (parent is not None and parent.trace_id == span.trace_id
              and number_of(parent) == number_of(span)):
            counts["right"] += 1
        else:
            counts["wrong"] += 1
            wrong.append((span, parent))
    return counts, wrong


class DatabaseServiceTest(StoreTest):
    def setUp(self):
        self.database = stores.shared(stores.PostgreSQL)
        self.cache = stores.shared(stores.Redis)
        self.database.sql(TABLES)
        self.cache.cli("MSET", *(word for i in range(NUMBERS) for word in (f"number:{i}", i)))

    def service(self, session, mode, *more):
        upstream = session.app("epoll_server", name="backend",
                               environment={"LD_PRELOAD": None}).port
        return session.app("database_service", "--mode", mode, "--postgresql", self.database.uri(),
                           "--redis", self.cache.port, "--upstream", upstream, *more,
                           name="service").port

    def load(self, port, parallel, kept):
        """Each client asks for numbers of its own, over a connection that is kept or a new one each
        time. {number: answer}"""
        answers = {}

        def client(first):
            numbers = range(first, NUMBERS, parallel)
            if kept:
                with wire.connect(port, timeout=60) as connection:
                    for number in numbers:
                        connection.sendall(wire.request(f"/order/{number}", close=False))
                        answers[number] = wire.read_response(connection)[0]
            else:
                for number in numbers:
                    with wire.connect(port, timeout=60) as connection:
                        connection.sendall(wire.request(f"/order/{number}", close=False))
                        answers[number] = wire.read_response(connection)[0]

        threads = [threading.Thread(target=client, args=(n,)) for n in range(parallel)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), NUMBERS)
        for number, answer in answers.items():
            self.assertIn(f"sql {number}\nredis {number}\nhttp ".encode(), answer)
        return answers

    def check(self, mode, parallel, kept=False, options=()):
        def scenario(session):
            answers = self.load(self.service(session, mode, *options), parallel, kept)
            if session.traced:
                eventually(lambda: not segments.in_flight(session.base), "all calls to end")
            return answers

        session = self.both(scenario)
        spans = session.spans.where(service="service")
        servers = spans.servers
        self.assertEqual(sorted(map(number_of, servers)), list(range(NUMBERS)))
        of_kind = collections.Counter((span.system or "http", number_of(span))
                                      for span in spans.clients)
        self.assertEqual(of_kind, {(kind, n): 1 for kind in ("postgresql", "redis", "http")
                                   for n in range(NUMBERS)})
        self.assert_well(spans)
        counts, wrong = check_requests(spans, "service")
        print(f"{self._testMethodName}: {dict(counts)}")
        self.assertEqual(wrong, [])
        self.assertEqual(counts, {"right": 3 * NUMBERS, "none": 0, "wrong": 0})
        by_id = spans.by_id()
        for call in spans.clients:
            parent = by_id[call.parent_id]
            self.assertTrue(parent.start <= call.start <= call.end <= parent.end,
                            f"{call} is not within {parent}")
        return spans

    def test_threads_one_at_a_time(self):
        spans = self.check("threads", 1)
        statement = spans.where(system="postgresql").in_order()[0]
        self.assertEqual(statement.text, "SELECT n FROM numbers_0 WHERE id = $1")
        self.assertEqual(statement["seamtrace.parent.association"], "exact")

    def test_threads_64_at_once(self):
        self.check("threads", PARALLEL)

    def test_threads_64_at_once_over_kept_connections(self):
        self.check("threads", PARALLEL, kept=True)

    def test_pool_one_at_a_time(self):
        self.check("pool", 1)

    def test_pool_64_at_once(self):
        self.check("pool", PARALLEL)

    def test_pool_64_at_once_over_kept_connections(self):
        self.check("pool", PARALLEL, kept=True, options=("--workers", PARALLEL))

    def test_requests_without_calls(self):
        def scenario(session):
            port = self.service(session, "pool")
            return [wire.get_kept(port, "/health") for _ in range(10)]

        spans = self.both(scenario).spans.where(service="service")
        self.assertEqual({(span.kind, span.path) for span in spans}, {("SERVER", "/health")})
        self.assertEqual(len(spans), 10)


if __name__ == "__main__":
    main()
