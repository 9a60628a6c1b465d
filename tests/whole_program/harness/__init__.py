"""The harness of the whole-program tests.

A test runs its scenario twice, without and with Seamtrace, compares what the world saw, and then
looks at the spans that an OTLP receiver got. `case.py` is what tests use; the rest serves it.
"""

from harness.case import SessionTest, main
from harness.spans import Spans
from harness.store_case import StoreTest, tally

__all__ = ["SessionTest", "Spans", "StoreTest", "main", "tally"]
