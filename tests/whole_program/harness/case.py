"""SessionTest: what every whole-program test is; main: how its file is run."""

import os
import sys
import time
import unittest

from harness.session import Traced, Untraced

SKIPPED = 77  # for ctest
# `baseline` checks the tests themselves: every scenario runs twice as it is, nothing is traced.
# `bytes` compares with a traced run, without a collector, and looks at no span.
ONLY = os.environ.get("SEAMTRACE_TEST_ONLY", "")


class SessionTest(unittest.TestCase):
    maxDiff = 4000

    def untraced(self, **options):
        return self._opened(Untraced(**options))

    def traced(self, **options):
        if ONLY:
            self.skipTest(f"{ONLY} only")
        return self._opened(Traced(**options))

    def _opened(self, session):
        self.addCleanup(session.close)
        return session

    def both(self, scenario, **options):
        """Runs scenario(session) without and with Seamtrace. What it returns is what the world
        sees: it must be the same. The traced session, finished, with `spans` to look at."""
        plain = self.untraced()
        expected = scenario(plain)
        plain.close()
        if ONLY:
            options["collector"] = False
            self._opened(again := Traced(**options) if ONLY == "bytes" else Untraced())
            self.assertEqual(expected, scenario(again), f"{ONLY}: not the same")
            self.skipTest(f"{ONLY} only")
        session = self.traced(**options)
        actual = scenario(session)
        session.finish()
        self.assertEqual(expected, actual, "the program behaves differently when it is traced")
        return session

    def assert_child(self, child, parent):
        """`child` was caused by `parent`."""
        self.assertEqual(child.trace_id, parent.trace_id, f"{child} is in another trace: {parent}")
        self.assertEqual(child.parent_id, parent.span_id, f"{child} is not a child of {parent}")
        self.assertLessEqual(parent.start, child.start,
                             f"{child} begins before its parent {parent}")

    def assert_root(self, span):
        self.assertEqual(span.parent_id, "", f"{span} has a parent")

    def assert_chain(self, spans, path, *services):
        """The requests for `path` went from service to service: client and server spans in turn,
        each the child of the one before. Returns them in order."""
        chain = []
        for number, service in enumerate(services):
            if number > 0:
                chain.append(spans.only(kind="CLIENT", service=services[number - 1], path=path))
            chain.append(spans.only(kind="SERVER", service=service, path=path))
        for parent, child in zip(chain, chain[1:]):
            self.assert_child(child, parent)
        return chain

    def assert_no_wrong_parent(self, spans):
        """Right or none, never wrong: see Spans.check_tokens."""
        counts, wrong = spans.check_tokens()
        self.assertEqual(wrong, [], f"{counts}")
        return counts


class _Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self._started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        if (seconds := time.monotonic() - self._started) > 3:
            self.stream.writeln(f"{test.id()} took {seconds:.1f} s")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.stream.writeln(f"SKIPPED {test.id()}: {reason}")


def main():
    """Runs the file's tests. A skipped test is never counted as passed: the exit code says so."""
    runner = unittest.TextTestRunner(verbosity=2, resultclass=_Result)
    program = unittest.main(module="__main__", testRunner=runner, exit=False)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == 0:
        print("no test was run")
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped else 0)
