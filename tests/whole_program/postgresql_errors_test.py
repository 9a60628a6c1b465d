"""What goes wrong with PostgreSQL shows up as what it is, and the program sees it as ever."""

import os
import re
import signal

from harness import StoreTest, main, stores
from harness.waiting import accepts, eventually, free_port

PSQL = f"{stores.PostgreSQL.PROGRAMS}/psql"


class ErrorsTest(StoreTest):
    SYSTEM = "postgresql"

    def setUp(self):
        self.store = stores.shared(stores.PostgreSQL)

    def psql(self, session, *statements, uri=None):
        words = [word for text in statements for word in ("-c", text)]
        return session.start(PSQL, "-X", "-A", "-t", "-d", uri or self.store.uri(), *words,
                             name="client")

    def ended(self, program):
        """What the world sees of it; process ids and ports differ."""
        return program.wait(), program.out, re.sub(r"\d{4,}", "N", program.err)

    def check(self, *statements, **options):
        session = self.both(lambda s: self.ended(self.psql(s, *statements, **options)))
        return self.calls(session.spans, "client")

    def test_a_syntax_error(self):
        good, bad, after = self.check("SELECT 1", "SELEC 'marker'", "SELECT 2")
        self.assert_failed(bad, "42601", "syntax_error")
        self.assert_well([good, after])

    def test_a_unique_violation(self):
        (span,) = self.check("INSERT INTO numbers VALUES (1, 1, 'marker')")
        self.assert_failed(span, "23505", "unique_violation")
        self.assertEqual(span.summary, "INSERT numbers")
        self.assertNotIn("marker", str(span.raw))

    def test_a_notice_is_no_error(self):
        (span,) = self.check("DROP TABLE IF EXISTS nothing_there")
        self.assert_well([span])

    def test_an_error_within_a_batch(self):
        (span,) = self.check("SELECT 1; SELECT 1 / 0; SELECT 3")
        self.assert_failed(span, "22012", "division_by_zero")

    def test_a_statement_timeout(self):
        setting, sleeping, after = self.check("SET statement_timeout = 50", "SELECT pg_sleep(20)",
                                              "SELECT 1")
        self.assert_failed(sleeping, "57014", "query_canceled")
        self.assertGreaterEqual(sleeping.end - sleeping.start, 50_000_000)
        self.assert_well([setting, after])

    def test_a_statement_that_is_cancelled(self):
        def scenario(session):
            program = self.psql(session, "SELECT pg_sleep(20)")
            self.wait_for_sleep()
            program.send_signal(signal.SIGINT)
            return self.ended(program)

        session = self.both(scenario)
        spans = session.spans.where(service="client")
        # The request to cancel goes over a connection of its own, and nothing comes back.
        (span,) = [span for span in spans if span.text]
        self.assert_failed(span, "57014", "query_canceled")

    def test_a_backend_that_is_terminated(self):
        def scenario(session):
            program = self.psql(session, "SELECT 1", "SELECT pg_sleep(20)")
            self.wait_for_sleep()
            self.store.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                           "WHERE query = 'SELECT pg_sleep(20)' AND pid <> pg_backend_pid()")
            return self.ended(program)

        before, span = self.calls(self.both(scenario).spans, "client")
        self.assert_well([before])
        self.assert_failed(span, "57P01", "admin_shutdown")

    def wait_for_sleep(self, store=None):
        eventually(lambda: (store or self.store).sql(
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(20)' "
            "AND state = 'active'").strip() == "1", "the statement to run")

    def test_a_server_that_is_killed(self):
        for victim in ("backend", "server"):
            with self.subTest(victim), stores.PostgreSQL() as store:
                session = self.both(lambda s, v=victim, st=store: self.kill(s, v, st))
                before, span = self.calls(session.spans, "client")
                self.assert_well([before])
                self.assertEqual((span.text, span.status, span.error_code),
                                 ("SELECT pg_sleep(?)", "ERROR", None), repr(span))
                self.assertTrue(span["error.type"], repr(span))

    def kill(self, session, victim, store):
        """Kills the process that runs a statement, or all of the server."""
        program = self.psql(session, "SELECT 1", "SELECT pg_sleep(20)", uri=store.uri())
        self.wait_for_sleep(store)
        backend = int(store.sql("SELECT pid FROM pg_stat_activity "
                                "WHERE query = 'SELECT pg_sleep(20)'"))
        if victim == "server":
            store.subject.send_signal(signal.SIGKILL)
            store.subject.process.wait()
        os.kill(backend, signal.SIGKILL)
        result = self.ended(program)
        if victim == "server":
            store.restart()
        else:
            store.wait()
        return result

    def test_a_restart_between_statements(self):
        """The first statement over the old connection fails, the one over a new one does not."""
        text = """
import psycopg2, sys
connection = psycopg2.connect(sys.argv[1])
connection.autocommit = True
connection.cursor().execute("SELECT 1")
print("first", flush=True)
sys.stdin.readline()
try:
    connection.cursor().execute("SELECT 2")
except psycopg2.Error as error:
    print(type(error).__name__, flush=True)
connection = psycopg2.connect(sys.argv[1])
connection.cursor().execute("SELECT 3")
"""

        def scenario(session):
            with stores.PostgreSQL() as store:
                program = session.start("/usr/bin/python3", "-c", text, store.uri(), stdin=b"",
                                        name="client")
                eventually(lambda: "first" in program.out, "the first statement")
                store.restart()
                program.say("go on")
                return self.ended(program)

        spans = self.calls(self.both(scenario).spans, "client")
        self.assert_words(spans, "SELECT SELECT BEGIN SELECT")
        self.assert_well([spans[0], *spans[2:]])
        self.assertEqual(spans[1].status, "ERROR")

    def test_a_wrong_password(self):
        uri = self.store.uri(user="guarded", password="wrong-marker")
        (span,) = self.check(uri=uri)
        self.assert_failed(span, "28P01", "invalid_password")
        self.assert_peer(span, self.store)
        self.assertEqual(span.text, None)
        self.assertNotIn("wrong-marker", str(span.raw))

    def test_a_database_that_is_not_there(self):
        (span,) = self.check(uri=self.store.uri("nowhere"))
        self.assert_failed(span, "3D000", "invalid_catalog_name")

    def test_nobody_listens_at_a_port_that_is_known(self):
        """No byte was exchanged: what was to be spoken is told by the port alone."""
        address = "127.7.7.7"
        if accepts(5432, address):
            self.skipTest(f"somebody listens on {address}:5432")
        (span,) = self.check(uri=f"postgresql://postgres@{address}:5432/shop?sslmode=disable")
        self.assertEqual((span.status, span["error.type"]), ("ERROR", "connection_refused"))
        self.assertEqual((span["server.address"], span["network.peer.port"]), (address, 5432))

    def test_nobody_listens_at_another_port(self):
        """Nobody knows what was to be spoken: it is no call to a data store."""
        port = free_port()
        session = self.both(lambda s: self.ended(self.psql(
            s, "SELECT 1", uri=f"postgresql://postgres@127.0.0.1:{port}/shop")))
        self.assertEqual(session.spans, [])


if __name__ == "__main__":
    main()
