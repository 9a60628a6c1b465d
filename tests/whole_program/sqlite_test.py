"""SQLite through its library: each execution of a statement is a span, not each step of it."""

from harness import StoreTest, main, paths


class SqliteTest(StoreTest):
    SYSTEM = "sqlite"

    def check(self, *command):
        """Runs the client on a new database; its calls."""
        files = {}

        def scenario(session):
            path = files[session.traced] = f"{session.directory()}/numbers.db"
            program = session.run(*command, path, name="client")
            return program.wait(), program.out, program.err

        session = self.both(scenario)
        spans = self.calls(session.spans, "client")
        for span in spans:
            self.assertTrue(files[True].endswith(span["db.namespace"] or "nothing"), repr(span))
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


if __name__ == "__main__":
    main()
