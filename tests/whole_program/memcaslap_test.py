"""As many spans as memcaslap says that it has run commands. It writes a command in pieces, with one
call of sendmsg."""

import re

from harness import StoreTest, main, stores, tally


class MemcaslapTest(StoreTest):
    SYSTEM = "memcached"

    def setUp(self):
        self.store = stores.shared(stores.Memcached)

    def check_slap(self, *options):
        """As many spans as memcaslap says that it has run commands."""
        reported = {}

        def scenario(session):
            before = self.store.statistics()
            program = session.run("memcaslap", "-s", f"127.0.0.1:{self.store.port}", *options,
                                  name="slap", deadline=60)
            self.assertEqual(program.wait(), 0, program.err)
            facts = {name: int(n) for name, n in re.findall(r"(cmd_\w+|get_misses): (\d+)",
                                                            program.out)}
            after = self.store.statistics()
            for name in ("cmd_get", "cmd_set"):
                self.assertEqual(after[name] - before[name], facts[name])
            reported[session.traced] = facts
            return sum(facts.values())

        session = self.both(scenario)
        facts = reported[True]
        spans = self.calls(session.spans, "slap")
        self.assertEqual(tally(spans), {"get": facts["cmd_get"], "set": facts["cmd_set"]})
        self.assertEqual(sum(span["seamtrace.cache.misses"] or 0 for span in spans),
                         facts["get_misses"])
        self.assert_well(spans)

    def test_one_client(self):
        self.check_slap("-T", 1, "-c", 1, "-x", 500)

    def test_64_clients(self):
        self.check_slap("-T", 2, "-c", 64, "-x", 2000)


if __name__ == "__main__":
    main()
