"""Unmodified clients of PostgreSQL: what they get is the same, each statement is a span."""

from harness import StoreTest, main, paths, stores

PSQL = f"{stores.PostgreSQL.PROGRAMS}/psql"


class PostgresqlTest(StoreTest):
    SYSTEM = "postgresql"

    def setUp(self):
        self.store = stores.shared(stores.PostgreSQL)

    def check(self, count, *command, **options):
        """Runs the client; its calls, of which the server itself counts `count`."""

        def scenario(session):
            mark = self.store.mark()
            program = session.run(*command, name="client")
            self.assertEqual(program.wait(), 0, program.err)
            self.assertEqual(self.store.statements_since(mark), count)
            return program.out, program.err

        session = self.both(scenario, **options)
        return self.calls(session.spans, "client")

    def psql(self, *statements, unix=False, database="shop", **options):
        words = [word for text in statements for word in ("-c", text)]
        return self.check(options.pop("count", len(statements)), PSQL, "-X", "-A", "-t", "-d",
                          self.store.uri(database, unix=unix), *words, **options)


class ClientsTest(PostgresqlTest):
    def test_psql(self):
        (span,) = self.psql("SELECT n FROM numbers WHERE id = 7 AND word <> 'marker'")
        self.assert_well([span])
        self.assert_peer(span, self.store)
        self.assert_root(span)
        self.assertEqual(span.name, "SELECT numbers")
        self.assertEqual(span.summary, "SELECT numbers")
        self.assertEqual(span.text, "SELECT n FROM numbers WHERE id = ? AND word <> ?")
        self.assertEqual(span["db.namespace"], "shop")
        self.assertEqual(span["network.peer.address"], "127.0.0.1")
        self.assertEqual(span.operation, None, "operations are not taken from SQL text")
        self.assertEqual(span["db.operation.batch.size"], None)

    def test_psql_over_a_unix_socket(self):
        (span,) = self.psql("SELECT n FROM numbers", unix=True)
        self.assertEqual(span.summary, "SELECT numbers")
        self.assertEqual(span["db.namespace"], "shop")
        self.assertIn(self.store.directory, span["server.address"])

    def test_psql_with_several_statements_in_one_message(self):
        (span,) = self.psql("SELECT n FROM numbers WHERE id = 1; SELECT 'x'; SELECT 3")
        self.assertEqual(span["db.operation.batch.size"], 3)
        self.assertEqual(span.text, "SELECT n FROM numbers WHERE id = ?; SELECT ?; SELECT ?")

    def test_psql_with_results_that_are_large(self):
        spans = self.psql("SELECT repeat('x', 100000) FROM numbers", "SELECT 1")
        self.assert_words(spans, "SELECT SELECT")
        self.assertLessEqual(spans[0].end, spans[1].start)

    def test_a_statement_that_takes_its_time(self):
        quick, slow = self.psql("SELECT 1", "SELECT pg_sleep(0.2)")
        self.assertGreaterEqual(slow.end - slow.start, 200_000_000)
        self.assertLess(quick.end - quick.start, 200_000_000)

    def test_psycopg2(self):
        spans = self.check(18, "/usr/bin/python3", paths.script("python/psycopg2_client.py"),
                           self.store.uri())
        self.assert_words(spans, "BEGIN SELECT CREATE INSERT COPY COPY COMMIT "
                                 "BEGIN DECLARE FETCH FETCH FETCH FETCH CLOSE COMMIT "
                                 "BEGIN SELEC ROLLBACK UPDATE")
        self.assert_failed(spans[16], "42601")
        self.assert_well(spans[:16] + spans[17:])
        self.assertEqual(spans[1].text, "SELECT n FROM numbers WHERE id = ?")
        self.assertEqual(spans[3].text, "INSERT INTO words VALUES (?),(?)")
        self.assertEqual(spans[18].summary, "UPDATE numbers")

    def test_pqxx(self):
        spans = self.check(11, paths.app("pqxx_client"), "--uri", self.store.uri())
        self.assert_words(spans, "BEGIN SELECT SELECT COMMIT "
                                 "BEGIN CREATE INSERT INSERT INSERT SELECT COMMIT")
        self.assert_well(spans)
        self.assertEqual(spans[2].text, "SELECT n FROM numbers WHERE id = $1")
        self.assertEqual({span.text for span in spans[6:9]},
                         {"INSERT INTO pqxx_numbers (id) VALUES ($1)"})

    def test_node_pg(self):
        spans = self.check(5, "node", paths.script("node/pg_client.js"), self.store.uri())
        self.assertEqual([span.text for span in spans], [
            "SELECT n FROM numbers WHERE id = ?",
            "SELECT n FROM numbers WHERE id = $1",
            "SELECT word FROM numbers WHERE id = $1",
            "SELECT word FROM numbers WHERE id = $1",
            "SELECT missing FROM numbers"])
        self.assert_well(spans[:4])
        self.assert_failed(spans[4], "42703")


    def test_an_encrypted_connection_is_left_alone(self):
        with stores.PostgreSQL(encrypted=True) as store:
            uri = store.uri() + "?sslmode=require"
            encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"

            def scenario(session):
                program = session.run(PSQL, "-X", "-A", "-t", "-d", uri, "-c", encrypted)
                self.assertEqual((program.wait(), program.out), (0, "t\n"), program.err)

            session = self.both(scenario)
        self.assertEqual(session.spans, [])


class SecretsTest(PostgresqlTest):
    def test_literals_are_not_recorded(self):
        statements = [
            "SELECT 'marker one'", "SELECT E'it\\'s marker two'", "SELECT $$marker three$$",
            "SELECT $tag$marker four$tag$", "SELECT 'it''s marker five' /* marker six */",
            "SELECT 1 -- marker seven", "SELECT U&'marker eight'",
            "SELECT B'101011100110101', X'1FF'",
            "SELECT 4711471147114711, 47.11471147, 47114711e3",
            "SELECT '" + "long marker " * 500 + "'",
            "SELECT 1 AS a; SELECT 'marker nine'",
            "CREATE TEMP TABLE secrets (word text)", "INSERT INTO secrets VALUES ('marker ten')",
            "CREATE ROLE temporary PASSWORD 'marker eleven'", "DROP ROLE temporary",
        ]
        session = self.both(lambda s: self.run_all(s, statements))
        self.assertEqual(len(session.spans), len(statements), session.spans.describe())
        self.assert_secret(session, "marker", "47114711", "47.11", "101011100110101", "1FF")

    def run_all(self, session, statements):
        words = [word for text in statements for word in ("-c", text)]
        program = session.run(PSQL, "-X", "-A", "-t", "-d", self.store.uri(), *words)
        self.assertEqual(program.wait(), 0, program.err)
        return program.out

    def test_values_of_parameters_are_not_recorded(self):
        text = "import psycopg2, sys\n" \
               "c = psycopg2.connect(sys.argv[1]).cursor()\n" \
               "c.execute('PREPARE p AS SELECT $1 || word FROM numbers')\n" \
               "c.execute('EXECUTE p (%s)', ('marker',))\n"

        def scenario(session):
            program = session.run("/usr/bin/python3", "-c", text, self.store.uri(), name="client")
            return program.wait(), program.out, program.err

        session = self.both(scenario)
        self.assert_words(self.calls(session.spans, "client"), "BEGIN PREPARE EXECUTE")
        self.assert_secret(session, "marker")

    def test_a_password_is_not_recorded(self):
        # Not on the command line, which everybody may read.
        def scenario(session):
            program = session.start(PSQL, "-X", "-A", "-t", "-d", self.store.uri(user="guarded"),
                                    "-c", "SELECT count(*) FROM numbers", "-c",
                                    "SELECT pg_sleep(0.5)", name="client",
                                    environment={"PGPASSWORD": self.store.PASSWORD})
            if session.traced and session.collector:
                session.wait_for_spans(1)
                self.assert_not_in_segments(session, self.store.PASSWORD)
            return program.wait(), program.out

        session = self.both(scenario)
        self.assert_words(self.calls(session.spans, "client"), "SELECT SELECT")
        self.assert_secret(session, self.store.PASSWORD)


if __name__ == "__main__":
    main()
