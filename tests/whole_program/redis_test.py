"""Unmodified clients of Redis: what they get is the same, each command is a span, and reads say
whether they found what they asked for."""

import collections
import re

from harness import Spans, StoreTest, main, paths, stores, tally
from harness.waiting import eventually


def hits(span):
    return span["seamtrace.cache.hits"], span["seamtrace.cache.misses"]


class RedisTest(StoreTest):
    SYSTEM = "redis"

    def setUp(self):
        self.store = stores.shared(stores.Redis)

    def check(self, *command, store=None, code=0, **options):
        """Runs the client; its calls, which are as many of each command as the server itself
        counts."""
        store = store or self.store
        counted = {}

        def scenario(session):
            store.cli("FLUSHALL")
            mark = store.mark()
            program = session.run(*command, name="client", **options)
            self.assertEqual(program.wait(), code, program.err)
            counted[session.traced] = store.calls_since(mark)
            return program.out, program.err, counted[session.traced]

        session = self.both(scenario)
        spans = self.calls(session.spans, "client")
        expected = collections.Counter()
        for name, count in counted[True].items():
            expected[name.partition("|")[0].upper()] += count
        self.assertEqual(collections.Counter(span.operation.upper() for span in spans), expected)
        self.session = session
        return spans

    def cli(self, *commands, **options):
        """redis-cli reads the commands from its standard input. It asks for the commands' help on
        its own account."""
        lines = "".join(command + "\n" for command in commands)
        spans = self.check("redis-cli", "-p", options.get("store", self.store).port,
                           stdin=lines.encode(), **options)
        return Spans(span for span in spans if span.operation.upper() != "COMMAND")


class ClientsTest(RedisTest):
    def test_redis_cli(self):
        spans = self.cli("SET a one", "GET a", "GET missing", "HSET h x 1 y 2", "HGET h x",
                         "HGET h z", "EXISTS a missing", "MGET a missing nothing", "LPUSH a 1",
                         "PING")
        self.assert_words(spans, "SET GET GET HSET HGET HGET EXISTS MGET LPUSH PING")
        self.assertEqual([hits(span) for span in spans], [
            (None, None), (1, 0), (0, 1), (None, None), (1, 0), (0, 1), (1, 1), (1, 2),
            (None, None), (None, None)])
        self.assertEqual([span["seamtrace.cache.hit"] for span in spans[1:3]], [True, False])
        self.assert_well(spans[:8] + spans[9:])
        self.assert_failed(spans[8], "WRONGTYPE")
        self.assertEqual([span.text for span in spans[:4]],
                         ["SET a ?", "GET a", "GET missing", "HSET h x ? y ?"])
        self.assert_peer(spans[0], self.store)
        self.assertEqual({span["db.namespace"] for span in spans}, {"0"})

    def test_another_database(self):
        spans = self.cli("SELECT 3", "SET a one", "SELECT 0", "GET a")
        self.assertEqual([span["db.namespace"] for span in spans], ["0", "3", "3", "0"])

    def test_over_a_unix_socket(self):
        spans = self.check("redis-cli", "-s", self.store.socket, "GET", "a")
        self.assert_words(spans, "GET")
        self.assertIn(self.store.directory, spans[0]["server.address"])

    def test_resp3(self):
        spans = self.check("redis-cli", "-3", "-p", self.store.port,
                           stdin=b"GET a\nSET a b\nGET a\nHGETALL h\n")
        reads = [span for span in spans if span.operation.upper() == "GET"]
        self.assertEqual([hits(span) for span in reads], [(0, 1), (1, 0)])
        self.assert_well(spans)

    def test_redis_py(self):
        spans = self.check("/usr/bin/python3", paths.script("python/redis_client.py"),
                           self.store.port)
        self.assert_words(spans, "SET GET GET MSET MGET HSET HMGET INCRBY INCRBY GET "
                                 "MULTI SET GET EXEC LPUSH DEL")
        self.assertEqual([hits(spans[i]) for i in (1, 2, 4, 6, 9)],
                         [(1, 0), (0, 1), (2, 1), (1, 1), (1, 0)])
        self.assert_failed(spans[14], "WRONGTYPE")
        self.assert_well(spans[:14] + spans[15:])

    def test_ioredis(self):
        spans = self.check("node", paths.script("node/ioredis_client.js"), self.store.port)
        self.assert_words(spans, "SET GET GET INCR INCR GET MULTI SET GET EXEC LPUSH DEL QUIT")
        self.assertEqual([hits(spans[i]) for i in (1, 2, 5)], [(1, 0), (0, 1), (1, 0)])
        self.assert_failed(spans[10], "WRONGTYPE")

    def check_hiredis(self, how):
        spans = self.check(paths.app("hiredis_client"), "--port", self.store.port, "--how", how,
                           "--count", 50)
        self.assert_words(spans, "SET GET GET " * 50)
        self.assertEqual([hits(span) for span in spans[1::3]], [(1, 0)] * 50)
        self.assertEqual([hits(span) for span in spans[2::3]], [(0, 1)] * 50)
        self.assertEqual([span.text for span in spans[:3]],
                         ["SET hiredis:0 ?", "GET hiredis:0", "GET missing:0"])
        self.assert_well(spans)

    def test_hiredis(self):
        self.check_hiredis("sync")

    def test_hiredis_with_a_pipeline(self):
        self.check_hiredis("pipeline")

    def test_hiredis_with_libevent(self):
        self.check_hiredis("async")


    def python(self, code, **options):
        head = f"import redis, threading\nstore = redis.Redis(port={self.store.port})\n"
        return self.check("/usr/bin/python3", "-c", head + code, **options)

    def test_subscriptions(self):
        spans = self.python("""
listener = store.pubsub()
listener.subscribe("news")
print(listener.get_message(timeout=10))
for number in range(3):
    print(store.publish("news", f"marker {number}"))
    print(listener.get_message(timeout=10))
listener.unsubscribe("news")
print(listener.get_message(timeout=10))
print(store.get("a"))
""")
        self.assert_words(spans, "SUBSCRIBE PUBLISH PUBLISH PUBLISH UNSUBSCRIBE GET")
        self.assert_well(spans)
        self.assert_secret(self.session, "marker")

    def test_commands_that_wait(self):
        spans = self.python("""
print(store.blpop("nothing", timeout=0.2))
threading.Timer(0.2, redis.Redis(port=store.connection_pool.connection_kwargs["port"]).rpush,
                ("list", "value")).start()
print(store.blpop("list", timeout=10))
""")
        waited, answered = [span for span in spans if span.operation.upper() == "BLPOP"]
        self.assertGreaterEqual(waited.end - waited.start, 200_000_000)
        self.assertGreaterEqual(answered.end - answered.start, 100_000_000)
        self.assert_well(spans)

    def test_a_transaction_that_fails(self):
        spans = self.cli("MULTI", "SET a", "EXEC", "MULTI", "SET a 1", "LPUSH a 1", "EXEC", "GET a")
        self.assert_words(spans, "MULTI SET EXEC MULTI SET LPUSH EXEC GET")
        self.assert_failed(spans[1], "ERR")
        self.assert_failed(spans[2], "EXECABORT")


class SecretsTest(RedisTest):
    def test_values_are_not_recorded(self):
        self.cli("SET a marker-one", "SETEX a 100 marker-two", "HSET h field marker-three",
                 "LPUSH l marker-four marker-five", "APPEND a marker-six", "MSET b marker-seven",
                 "EVAL \"return 'marker-eight'\" 0",
                 "ECHO marker-nine", "PUBLISH channel marker-ten")
        self.assert_secret(self.session, "marker")

    def test_passwords_are_not_recorded(self):
        password = "hunter2-marker"
        with stores.Redis(password=password) as store:
            code = f"""
import os, redis, sys
store = redis.Redis(port={store.port}, password=os.environ["PASSWORD"])
print(store.get("a"), flush=True)
sys.stdin.readline()
print(store.execute_command("HELLO", 3, "AUTH", "default",
                            os.environ["PASSWORD"]) is not None)
"""

            def scenario(session):
                program = session.start("/usr/bin/python3", "-c", code, stdin=b"",
                                        environment={"PASSWORD": password}, name="client")
                eventually(lambda: program.out, "the first answer")
                self.assert_not_in_segments(session, password)
                program.say("go on")
                return program.wait(), program.out, program.err

            session = self.both(scenario)
        spans = self.calls(session.spans, "client")
        self.assertEqual([span.operation.upper() for span in spans], ["AUTH", "GET", "HELLO"])
        self.assert_secret(session, password)

    def test_a_wrong_password(self):
        with stores.Redis(password="right") as store:
            spans = self.cli("AUTH wrong-marker", "GET a", store=store)
        self.assert_words(spans, "AUTH GET")
        self.assert_failed(spans[0], "WRONGPASS")
        self.assert_failed(spans[1], "NOAUTH")
        self.assert_secret(self.session, "wrong-marker")


class BenchmarkTest(RedisTest):
    def check_benchmark(self, requests, clients, *options):
        reported = []

        def scenario(session):
            mark = self.store.mark()
            program = session.run("redis-benchmark", "-p", self.store.port, "-n", requests, "-c",
                                  clients, "-t", "set,get", *options, name="benchmark", deadline=60)
            self.assertEqual(program.wait(), 0, program.err)
            reported[:] = map(int, re.findall(r"(\d+) requests completed", program.out))
            return self.store.calls_since(mark)

        session = self.both(scenario)
        self.assertEqual(reported, [requests, requests])
        spans = self.calls(session.spans, "benchmark")
        self.assertEqual(tally(spans), {"SET": requests, "GET": requests, "CONFIG": 2})
        self.assert_well(spans)
        for span in spans:
            if span.operation == "GET":
                self.assertEqual(hits(span), (1, 0))

    def test_one_client(self):
        self.check_benchmark(500, 1)

    def test_64_clients(self):
        self.check_benchmark(1280, 64)

    def test_one_client_with_pipelines(self):
        self.check_benchmark(640, 1, "-P", 16)

    def test_64_clients_with_pipelines(self):
        self.check_benchmark(2048, 64, "-P", 16)

    def test_64_clients_in_two_threads(self):
        self.check_benchmark(1280, 64, "--threads", 2)


if __name__ == "__main__":
    main()
