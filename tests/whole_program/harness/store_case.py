"""StoreTest: a whole-program test whose subjects call data stores."""

import collections
import json

from harness import segments
from harness.case import SessionTest


class StoreTest(SessionTest):
    SYSTEM = None  # the db.system.name of all calls

    def calls(self, spans, service):
        """The calls of that service to its data store, oldest first. All of its spans are such."""
        found = spans.where(service=service).in_order()
        for span in found:
            self.assertEqual((span.kind, span.system), ("CLIENT", self.SYSTEM), repr(span))
        return found

    def assert_well(self, spans):
        """None failed, none was lost on the way."""
        for span in spans:
            self.assertEqual((span.status, span["error.type"], span.error_code),
                             ("UNSET", None, None), repr(span))
            self.assertLessEqual(span.start, span.end)

    def assert_failed(self, span, code, condition=None):
        """The store refused it with that code."""
        self.assertEqual((span.status, span.error_code, span["error.type"]),
                         ("ERROR", code, code), repr(span))
        if condition:
            self.assertEqual(span.status_message, condition, repr(span))

    def assert_words(self, spans, words):
        """The first words of the statements are these, in order."""
        self.assertEqual([(span.text or span.operation or "none").split()[0].upper()
                          for span in spans], words.split(), spans.describe())

    def assert_peer(self, span, store):
        """It went to that store's port."""
        self.assertEqual((span["server.address"], span["server.port"]),
                         ("127.0.0.1", store.port), repr(span))
        self.assertEqual(span["network.peer.port"], store.port, repr(span))

    def assert_secret(self, session, *markers):
        """The markers occur in nothing that was exported, and not in shared memory."""
        received = json.dumps([span.raw for span in session.spans], ensure_ascii=False)
        for marker in markers:
            self.assertNotIn(marker, received)

    def assert_not_in_segments(self, session, *markers):
        """While the programs run: shared memory does not hold the markers."""
        if not session.traced:
            return
        for path in segments.files(session.base):
            with open(path, "rb") as file:
                contents = file.read()
            for marker in markers:
                place = contents.find(marker.encode())
                self.assertEqual(place, -1, f"{marker} is in {path}: "
                                            f"{contents[max(0, place - 200):place + 100]}")


def tally(spans, attribute="operation"):
    """How many spans there are of each."""
    return dict(collections.Counter(getattr(span, attribute) for span in spans))
