"""The package as somebody else's project finds it: install, find_package, build, run, be traced.
Needs SEAMTRACE_BUILD_DIR."""

import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest

BUILD = os.environ["SEAMTRACE_BUILD_DIR"]
HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 60  # seconds; only a failure lasts so long


class Server(http.server.BaseHTTPRequestHandler):
    traceparents = []

    def do_GET(self):
        Server.traceparents.append(self.headers.get("traceparent"))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="seamtrace-install-")
        cls.prefix = os.path.join(cls.folder, "prefix")
        cls.call("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.call("cmake", "-S", os.path.join(HERE, "consumer"), "-B", f"{cls.folder}/build",
                 f"-DCMAKE_PREFIX_PATH={cls.prefix}")
        cls.call("cmake", "--build", f"{cls.folder}/build")
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()
        shutil.rmtree(cls.folder)

    @classmethod
    def call(cls, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise AssertionError(done.stdout.decode())

    def setUp(self):
        self.base = tempfile.mkdtemp(dir=self.folder)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("OTEL_", "SEAMTRACE_", "LD_"))}
        self.environment.update(SEAMTRACE_DIR=self.base, OTEL_SERVICE_NAME="consumer",
                                OTEL_TRACES_EXPORTER="console")
        Server.traceparents.clear()

    def ask(self, target, before=(), **variables):
        """Runs the consumer; its answer, and what was said on stderr."""
        done = subprocess.run(
            [*before, f"{self.folder}/build/with_{target}", str(self.server.server_port)],
            env={**self.environment, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=LIMIT)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), done.stderr.decode()

    def spans_that_wait(self):
        """What a collector finds in shared memory."""
        collector = subprocess.Popen([f"{self.prefix}/bin/seamtrace", "collector", "--json"],
                                     env=self.environment, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE)
        collector.stderr.readline()  # it is there
        collector.terminate()
        out, _ = collector.communicate(timeout=LIMIT)
        return [json.loads(line) for line in out.splitlines()]

    def assert_traced(self, answer):
        self.assertEqual((answer["first"], answer["enabled"]), (1, 1))
        self.assertEqual(answer["status"]["service"], "consumer")
        self.assertEqual(answer["status"]["instrumentations"],
                         ["http", "postgresql", "mysql", "redis", "memcached", "sqlite"])
        self.assertEqual(answer["status"]["counters"]["client_requests"], 1)
        self.assertRegex(Server.traceparents[0], "^00-")

    def assert_untraced(self, answer):
        self.assertEqual((answer["first"], answer["enabled"]), (0, 0))
        self.assertEqual(Server.traceparents, [None])

    def test_linked_program_is_traced_without_preloading(self):
        for target in ("seamtrace", "shared"):
            with self.subTest(target):
                Server.traceparents.clear()
                answer, _ = self.ask(target)
                self.assert_traced(answer)
                span, = self.spans_that_wait()
                self.assertEqual((span["name"], span["kind"]), ("GET", "client"))
                self.assertEqual(span["resource"]["service.name"], "consumer")
                self.assertIn(span["trace_id"], Server.traceparents[0])

    def test_linked_program_can_be_switched_off(self):
        for target in ("seamtrace", "shared"):
            Server.traceparents.clear()
            self.assert_untraced(self.ask(target, OTEL_ENABLED="false")[0])

    def test_header_alone_runs_without_the_library(self):
        answer, _ = self.ask("api")
        self.assert_untraced(answer)
        self.assertEqual(answer["status"]["counters"], {})

    def test_header_alone_is_traced_by_run(self):
        answer, said = self.ask("api", before=(f"{self.prefix}/bin/seamtrace", "run", "--"))
        self.assert_traced(answer)
        self.assertIn("seamtrace: 1 span in 1 trace from 1 process, printed above", said)

    def test_shared_and_preloaded_is_traced_once(self):
        self.assert_traced_once("shared")

    def test_linked_and_preloaded_is_traced_once(self):
        self.assert_traced_once("seamtrace")

    def assert_traced_once(self, target):
        answer, said = self.ask(target, before=(f"{self.prefix}/bin/seamtrace", "run", "--"))
        self.assertEqual(answer["enabled"], 1)
        self.assertIn("seamtrace: 1 span in 1 trace from 1 process, printed above", said)

    def test_linked_program_runs_where_nothing_of_ours_is_left(self):
        hidden = self.prefix + ".hidden"
        os.rename(self.prefix, hidden)
        try:
            self.assert_traced(self.ask("seamtrace")[0])
            Server.traceparents.clear()
            self.assert_untraced(self.ask("api")[0])
        finally:
            os.rename(hidden, self.prefix)


if __name__ == "__main__":
    unittest.main(verbosity=2)
