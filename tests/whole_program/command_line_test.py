"""The command line: what `seamtrace` passes through, says, and refuses."""

import json
import os
import re
import signal
import subprocess

from harness import SessionTest, main, paths, wire
from harness.waiting import eventually


class RunTest(SessionTest):
    def run_seamtrace(self, *arguments, **options):
        """Runs `seamtrace ARGUMENTS` in a session without a collector, exporting to the inbox
        unless the endpoint is set to None."""
        session = self.traced(collector=False)
        environment = {**session.collector_environment, "LD_PRELOAD": None,
                       **options.pop("environment", {})}
        program = session.start(paths.SEAMTRACE, *arguments, environment=environment,
                                name="program", **options)
        return session, program

    def test_streams_code_and_directory_are_the_programs_own(self):
        directory = self.untraced().directory()
        session, program = self.run_seamtrace(
            "run", "--quiet", "--", "/bin/sh", "-c", "cat; pwd; echo said >&2; exit 42",
            stdin=b"given\n", directory=directory)
        self.assertEqual(program.wait(), 42)
        self.assertEqual(program.out, f"given\n{directory}\n")
        self.assertEqual(program.err, "said\n")

    def test_arguments_are_the_programs_own(self):
        session, program = self.run_seamtrace("run", "--quiet", "--", "/usr/bin/printf", "%s|",
                                              "--help", "a b", "", "--", "*")
        self.assertEqual((program.wait(), program.out), (0, "--help|a b||--|*|"))

    def test_signals_are_passed_on(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            with self.subTest(number):
                code = ("import signal, sys, time\n"
                        f"signal.signal({int(number)}, lambda *a: sys.exit(7))\n"
                        "print('ready', flush=True)\n"
                        "time.sleep(60)\n")
                session, program = self.run_seamtrace("run", "--quiet", "--", "/usr/bin/python3",
                                                      "-c", code)
                eventually(lambda p=program: "ready" in p.out, "the program")
                program.send_signal(number)
                self.assertEqual(program.wait(), 7)

    def test_a_program_that_dies_of_a_signal(self):
        session, program = self.run_seamtrace("run", "--quiet", "--", "/bin/sh", "-c",
                                              "kill -SEGV $$")
        self.assertIn(program.wait(), (-signal.SIGSEGV, 128 + signal.SIGSEGV))

    def test_programs_that_cannot_be_started(self):
        session, program = self.run_seamtrace("run", "--", "/no/such/program")
        self.assertEqual(program.wait(), 127)
        self.assertIn("/no/such/program", program.err)
        plain = self.untraced().directory() + "/file"
        with open(plain, "w") as file:
            file.write("no program")
        session, program = self.run_seamtrace("run", "--", plain)
        self.assertEqual(program.wait(), 126)
        session, program = self.run_seamtrace("run", "--", "/tmp")
        self.assertEqual(program.wait(), 126)

    def test_a_program_on_the_path(self):
        session, program = self.run_seamtrace("run", "--quiet", "--", "true")
        self.assertEqual(program.wait(), 0)
        session, program = self.run_seamtrace("run", "--", "no-such-program-anywhere")
        self.assertEqual(program.wait(), 127)

    def test_spans_are_exported_when_an_endpoint_is_set(self):
        with wire.RecordingServer() as server:
            session, program = self.run_seamtrace(
                "run", "--", "curl", "-s", f"http://127.0.0.1:{server.port}/x")
            self.assertEqual(program.wait(), 0)
            self.assertEqual(program.out, "ok\n")
        # All is delivered when `run` is over, and it says so in one line.
        self.assertEqual(session.spans.only().path, "/x")
        self.assertEqual(len(program.err.splitlines()), 1, program.err)
        self.assertRegex(program.err, r"\b1\b.*span")

    def test_quiet_is_silent(self):
        with wire.RecordingServer() as server:
            session, program = self.run_seamtrace(
                "run", "--quiet", "--", "curl", "-s", f"http://127.0.0.1:{server.port}/x")
            self.assertEqual((program.wait(), program.out, program.err), (0, "ok\n", ""))

    def test_without_an_endpoint_traces_are_kept_and_shown(self):
        with wire.RecordingServer() as server:
            session, program = self.run_seamtrace(
                "run", "--", "curl", "-s", f"http://127.0.0.1:{server.port}/x",
                environment={"OTEL_EXPORTER_OTLP_ENDPOINT": None})
            self.assertEqual(program.wait(), 0)
        first, last = program.err.splitlines()
        self.assertRegex(first, r"look at the traces at http://127\.0\.0\.1:[0-9]+$")
        store = os.path.join(session.base, "data", "seamtrace", "traces.db")
        self.assertIn("1 span in 1 trace from 1 process, kept in " + store, last)
        self.assertEqual(os.stat(store).st_mode & 0o777, 0o600)
        self.assertIn("/x", session.seamtrace("traces", "--store", store).out)

    def test_the_console_tree(self):
        with wire.RecordingServer() as server:
            session, program = self.run_seamtrace(
                "run", "--console", "--", "curl", "-s",
                f"http://127.0.0.1:{server.port}/in/the/tree",
                environment={"OTEL_EXPORTER_OTLP_ENDPOINT": None})
            self.assertEqual(program.wait(), 0)
        self.assertIn("GET", program.err + program.out)
        self.assertIn("200", program.err + program.out)
        self.assertNotIn("\x1b[", program.err + program.out, "colours that nobody sees")

    def test_a_server_is_stopped_and_its_spans_are_there(self):
        session, program = self.run_seamtrace("run", "--", paths.app("httplib_server"))
        wire.get(program.port, "/hello")
        program.send_signal(signal.SIGTERM)
        self.assertIn(program.wait(), (-signal.SIGTERM, 128 + signal.SIGTERM))
        self.assertEqual(session.spans.only().path, "/hello")

    def test_two_runs_side_by_side(self):
        with wire.RecordingServer() as server:
            session = self.traced(collector=False)
            environment = {**session.collector_environment, "LD_PRELOAD": None}
            programs = [session.start(paths.SEAMTRACE, "run", "--", paths.app("curl_easy_client"),
                                      "--url", f"http://127.0.0.1:{server.port}/{name}/{{}}",
                                      "--count", 50, environment=environment) for name in "ab"]
            for program in programs:
                self.assertEqual(program.wait(), 0, program.err)
            self.assertEqual(len(session.spans), 100)

    def test_a_static_program_runs_untraced_with_a_warning(self):
        directory = self.untraced().directory()
        subprocess.run(["gcc", "-static", "-x", "c", "-", "-o", f"{directory}/static"], check=True,
                       input=b'#include <stdio.h>\nint main(void){puts("ran");return 4;}\n')
        session, program = self.run_seamtrace("run", "--", f"{directory}/static")
        self.assertEqual((program.wait(), program.out), (4, "ran\n"))
        self.assertIn("static", program.err)


class RefusalsTest(SessionTest):
    def refuse(self, *arguments, **environment):
        session = self.traced(collector=False)
        program = session.seamtrace(*arguments, environment=environment)
        self.assertEqual(program.wait(), 2, program.out + program.err)
        self.assertTrue(program.err.strip(), "it should say what is wrong")
        return program.err

    def test_unknown_options_and_commands(self):
        self.assertIn("--nonsense", self.refuse("run", "--nonsense", "--", "true"))
        self.assertIn("nonsense", self.refuse("nonsense"))
        self.refuse("collector", "--nonsense")
        self.refuse("run")
        self.refuse("doctor")

    def test_help_everywhere(self):
        session = self.traced(collector=False)
        for arguments in ([], ["run"], ["collector"], ["status"], ["doctor"], ["version"]):
            program = session.seamtrace(*arguments, "--help")
            self.assertEqual(program.wait(), 0)
            self.assertIn("Usage", program.out + program.err)

    def test_version(self):
        session = self.traced(collector=False)
        self.assertRegex(session.seamtrace("version").out, r"\d+\.\d+\.\d+")


class StatusTest(SessionTest):
    def test_the_traced_processes_and_their_counters(self):
        session = self.traced()
        server = session.app("epoll_server", name="shown")
        for _ in range(3):
            wire.get_kept(server.port, "/")
        session.wait_for_spans(3)
        program = session.seamtrace("status")
        self.assertEqual(program.wait(), 0, program.err)
        self.assertIn(str(server.pid), program.out)
        status = json.loads(session.seamtrace("status", "--json").out)
        text = json.dumps(status)
        self.assertIn(str(server.pid), text)
        self.assertRegex(text, r'"server_requests": *3')
        self.assertNotRegex(text, r'"lost_\w+": *[1-9]')

    def test_nothing_to_show(self):
        session = self.traced(collector=False)
        program = session.seamtrace("status")
        self.assertEqual(program.wait(), 0)
        self.assertIn("collector", program.out + program.err)
        self.assertFalse(json.loads(session.seamtrace("status", "--json").out)["ok"])


class DoctorTest(SessionTest):
    def doctor(self, program):
        session = self.traced(collector=False)
        found = session.seamtrace("doctor", program)
        return found.wait(), found.out + found.err

    def test_a_program_that_can_be_traced(self):
        code, text = self.doctor(paths.app("httplib_server"))
        self.assertEqual(code, 0, text)

    def test_a_static_program(self):
        directory = self.untraced().directory()
        subprocess.run(["gcc", "-static", "-x", "c", "-", "-o", f"{directory}/static"], check=True,
                       input=b"int main(void){return 0;}\n")
        code, text = self.doctor(f"{directory}/static")
        self.assertNotEqual(code, 0)
        self.assertRegex(text, "(?i)static")

    def test_a_setuid_program(self):
        directory = self.untraced().directory()
        copy = f"{directory}/setuid"
        subprocess.run(["cp", "/bin/true", copy], check=True)
        if os.getuid() != 0:
            self.skipTest("needs root: a program that is set to its caller's own user is no matter")
        os.chown(copy, 65534, 65534)
        os.chmod(copy, 0o4755)
        code, text = self.doctor(copy)
        self.assertNotEqual(code, 0)
        self.assertRegex(text, "(?i)setuid|set-user")

    def test_what_is_no_program(self):
        code, text = self.doctor("/no/such/program")
        self.assertNotEqual(code, 0)
        self.assertIn("/no/such/program", text)


class ConsoleTest(SessionTest):
    def test_json_lines(self):
        session = self.traced(collector=False)
        with wire.RecordingServer() as server:
            program = session.start(
                paths.SEAMTRACE, "run", "--json", "--", "curl", "-s", "-o", "/dev/null",
                f"http://127.0.0.1:{server.port}/x",
                environment={**session.collector_environment, "LD_PRELOAD": None,
                             "OTEL_EXPORTER_OTLP_ENDPOINT": None})
            self.assertEqual(program.wait(), 0, program.err)
        lines = [line for line in (program.out + program.err).splitlines() if line.startswith("{")]
        self.assertEqual(len(lines), 1, program.out + program.err)
        self.assertTrue(re.search(r"/x", json.dumps(json.loads(lines[0]))))


if __name__ == "__main__":
    main()
