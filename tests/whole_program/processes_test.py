"""Life inside somebody else's process: forks, programs that start programs, constructors, plug-ins,
signal handlers, exits."""

import os
import pathlib
import shutil
import signal

from harness import SessionTest, main, paths, wire


class ForkTest(SessionTest):
    def test_a_process_for_each_connection(self):
        def scenario(session):
            port = session.app("fork_server", "--mode", "per-connection", name="fork").port
            return [wire.get_kept(port, f"/{number}") for number in range(6)]

        spans = self.both(scenario).spans
        self.assertEqual({(s.path, s.code) for s in spans}, {(f"/{n}", 200) for n in range(6)})
        self.assertEqual(len({span.resource["process.pid"] for span in spans}), 6)
        self.assertEqual(len({span.trace_id for span in spans}), 6)

    def test_a_few_processes_that_share_the_listener(self):
        def scenario(session):
            port = session.app("fork_server", "--mode", "prefork", "--workers", 3, name="fork").port
            held = [wire.connect(port) for _ in range(3)]  # so that every worker has one
            answers = []
            for number, connection in enumerate(held):
                connection.sendall(wire.request(f"/{number}", close=False))
                answers.append(wire.read_response(connection)[0])
            for connection in held:
                connection.close()
            return answers

        spans = self.both(scenario).spans
        self.assertEqual({(s.path, s.code) for s in spans}, {(f"/{n}", 200) for n in range(3)})
        self.assertEqual(len({span.resource["process.pid"] for span in spans}), 3)

    def test_a_child_of_a_process_that_has_served_already(self):
        """The parent has its segment and live connections when it forks."""
        code = """
import os, sys, threading, urllib.request
port = sys.argv[1]
get = lambda path: urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read()
get("/parent")
for number in range(3):
    child = os.fork()
    if child == 0:
        get(f"/child{number}")
        os._exit(0)
    os.waitpid(child, 0)
get("/parent/again")
"""

        def scenario(session):
            with wire.RecordingServer() as server:
                program = session.run("/usr/bin/python3", "-c", code, server.port, name="parent")
                return program.wait(), program.err

        spans = self.both(scenario).spans
        self.assertEqual({span.path for span in spans},
                         {"/parent", "/child0", "/child1", "/child2", "/parent/again"})
        self.assertEqual(len({span.resource["process.pid"] for span in spans}), 4)
        self.assertEqual(len({span.span_id for span in spans}), 5)
        self.assertEqual(len({span.trace_id for span in spans}), 5)

    def test_vfork_and_exit_in_the_child(self):
        code = """
import ctypes, os, sys, urllib.request
port = sys.argv[1]
get = lambda path: urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read()
get("/before")
for _ in range(5):
    print(os.spawnv(os.P_WAIT, "/bin/true", ["true"]), os.system("exit 3") >> 8, flush=True)
get("/after")
"""

        def scenario(session):
            with wire.RecordingServer() as server:
                program = session.run("/usr/bin/python3", "-c", code, server.port, name="parent")
                return program.wait(), program.out, program.err

        spans = self.both(scenario).spans
        self.assertEqual({span.path for span in spans}, {"/before", "/after"})


class ExecTest(SessionTest):
    def run_command(self, path, command, **environment):
        """(spans, what the command printed) of a command that a handler runs."""

        def scenario(session):
            leaf = session.app("epoll_server", name="leaf").port
            port = session.app("thread_per_connection_server", "--command",
                               command.replace("LEAF", str(leaf)), name="front").port
            answer = wire.get_kept(port, path)
            outs.append(wire.body_of(answer).decode())
            return "" if "TRACEPARENT" in command else answer

        outs = []
        session = self.both(scenario, **environment)
        return session.spans, outs[-1]

    def test_a_program_that_a_handler_starts_is_traced_by_itself(self):
        for path in ("/run", "/spawn"):
            with self.subTest(path):
                spans, _ = self.run_command(path, "curl -s http://127.0.0.1:LEAF/leaf")
                client = spans.only(kind="CLIENT", path="/leaf")
                self.assert_root(client)
                self.assertTrue(client.resource["process.executable.name"].startswith("curl"))
                self.assertEqual(spans.only(path=path).code, 200)

    def test_the_context_is_handed_on_when_asked_for(self):
        for path in ("/run", "/spawn"):
            with self.subTest(path):
                spans, _ = self.run_command(path, "curl -s http://127.0.0.1:LEAF/leaf",
                                            SEAMTRACE_EXEC_CONTEXT="true")
                self.assert_child(spans.only(kind="CLIENT", path="/leaf"),
                                  spans.only(kind="SERVER", path=path))

    def test_the_environment_is_untouched_unasked(self):
        _, out = self.run_command("/run", "echo $TRACEPARENT.")
        self.assertEqual(out, ".\n")

    def test_a_program_that_becomes_another(self):
        """exec in the same process: what ended before is kept, the new program starts clean."""
        code = """
import os, sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/first").read()
os.execvp("curl", ["curl", "-s", f"http://127.0.0.1:{sys.argv[1]}/second"])
"""

        def scenario(session):
            with wire.RecordingServer() as server:
                program = session.run("/usr/bin/python3", "-c", code, server.port, name="program")
                return program.wait(), program.out

        spans = self.both(scenario).spans
        self.assertEqual({(s.path, s.code) for s in spans}, {("/first", 200), ("/second", 200)})


class PlacesTest(SessionTest):
    """Calls from wherever a program may make them."""

    def client(self, start):
        def scenario(session):
            port = session.app("epoll_server", name="leaf").port
            program = start(session, port)
            return program.wait(), program.out, program.err

        return self.both(scenario).spans.clients

    def test_constructors_and_destructors(self):
        spans = self.client(lambda s, port: s.app("early_io_client", environment={
            "SUBJECT_PORT": str(port)}))
        self.assertEqual({(s.path, s.code) for s in spans},
                         {("/constructor", 200), ("/main", 200), ("/destructor", 200)})

    def test_a_plug_in(self):
        spans = self.client(lambda s, port: s.app("module_client", "--module",
                                                  paths.app("module.so"), "--port", port))
        self.assertEqual((spans.only().path, spans.only().code), ("/module", 200))

    def test_a_plug_in_that_binds_deeply_is_unharmed(self):
        self.client(lambda s, port: s.app("module_client", "--module", paths.app("module.so"),
                                          "--port", port, "--deepbind", 1))

    def test_an_executable_with_wrappers_of_its_own(self):
        spans = self.client(lambda s, port: s.app("wrapping_client", "--port", port, "--count", 5))
        self.assertEqual([(s.path, s.code) for s in spans], [("/wrapped", 200)] * 5)

    def test_a_signal_handler_that_interrupts_malloc(self):
        spans = self.client(lambda s, port: s.app("signal_sender", "--port", port, "--count", 50))
        self.assertEqual([s.code for s in spans], [200] * 50)


class EndsTest(SessionTest):
    """The program's end is its own."""

    CODE = """
import os, signal, sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/x").read()
print("said", flush=True)
%s
"""

    def ends(self, statement):
        def scenario(session):
            with wire.RecordingServer() as server:
                program = session.run("/usr/bin/python3", "-c", self.CODE % statement, server.port,
                                      name="program")
                codes.append(program.wait())
                return codes[-1], program.out, program.err

        codes = []
        session = self.both(scenario)
        self.assertEqual(session.spans.only().code, 200)
        return codes[-1]

    def test_exit_codes(self):
        self.assertEqual(self.ends("sys.exit(0)"), 0)
        self.assertEqual(self.ends("sys.exit(42)"), 42)
        self.assertEqual(self.ends("os._exit(43)"), 43)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV):
            self.assertEqual(self.ends(f"os.kill(os.getpid(), {int(number)})"), -number)
        self.assertEqual(self.ends("os.abort()"), -signal.SIGABRT)

    def test_a_handler_of_the_programs_own(self):
        self.assertEqual(self.ends("signal.signal(signal.SIGTERM, lambda *a: sys.exit(9)); "
                                   "os.kill(os.getpid(), signal.SIGTERM)"), 9)

    def test_a_program_without_sockets_leaves_nothing_behind(self):
        def scenario(session):
            program = session.run("/bin/sh", "-c", "echo words; exit 5")
            if session.traced:
                self.assertEqual(os.listdir(session.base), [], "something was made for nothing")
            return program.wait(), program.out, program.err

        self.both(scenario, collector=False)


class CompanyTest(SessionTest):
    """The agent beside others of its kind, and what the program sees of it."""

    def client(self, **environment):
        def scenario(session):
            with wire.RecordingServer() as server:
                program = session.app("sanitized_client", "--port", server.port, "--count", 3,
                                      name="client", environment=environment)
                code = program.wait()
                if session.traced:
                    streams.append(server.stream)
                return code, program.out, program.err

        streams = []
        spans = self.both(scenario).spans
        self.assertEqual(len(spans), 3)
        self.assertEqual(len(wire.header_values(streams[0], "traceparent")), 3)

    def test_a_sanitizer_that_interposes_the_same_calls(self):
        self.client()

    def test_a_second_copy_of_itself(self):
        copy = self.untraced().directory() + "/libcopy.so"
        shutil.copy(paths.LIBRARY, copy)

        def scenario(session):
            with wire.RecordingServer() as server:
                preload = f"{paths.LIBRARY}:{copy}" if session.traced else None
                program = session.app("curl_easy_client", "--url",
                                      f"http://127.0.0.1:{server.port}/{{}}", "--count", 3,
                                      environment={"LD_PRELOAD": preload})
                code = program.wait()
                streams.append(server.stream)
                return code, program.out, program.err

        streams = []
        spans = self.both(scenario).spans
        self.assertEqual(len(spans), 3, spans.describe())
        self.assertEqual(len(wire.header_values(streams[-1], "traceparent")), 3)

    def test_no_thread_no_signal_handler_no_descriptor(self):
        def scenario(session):
            server = session.app("epoll_server")
            with wire.connect(server.port) as connection:
                connection.sendall(wire.request("/", close=False))
                wire.read_response(connection)
                status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
                wanted = ("Threads", "SigQ", "SigBlk", "SigIgn", "SigCgt", "FDSize")
                kept = [line for line in status.splitlines() if line.split(":")[0] in wanted
                        and not line.startswith("SigQ")]
                links = [os.readlink(f"/proc/{server.pid}/fd/{fd}").split("[")[0]
                         for fd in sorted(os.listdir(f"/proc/{server.pid}/fd"), key=int)]
                return kept, links[3:]

        self.both(scenario)


if __name__ == "__main__":
    main()
