"""SQLite through its library: each execution of a statement is a span, not each step of it."""

import collections
import concurrent.futures

from harness import StoreTest, main, paths, wire
from harness.spans import Spans


class SqliteTest(StoreTest):
    SYSTEM = "sqlite"

    def run_client(self, *command, **options):
        """Runs the client on a new database: the session, and the file."""
        files = {}

        def scenario(session):
            path = files[session.traced] = f"{session.directory()}/numbers.db"
            program = session.run(*command, path, name="client")
            return program.wait(), program.out, program.err.replace(path, "PATH")

        return self.both(scenario, **options), files[True]

    def work(self, name, *more, **options):
        """Runs that work of sqlite_workload; its calls."""
        session, path = self.run_client(paths.app("sqlite_workload"), "--work", name, *more,
                                        "--file", **options)
        spans = self.calls(session.spans, "client")
        for span in spans:
            self.assertIn(span["db.namespace"], (path, None), repr(span))
        return spans

    def check(self, *command):
        """Runs the client on a new database; its calls."""
        session, path = self.run_client(*command)
        spans = self.calls(session.spans, "client")
        for span in spans:
            self.assertTrue(path.endswith(span["db.namespace"] or "nothing"), repr(span))
            self.assert_root(span)
        self.assert_secret(session, "marker")
        return spans

    def test_from_cpp(self):
        spans = self.check(paths.app("sqlite_client"), "--file")
        self.assert_words(spans, "CREATE INSERT SELECT SELECT INSERT SELEC UPDATE SELECT")
        self.assert_well(spans[:4] + spans[6:])
        self.assertEqual([span.text for span in spans[2:4]],
                         ["SELECT word FROM numbers WHERE id >= ?"] * 2)
        self.assertEqual((spans[4].status, spans[5].status), ("ERROR", "ERROR"))
        self.assertEqual(spans[2].summary, "SELECT numbers")

    def test_from_python(self):
        spans = self.check("/usr/bin/python3", paths.script("python/sqlite_client.py"))
        self.assert_words(spans, "CREATE BEGIN INSERT INSERT INSERT COMMIT SELECT BEGIN INSERT "
                                 "ROLLBACK SELECT")
        self.assertEqual(spans[8].status, "ERROR")
        self.assert_well(spans[:8] + spans[9:])
        self.assertEqual(spans[10].text, "SELECT count(*) FROM numbers WHERE word <> ?")

    def test_threads(self):
        """Each has a connection of its own, and all share one."""
        spans = self.work("threads", "--threads", 8)
        self.assert_well(spans)
        self.assertEqual(collections.Counter(span.text.split(" (")[0] for span in spans), {
            "CREATE TABLE t": 1, "INSERT INTO t VALUES": 1,
            "SELECT b FROM t WHERE a >= ?": 8 * 50, "SELECT a FROM t WHERE b >= ?": 8 * 50})

    def test_what_the_library_runs_by_itself(self):
        spans = self.work("nested")
        self.assert_well(spans)
        # get_table's two statements are the program's; functions of SQL, triggers, full-text
        # indexes, blobs and the schema are not.
        self.assert_words(spans, "CREATE CREATE CREATE INSERT CREATE INSERT SELECT SELECT SELECT "
                                 "SELECT")
        self.assertEqual([span.text for span in spans[6:]],
                         ["SELECT count(*) FROM words WHERE words MATCH ?",
                          "SELECT counts() FROM t", "SELECT * FROM log;", "SELECT ?"])

    def test_statements_left_in_the_middle_of_their_rows(self):
        late, between, never = self.work("unfinished")[2:]
        self.assert_well([late, between])
        self.assertEqual([late.text, between.text], ["SELECT a FROM t", "SELECT count(*) FROM t"])
        # It is finalized after that one; it ended before.
        self.assertLessEqual(late.end, between.start)
        # Which of them depends on whether the collector was there in time.
        self.assertIn(never["error.type"], ("process_exit", "process_died"), repr(never))

    def test_a_connection_used_across_fork(self):
        spans = self.work("fork")
        self.assert_well(spans)
        begun, *own = spans
        self.assertEqual(begun.text, "SELECT ? UNION ALL SELECT ? UNION ALL SELECT ?")
        self.assertEqual([span.text for span in own], ["SELECT ?"] * 2)
        pids = [span.resource["process.pid"] for span in own]
        self.assertEqual(len(set(pids)), 2)
        self.assertIn(begun.resource["process.pid"], pids)

    def test_errors(self):
        spans = self.work("errors")
        self.assert_well(spans[:2])
        for span, code in zip(spans[2:7], ("2067", "1555", "1299", "1", "1")):
            self.assert_failed(span, code)
        self.assertEqual([span.text for span in spans[5:7]],
                         ["SELECT nothing FROM t", "SELEC ?"])
        self.assert_words(Spans(spans[7:]), "BEGIN BEGIN ROLLBACK BEGIN")
        self.assert_failed(spans[8], "5")
        self.assert_well([spans[7], *spans[9:]])

    def test_callbacks_of_exec(self):
        spans = self.work("callback")
        self.assert_well(spans)
        self.assert_words(spans, " ".join(["SELECT"] * 5))

    def test_rows_if_they_are_wanted(self):
        session, _ = self.run_client(paths.app("sqlite_client"), "--file", collector_environment={
            "SEAMTRACE_DATABASE_ROWS": "true"})
        spans = self.calls(session.spans, "client")
        self.assertEqual([span["db.response.returned_rows"] for span in spans],
                         [None, None, 3, 2, None, None, None, 1])

    def test_switched_off(self):
        session, _ = self.run_client(paths.app("sqlite_client"), "--file",
                                     OTEL_CPP_DISABLED_INSTRUMENTATIONS="sqlite")
        self.assertEqual(session.spans, [])

    def test_two_copies_of_the_library(self):
        """Each statement meets the copy that made it, whichever was there first."""
        for order in ("pm", "mp", "mpmp"):
            with self.subTest(order):
                def scenario(session, order=order):
                    program = session.run("/usr/bin/python3",
                                          paths.script("python/two_sqlites.py"),
                                          paths.app("sqlite_module.so"), order, name="client")
                    self.assertEqual(program.wait(), 0, program.err)
                    return program.out

                session = self.both(scenario)
                spans = self.calls(session.spans, "client")
                self.assert_well(spans)
                words = {"p": "CREATE BEGIN INSERT SELECT", "m": "CREATE INSERT SELECT"}
                self.assert_words(spans, " ".join(words[letter] for letter in order))

    def test_a_request_is_the_parent(self):
        def scenario(session):
            service = session.start("/usr/bin/python3", paths.script("python/sqlite_service.py"),
                                    f"{session.directory()}/shop.db", name="shop")
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                answers = list(pool.map(lambda number: wire.get(service.port, f"/item/{number}"),
                                        range(64)))
            return [answer.split(b"\r\n\r\n")[-1] for answer in answers]

        spans = self.both(scenario).spans
        servers = spans.where(kind="SERVER")
        self.assertEqual(len(servers), 64)
        selects = spans.where(kind="CLIENT", text="SELECT name FROM items WHERE id = ?")
        self.assertEqual(len(selects), 64)
        self.assertEqual({span.parent_id for span in selects},
                         {span.span_id for span in servers})
        for span in selects:
            self.assert_child(span, spans.by_id()[span.parent_id])


if __name__ == "__main__":
    main()
