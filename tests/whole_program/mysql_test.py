"""Unmodified clients of MariaDB: what they get is the same, each statement is a span."""

import re

from harness import StoreTest, main, paths, stores, tally
from harness.waiting import eventually


class MariadbTest(StoreTest):
    SYSTEM = "mariadb"

    def setUp(self):
        self.store = stores.shared(stores.MariaDB)

    def check(self, *command, **options):
        """Runs the client; its calls, which are as many as the server itself counts."""
        counted = {}

        def scenario(session):
            mark = self.store.mark()
            program = session.run(*command, name="client", **options)
            self.assertEqual(program.wait(), 0, program.err)
            counted[session.traced] = self.store.statements_since(mark)
            return program.out, program.err, counted[session.traced]

        self.session = self.both(scenario)
        spans = self.calls(self.session.spans, "client")
        run = [text for kind, text in counted[True] if kind != "Prepare"]
        self.assertEqual(len(spans), len(run), f"{run}\n{spans.describe()}")
        return spans

    def client(self, *statements, user="tester", host=True, **options):
        where = (["-h127.0.0.1", f"-P{self.store.port}"] if host
                 else [f"--socket={self.store.socket}"])
        return self.check("mariadb", "--no-defaults", *where, f"-u{user}", "--batch", "--force",
                          "shop", stdin=(";\n".join(statements) + ";\n").encode(), **options)


class ClientsTest(MariadbTest):
    def test_mariadb_client(self):
        (span,) = self.client("SELECT n FROM numbers WHERE id = 7 AND word <> 'marker'")
        self.assert_well([span])
        self.assert_peer(span, self.store)
        self.assert_root(span)
        self.assertEqual((span.name, span.summary), ("SELECT numbers", "SELECT numbers"))
        self.assertEqual(span.text, "SELECT n FROM numbers WHERE id = ? AND word <> ?")
        self.assertEqual(span["db.namespace"], "shop")

    def test_over_a_unix_socket(self):
        (span,) = self.client("SELECT n FROM numbers", host=False)
        self.assertEqual((span.summary, span["db.namespace"]), ("SELECT numbers", "shop"))

    def test_another_database(self):
        spans = self.client("SELECT 1", "USE information_schema", "SELECT 2")
        # The client asks where it is before it goes elsewhere.
        self.assertEqual([span["db.namespace"] for span in spans],
                         ["shop", "shop", "shop", "information_schema"])
        self.assert_well(spans)

    def test_results_that_are_large(self):
        spans = self.client("SELECT repeat('x', 100000) FROM numbers", "SELECT 1")
        self.assert_words(spans, "SELECT SELECT")
        self.assert_well(spans)

    def test_a_procedure_with_several_results(self):
        self.store.sql("DELIMITER //\nCREATE OR REPLACE PROCEDURE many() BEGIN SELECT 1; SELECT 2; "
                       "SELECT 3; END//")
        program = [f"-P{self.store.port}", "-utester", "shop", "-e", "CALL many(); SELECT 4"]

        def scenario(session):
            client = session.run("mariadb", "--no-defaults", "-h127.0.0.1", *program, name="client")
            return client.wait(), client.out, client.err

        spans = self.calls(self.both(scenario).spans, "client")
        self.assert_words(spans, "CALL SELECT")
        self.assert_well(spans)

    def test_a_file_that_is_loaded(self):
        path = f"{self.store.directory}/words"
        with open(path, "w") as file:
            file.write("1\tmarker\n2\tmarker\n" * 1000)
        spans = self.client("CREATE TEMPORARY TABLE words (id int, word varchar(20))",
                            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE words",
                            "SELECT count(*) FROM words")
        self.assert_words(spans, "CREATE LOAD SELECT")
        self.assert_well(spans)
        self.assert_secret(self.session, "marker")

    def test_a_compressed_connection_is_left_alone(self):
        def scenario(session):
            program = session.run("mariadb", "--no-defaults", "-h127.0.0.1", "--compress",
                                  f"-P{self.store.port}", "-utester", "shop", "-e",
                                  "SELECT repeat('x', 1000) FROM numbers; SELECT 'marker'")
            return program.wait(), program.out, program.err

        self.assertEqual(self.both(scenario).spans, [])

    def test_pymysql(self):
        spans = self.check("/usr/bin/python3", paths.script("python/pymysql_client.py"),
                           self.store.port)
        self.assert_words(spans, "SET SELECT CREATE INSERT INSERT SELECT COMMIT")
        self.assert_failed(spans[4], "1062", "ER_DUP_ENTRY")
        self.assert_well(spans[:4] + spans[5:])
        self.assertEqual(spans[3].text, "INSERT INTO words VALUES (?),(?),(?)")

    def test_node_mysql2(self):
        spans = self.check("node", paths.script("node/mysql2_client.js"), self.store.port)
        self.assertEqual([span.text for span in spans], [
            "SELECT n FROM numbers WHERE id = ?", "SELECT word FROM numbers WHERE id = ?",
            "SELECT word FROM numbers WHERE id = ?", "SELECT missing FROM numbers"])
        self.assert_well(spans[:3])
        self.assert_failed(spans[3], "1054")

    def test_libmariadb_with_prepared_statements(self):
        spans = self.check(paths.app("mariadb_client"), "--port", self.store.port, "--user",
                           "tester", "--count", 20)
        self.assertEqual(tally(spans, "text"), {
            "SELECT n FROM numbers WHERE id = ?": 1,
            "SELECT n, word FROM numbers WHERE id = ?": 20})
        self.assert_well(spans)


class ErrorsTest(MariadbTest):
    def test_a_syntax_error(self):
        spans = self.client("SELECT 1", "SELEC 'marker'", "SELECT 2")
        self.assert_failed(spans[1], "1064", "ER_PARSE_ERROR")
        self.assert_well([spans[0], spans[2]])
        self.assert_secret(self.session, "marker")

    def test_a_duplicate_key(self):
        (span,) = self.client("INSERT INTO numbers VALUES (1, 1, 'marker')")
        self.assert_failed(span, "1062", "ER_DUP_ENTRY")
        self.assertEqual(span.summary, "INSERT numbers")

    def test_a_wrong_password(self):
        def scenario(session):
            program = session.run("mariadb", "--no-defaults", "-h127.0.0.1",
                                  f"-P{self.store.port}", "-uguarded", "shop", "-e", "SELECT 1",
                                  environment={"MYSQL_PWD": "wrong-marker"}, name="client")
            return program.wait(), program.out, program.err

        session = self.both(scenario)
        (span,) = self.calls(session.spans, "client")
        self.assert_failed(span, "1045", "ER_ACCESS_DENIED_ERROR")
        self.assert_peer(span, self.store)
        self.assert_secret(session, "wrong-marker")

    def test_a_server_that_is_killed(self):
        def scenario(session):
            with stores.MariaDB() as store:
                program = session.start("mariadb", "--no-defaults", "-h127.0.0.1",
                                        f"-P{store.port}", "-utester", "-e", "SELECT sleep(20)",
                                        name="client")
                eventually(lambda: "sleep" in store.sql(
                    "SELECT info FROM information_schema.processlist WHERE user = 'tester' "
                    "AND info LIKE '%sleep(20)' AND state LIKE 'User sleep%'"), "the statement")
                store.subject.discard()
                return program.wait(), program.out, program.err

        session = self.both(scenario)
        (span,) = self.calls(session.spans, "client")
        self.assertEqual((span.text, span.status, span.error_code),
                         ("SELECT sleep(?)", "ERROR", None))


class SecretsTest(MariadbTest):
    def test_literals_are_not_recorded(self):
        self.client("SELECT 'marker one'", "SELECT \"marker two\"", "SELECT 'it\\'s marker three'",
                    "SELECT 'it''s marker four' /* marker five */", "SELECT 1 # marker six\n",
                    "SELECT x'1FF0', 0x1FF1, b'101011100110101'",
                    "SELECT 4711471147114711, 47.11471147e2",
                    "CREATE OR REPLACE USER other IDENTIFIED BY 'marker seven'", "DROP USER other",
                    "SET @variable = 'marker eight'")
        self.assert_secret(self.session, "marker", "1FF", "47114711", "47.11",
                           "101011100110101")

    def test_a_password_is_not_recorded(self):
        password = self.store.PASSWORD

        def scenario(session):
            program = session.start("mariadb", "--no-defaults", "-h127.0.0.1",
                                    f"-P{self.store.port}", "-uguarded", "shop", "-e",
                                    "SELECT 1; SELECT sleep(0.5)",
                                    environment={"MYSQL_PWD": password}, name="client")
            if session.traced and session.collector:
                session.wait_for_spans(1)
                self.assert_not_in_segments(session, password)
            return program.wait(), program.out, program.err

        session = self.both(scenario)
        self.assert_words(self.calls(session.spans, "client"), "SELECT SELECT")
        self.assert_secret(session, password)


class SlapTest(MariadbTest):
    """As many spans as mysqlslap says that it has run statements."""

    def check_slap(self, clients, queries):
        reported = {}

        def scenario(session):
            mark = self.store.mark()
            program = session.run(
                "mariadb-slap", "--no-defaults", "-h127.0.0.1", f"-P{self.store.port}", "-utester",
                "--create-schema=shop", "--no-drop", f"--number-of-queries={queries}",
                f"--concurrency={clients}", "--delimiter=;",
                "--query=SELECT n FROM numbers WHERE id = 7; UPDATE numbers SET n = n WHERE id = 8",
                name="slap", deadline=60)
            self.assertEqual(program.wait(), 0, program.err)
            facts = [int(n) for n in re.findall(r"(?:running queries|per client): (\d+)",
                                                program.out)]
            reported[session.traced] = facts
            return facts, sorted(self.store.statements_since(mark))

        session = self.both(scenario)
        running, each = reported[True]
        self.assertEqual(running, clients)
        spans = self.calls(session.spans, "slap")
        self.assertEqual(len(spans), running * each, tally(spans, "text"))
        self.assertEqual(tally(spans, "summary"),
                         {"SELECT numbers": queries // 2, "UPDATE numbers": queries // 2})
        self.assert_well(spans)

    def test_one_client(self):
        self.check_slap(1, 200)

    def test_64_clients(self):
        self.check_slap(64, 1280)


if __name__ == "__main__":
    main()
