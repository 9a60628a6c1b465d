"""The collector's own web server, asked as a browser would."""

import http.client
import json
import os
import tempfile
import urllib.parse

from harness.waiting import eventually


def environment(folder=None):
    """For a collector that keeps its traces in a file of `folder` and shows them on a free port."""
    folder = folder or tempfile.mkdtemp(prefix="seamtrace-store-")
    return {"OTEL_TRACES_EXPORTER": "store",
            "SEAMTRACE_STORE": os.path.join(folder, "traces.db"),
            "SEAMTRACE_VIEWER": "127.0.0.1:0"}


class Viewer:
    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)

    @classmethod
    def of(cls, session):
        """The one that the session's collector announced."""
        def announced():
            for line in session.collector.err.splitlines():
                if "look at the traces" in line:
                    return line.rpartition(" ")[2]
            return None
        return cls(eventually(announced, "the viewer's address"))

    def request(self, path, method="GET", headers=None, body=None):
        """(status, headers, body) of one request."""
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def ask(self, question, **parameters):
        """The answer to a question of docs/query_api.md."""
        query = urllib.parse.urlencode(parameters)
        status, _, body = self.request(f"/api/v1/{question}" + (f"?{query}" if query else ""))
        if status != 200:
            raise AssertionError(f"{question} {parameters}: {status} {body.decode()}")
        return json.loads(body)

    def traces(self, count=None, **parameters):
        """Traces that match; waits for `count` of them."""
        parameters.setdefault("limit", 2000)
        if count is None:
            return self.ask("traces", **parameters)["traces"]

        def enough():
            found = self.ask("traces", **parameters)["traces"]
            return found if len(found) >= count else None
        return eventually(enough, f"{count} traces")

    def set(self, pid, **wish):
        status, _, body = self.request(f"/api/v1/processes/{pid}", "POST",
                                       {"Content-Type": "application/json"}, json.dumps(wish))
        return status, json.loads(body)
