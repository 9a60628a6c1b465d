"""The OTLP receiver: one for the test program, with a session for each test."""

import atexit
import http.client
import itertools
import json
import pathlib
import shutil
import tempfile

from harness import paths
from harness.subject import Subject

_receiver = None
_numbers = itertools.count(1)


class _Receiver:
    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="seamtrace-receiver-"))
        self.subject = Subject(["node", paths.RECEIVER, self.directory], None, "receiver",
                               stdin=b"")
        self.port = self.subject.port

    def close(self):
        self.subject.discard()
        shutil.rmtree(self.directory, ignore_errors=True)


class Inbox:
    """What the receiver got under one endpoint."""

    def __init__(self):
        global _receiver
        if _receiver is None:
            _receiver = _Receiver()
            atexit.register(_receiver.close)
        self._receiver = _receiver
        self._name = f"s{next(_numbers)}"
        self._parsed = {}
        self.endpoint = f"http://127.0.0.1:{_receiver.port}/{self._name}"

    def behave(self, *answers):
        """How the next requests are answered; see receiver.js."""
        connection = http.client.HTTPConnection("127.0.0.1", self._receiver.port)
        connection.request("PUT", f"/behave/{self._name}", json.dumps(answers))
        assert connection.getresponse().status == 200
        connection.close()

    def spans(self):
        return self._read("spans")

    def requests(self):
        return self._read("requests")

    def _read(self, kind):
        """All objects so far; each line is parsed once, and only when it is whole."""
        objects, position = self._parsed.get(kind, ([], 0))
        file = self._receiver.directory / f"{self._name}.{kind}"
        if file.exists():
            with open(file, "rb") as stream:
                stream.seek(position)
                new = stream.read()
            whole = new[:new.rfind(b"\n") + 1]
            objects = objects + [json.loads(line) for line in whole.splitlines()]
            self._parsed[kind] = objects, position + len(whole)
        return objects
