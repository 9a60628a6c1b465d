"""What `seamtrace status` says of the data stores that a program calls."""

import json

from harness import StoreTest, main, stores, wire
from harness.waiting import eventually


class StoreStatusTest(StoreTest):
    CONNECTIONS, REQUESTS = 3, 20

    def setUp(self):
        self.database = stores.shared(stores.PostgreSQL)
        self.cache = stores.shared(stores.Redis)
        self.database.sql("CREATE TABLE IF NOT EXISTS numbers_1 AS SELECT 1 AS id, 42 AS n")
        self.cache.cli("SET", "number:1", "42")
        self.cache.cli("DEL", "number:2")

    def stores_of(self, environment):
        """{system: what the status says of it}, after REQUESTS requests."""
        session = self.traced(**environment)
        port = session.app("database_service", "--postgresql", self.database.uri(), "--redis",
                           self.cache.port, "--connections", self.CONNECTIONS).port
        with wire.connect(port) as connection:
            # Last, one for which there is neither a table nor a key.
            for path in ["/data/1"] * self.REQUESTS + ["/data/2"]:
                connection.sendall(wire.request(path, close=False))
                wire.read_response(connection)

        def known():
            status = json.loads(session.seamtrace("status", "--json").out)
            found = {store["system"]: store for process in status["processes"]
                     for store in process["stores"]}
            operations = [store["operations"] for store in found.values()]
            return found if operations == [self.REQUESTS + 1] * 2 else None

        found = eventually(known, "both stores' calls to be counted")
        return found, session.seamtrace("status").out

    def check(self, environment):
        found, text = self.stores_of(environment)
        database, cache = found["postgresql"], found["redis"]
        self.assertEqual((database["address"], database["port"]),
                         ("127.0.0.1", self.database.port))
        for store in (database, cache):
            connections = store["connections"]
            self.assertEqual((connections["open"], connections["opened"]),
                             (self.CONNECTIONS, self.CONNECTIONS))
            self.assertEqual((connections["used"], connections["idle"]), (0, self.CONNECTIONS))
            self.assertEqual((connections["failed"], connections["rejected"]), (0, 0))
            self.assertEqual(connections["create_time"]["count"], self.CONNECTIONS)
            times = connections["use_time"]
            self.assertEqual(times["count"], sum(times["counts"]))
            self.assertEqual(len(times["counts"]), len(times["bounds"]) + 1)
            self.assertGreater(times["sum_seconds"], 0)
        self.assertEqual(database["connections"]["use_time"]["count"], self.REQUESTS + 1)
        self.assertEqual((database["errors"], cache["errors"]), (1, 0))
        self.assertEqual((cache["cache_hits"], cache["cache_misses"]), (self.REQUESTS, 1))
        self.assertRegex(text, rf"postgresql 127\.0\.0\.1:{self.database.port} +{self.CONNECTIONS} ")

    def test_connections_and_calls_are_counted(self):
        self.check({})

    def test_they_are_counted_when_nothing_is_sampled(self):
        self.check({"OTEL_TRACES_SAMPLER": "always_off"})


if __name__ == "__main__":
    main()
