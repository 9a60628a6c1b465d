"""As many spans as pgbench says that it has run statements, each what it says it is."""

import re

from harness import StoreTest, main, stores, tally

TWO_STATEMENTS = """\\set id random(1, 100)
SELECT n FROM numbers WHERE id = :id;
UPDATE numbers SET word = 'w' WHERE id = :id;
"""
TRANSACTION = """\\set id random(1, 100)
BEGIN;
SELECT n FROM numbers WHERE id = :id;
END;
"""
PIPELINE = """\\set id random(1, 100)
\\startpipeline
SELECT n FROM numbers WHERE id = :id;
SELECT word FROM numbers WHERE id = :id;
SELECT id FROM numbers WHERE id = :id;
\\endpipeline
"""
BATCH = """\\set id random(1, 100)
SELECT n FROM numbers WHERE id = :id \\; SELECT word FROM numbers WHERE id = :id;
"""


class PgbenchTest(StoreTest):
    SYSTEM = "postgresql"

    def setUp(self):
        self.store = stores.shared(stores.PostgreSQL)

    def run_pgbench(self, session, script, mode, clients, transactions):
        path = f"{session.directory()}/script.sql"
        with open(path, "w") as file:
            file.write(script)
        program = session.run(
            f"{self.store.PROGRAMS}/pgbench", "--no-vacuum", "-M", mode, "-c", clients, "-j",
            min(clients, 2), "-t", transactions, "-f", path, self.store.uri(), name="pgbench",
            deadline=60)
        self.assertEqual(program.wait(), 0, program.err)
        found = re.search(r"actually processed: (\d+)/(\d+)", program.out)
        failed = re.search(r"number of failed transactions: (\d+)", program.out)
        return int(found[1]), int(found[2]), int(failed[1])

    def check(self, script, mode, clients, transactions, summaries):
        """summaries: those of the statements of one transaction."""
        counts = []

        def scenario(session):
            mark = self.store.mark()
            result = self.run_pgbench(session, script, mode, clients, transactions)
            counts.append(self.store.statements_since(mark))
            return result

        session = self.both(scenario)
        processed = clients * transactions
        spans = self.calls(session.spans, "pgbench")
        self.assertEqual(tally(spans, "summary"),
                         {name: summaries.count(name) * processed for name in summaries})
        self.assertEqual(counts, [len(summaries) * processed] * 2)
        self.assert_well(spans)
        for span in spans:
            self.assert_root(span)
            self.assertEqual(span["db.namespace"], "shop")
        return spans

    def check_two(self, mode, clients, transactions):
        spans = self.check(TWO_STATEMENTS, mode, clients, transactions,
                           ["SELECT numbers", "UPDATE numbers"])
        # The conventions leave text alone whose values are sent apart from it.
        word, number = ("?", "?") if mode == "simple" else ("'w'", "$1")
        self.assertEqual(set(tally(spans, "text")), {
            f"SELECT n FROM numbers WHERE id = {number};",
            f"UPDATE numbers SET word = {word} WHERE id = {number};"})

    def test_simple_with_one_client(self):
        self.check_two("simple", 1, 200)

    def test_extended_with_one_client(self):
        self.check_two("extended", 1, 200)

    def test_prepared_with_one_client(self):
        self.check_two("prepared", 1, 200)

    def test_simple_with_64_clients(self):
        self.check_two("simple", 64, 8)

    def test_extended_with_64_clients(self):
        self.check_two("extended", 64, 8)

    def test_prepared_with_64_clients(self):
        self.check_two("prepared", 64, 8)

    def test_transactions(self):
        for mode in ("simple", "prepared"):
            with self.subTest(mode):
                self.check(TRANSACTION, mode, 4, 20, ["BEGIN", "SELECT numbers", "END"])

    def test_pipelines(self):
        for mode in ("extended", "prepared"):
            with self.subTest(mode):
                self.check(PIPELINE, mode, 8, 20, ["SELECT numbers"] * 3)

    def test_several_statements_in_one_message(self):
        """One message is one call."""

        def scenario(session):
            return self.run_pgbench(session, BATCH, "simple", 8, 20)

        spans = self.calls(self.both(scenario).spans, "pgbench")
        self.assertEqual(len(spans), 8 * 20)
        self.assertEqual({span["db.operation.batch.size"] for span in spans}, {2})
        self.assert_well(spans)


if __name__ == "__main__":
    main()
