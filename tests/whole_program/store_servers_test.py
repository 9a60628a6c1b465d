"""The library preloaded into the servers of data stores: they run unharmed, and answer as ever.
The spans that come of it are of kind SERVER."""

import re

from harness import StoreTest, main, stores


class StoreServersTest(StoreTest):
    def plain(self, session, *command, **options):
        """Runs a client that is not traced; what it prints."""
        program = session.run(*command, environment={"LD_PRELOAD": None}, deadline=60,
                              name="client", **options)
        self.assertEqual(program.wait(), 0, program.err)
        return program.out

    def check(self, scenario, system):
        session = self.both(scenario)
        self.assertEqual([span for span in session.spans if span.kind == "CLIENT"], [])
        served = session.spans.where(system=system)
        print(f"{self._testMethodName}: {len(served)} spans")
        for span in served:
            self.assertEqual(span.kind, "SERVER", repr(span))
        self.assert_well(served)
        return served

    def test_redis(self):
        def scenario(session):
            store = stores.Redis(session)
            reported = []
            for options in (["-c", 1], ["-c", 64], ["-c", 64, "-P", 16]):
                out = self.plain(session, "redis-benchmark", "-p", store.port, "-n", 640, "-t",
                                 "set,get,lpush,mset", *options)
                reported.append(re.findall(r"(\d+) requests completed", out))
            answers = self.plain(session, "redis-cli", "-p", store.port, stdin=(
                b"SET a 1\nGET a\nMULTI\nINCR a\nEXEC\nLPUSH l 1\nEVAL \"return 1\" 0\nDBSIZE\n"))
            self.assertEqual(session.subjects[0].process.poll(), None)
            return reported, answers

        self.check(scenario, "redis")

    def test_postgresql(self):
        def scenario(session):
            store = stores.PostgreSQL(session)
            path = f"{session.directory()}/script.sql"
            with open(path, "w") as file:
                file.write("\\set id random(1, 100)\nBEGIN;\n"
                           "SELECT n FROM numbers WHERE id = :id;\n"
                           "UPDATE numbers SET n = n WHERE id = :id;\nEND;\n")
            reported = []
            for mode in ("simple", "extended", "prepared"):
                out = self.plain(session, f"{store.PROGRAMS}/pgbench", "-n", "-M", mode, "-c", 16,
                                 "-j", 2, "-t", 10, "-f", path, store.uri())
                reported.append(re.findall(r"processed: (\S+)|failed transactions: (\d+)", out))
            answers = [store.sql("SELECT count(*), sum(n) FROM numbers"),
                       store.sql("COPY (SELECT id, n FROM numbers ORDER BY id) TO STDOUT"),
                       store.sql("SET max_parallel_workers_per_gather = 2; "
                                 "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; "
                                 "SET min_parallel_table_scan_size = 0; "
                                 "SELECT count(*) FROM numbers; VACUUM numbers")]
            self.assertEqual(session.subjects[0].process.poll(), None)
            return reported, answers

        self.check(scenario, "postgresql")

    def test_mariadb(self):
        def scenario(session):
            store = stores.MariaDB(session)
            out = self.plain(
                session, "mariadb-slap", "--no-defaults", "-h127.0.0.1", f"-P{store.port}",
                "-utester", "--create-schema=shop", "--no-drop", "--number-of-queries=640",
                "--concurrency=64", "--query=SELECT n FROM numbers WHERE id = 7")
            answers = [store.sql("SELECT count(*), sum(n) FROM numbers"),
                       store.sql("UPDATE numbers SET word = 'w'; SELECT * FROM numbers")]
            self.assertEqual(session.subjects[0].process.poll(), None)
            return re.findall(r"(?:running queries|per client): (\d+)", out), answers

        self.check(scenario, "mariadb")

    def test_memcached(self):
        def scenario(session):
            store = stores.Memcached(session)
            reported = []
            for options in (["-T", 1, "-c", 1], ["-T", 2, "-c", 64]):
                out = self.plain(session, "memcaslap", "-s", f"127.0.0.1:{store.port}", "-x", 1000,
                                 *options)
                facts = {name: int(n) for name, n in re.findall(r"(cmd_\w+|get_misses): (\d+)",
                                                                out)}
                reported.append((facts["cmd_get"] + facts["cmd_set"], facts["get_misses"]))
            self.assertEqual(session.subjects[0].process.poll(), None)
            return reported, {key: value for key, value in store.statistics().items()
                              if key in ("cmd_get", "cmd_set", "get_misses")}

        self.check(scenario, "memcached")


if __name__ == "__main__":
    main()
