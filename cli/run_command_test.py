"""`seamtrace run` as a shell and a terminal see it: signals, jobs, descriptors, ends.

The agent plays no part: an empty library stands in for it, so this also tells which side a fault
is on. Needs SEAMTRACE_BUILD_DIR."""

import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

SEAMTRACE = os.path.join(os.environ["SEAMTRACE_BUILD_DIR"], "bin", "seamtrace")
AGENT = os.path.join(os.environ["SEAMTRACE_BUILD_DIR"], "lib", "libseamtrace.so")
PYTHON = "/usr/bin/python3"
LONG = 30  # seconds; only a failure lasts so long


def eventually(condition, what):
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen")


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]


class RunCommandTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="seamtrace-run-")
        cls.library = os.path.join(cls.folder, "libempty.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", cls.library],
                       input=b"", check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.base = tempfile.mkdtemp(dir=self.folder)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("OTEL_", "SEAMTRACE_", "LD_"))}
        self.environment.update(SEAMTRACE_DIR=self.base, SEAMTRACE_LIBRARY=self.library,
                                SEAMTRACE_STORE=os.path.join(self.base, "traces.db"),
                                SEAMTRACE_VIEWER="127.0.0.1:0")

    def start(self, *command, options=("--quiet",), **more):
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        environment = {**self.environment, **more.pop("environment", {})}
        process = subprocess.Popen([SEAMTRACE, "run", *options, "--", *command], env=environment,
                                   **more)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr, process.stdin):
            if stream:
                stream.close()

    def run_to_end(self, *command, **more):
        process = self.start(*command, **more)
        out, err = process.communicate(timeout=LONG)
        return process.returncode, out.decode(), err.decode()

    def script(self, text):
        return (PYTHON, "-c", text)

    # What the program inherits.

    def test_signal_mask_and_dispositions_are_as_they_were(self):
        show = ("import re\n"
                "for line in open('/proc/self/status'):\n"
                "  if line.startswith(('SigBlk', 'SigIgn')): print(line.strip())\n")

        def prepare():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)

        plain = subprocess.run(self.script(show), stdout=subprocess.PIPE, check=True,
                               env=self.environment, preexec_fn=prepare).stdout.decode()
        code, out, err = self.run_to_end(*self.script(show), preexec_fn=prepare)
        self.assertEqual((code, out, err), (0, plain, ""))

    def test_descriptors_and_environment_are_as_they_were(self):
        show = ("import os\n"
                "print(sorted(os.listdir('/proc/self/fd'))[:20])\n"
                "print(sorted(n for n in os.environ if n not in ('SEAMTRACE_RUN_ID', 'LD_PRELOAD')))\n"
                "print(os.getcwd(), os.getpgrp() == int(os.environ['GROUP']))\n")
        reader, writer = os.pipe()
        os.set_inheritable(writer, True)
        self.environment["GROUP"] = str(os.getpgrp())
        plain = subprocess.run(self.script(show), stdout=subprocess.PIPE, check=True, cwd="/usr",
                               env=self.environment, close_fds=False).stdout.decode()
        code, out, err = self.run_to_end(*self.script(show), cwd="/usr", close_fds=False)
        os.close(reader)
        os.close(writer)
        self.assertEqual((code, out, err), (0, plain, ""))

    def test_what_was_preloaded_stays_preloaded(self):
        other = os.path.join(self.folder, "libother.so")
        shutil.copy(self.library, other)
        code, out, _ = self.run_to_end("/usr/bin/printenv", "LD_PRELOAD",
                                       environment={"LD_PRELOAD": other})
        self.assertEqual((code, out), (0, f"{self.library}:{other}\n"))

    def test_enabled_false_changes_nothing_at_all(self):
        code, out, err = self.run_to_end("/usr/bin/env", options=(),
                                         environment={"OTEL_ENABLED": "false"})
        self.assertEqual((code, err), (0, ""))
        self.assertNotIn("LD_PRELOAD", out)
        self.assertNotIn("SEAMTRACE_RUN_ID", out)
        self.assertEqual(os.listdir(self.base), [])

    def test_output_pipe_closes_with_the_program(self):
        # A collector that kept the program's output open would hold up whoever reads it.
        process = self.start("/bin/sh", "-c", "echo done")
        self.assertEqual(process.stdout.read(), b"done\n")
        self.assertEqual(process.wait(timeout=LONG), 0)

    # How it ends.

    def test_every_exit_code_is_passed_on(self):
        for code in (0, 1, 2, 77, 126, 127, 255):
            self.assertEqual(self.run_to_end("/bin/sh", "-c", f"exit {code}")[0], code)

    def test_death_by_signal_is_passed_on(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGPIPE,
                       signal.SIGABRT, signal.SIGRTMIN):
            with self.subTest(number):
                code, _, err = self.run_to_end("/bin/sh", "-c", f"kill -{int(number)} $$",
                                               options=())
                self.assertEqual(code, -number)
                self.assertIn("the program was ended by SIG", err)

    def test_script_without_interpreter_line_is_run_by_the_shell(self):
        path = os.path.join(self.base, "script")
        with open(path, "w", encoding="ascii") as file:
            file.write("exit 9\n")
        os.chmod(path, 0o755)
        self.assertEqual(self.run_to_end(path)[0], 9)
        os.chmod(path, 0o644)
        code, _, err = self.run_to_end(path)
        self.assertEqual(code, 126)
        self.assertIn("cannot be executed", err)

    def test_missing_interpreter_is_explained(self):
        path = os.path.join(self.base, "script")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/no/such/interpreter\n")
        os.chmod(path, 0o755)
        code, _, err = self.run_to_end(path)
        self.assertEqual(code, 126)
        self.assertIn("interpreter", err)

    def test_missing_library_runs_the_program_untraced(self):
        code, out, err = self.run_to_end("/bin/echo", "ran", options=(),
                                         environment={"SEAMTRACE_LIBRARY": "/no/such.so"})
        self.assertEqual((code, out), (0, "ran\n"))
        self.assertIn("untraced", err)
        self.assertEqual(len(err.splitlines()), 1)

    def test_no_place_for_a_collector_runs_the_program(self):
        code, out, err = self.run_to_end("/bin/echo", "ran", options=(),
                                         environment={"SEAMTRACE_DIR": "/proc/no/such/place"})
        self.assertEqual((code, out), (0, "ran\n"))
        self.assertIn("there is no collector", err)
        self.assertNotIn("does not answer", err)

    def test_bad_variables_are_reported_and_ignored(self):
        variables = {"OTEL_BSP_MAX_QUEUE_SIZE": "many", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
        code, _, err = self.run_to_end("true", options=(), environment=variables)
        self.assertEqual(code, 0)
        self.assertEqual(err.count("OTEL_BSP_MAX_QUEUE_SIZE"), 1, err)
        self.assertRegex(err, "warning: OTEL_EXPORTER_OTLP_PROTOCOL: grpc is not built in")
        self.assertEqual(self.run_to_end("true", environment=variables), (0, "", ""))

    def test_a_taken_address_of_a_receiver_is_one_warning(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            code, out, err = self.run_to_end("echo", "done", options=(), environment={
                "SEAMTRACE_RECEIVE_HTTP": address, "SEAMTRACE_RECEIVE_GRPC": "nonsense"})
        self.assertEqual((code, out), (0, "done\n"), err)
        warnings = [line for line in err.splitlines() if "warning" in line]
        self.assertEqual(len(warnings), 2, err)
        self.assertIn(address, err)
        self.assertIn("SEAMTRACE_RECEIVE_GRPC", err)
        self.assertIn("look at the traces at http://", err)

    # Who listens to us, and whether anybody does, is nothing to the program.

    def without_listener(self, *command, **more):
        """Its exit code, with a standard error that nobody reads any more."""
        reader, writer = os.pipe()
        os.close(reader)
        try:
            return self.start(*command, stderr=writer, options=(), **more).wait(LONG)
        finally:
            os.close(writer)

    def test_the_exit_code_does_not_hang_on_who_reads_our_words(self):
        self.assertEqual(self.without_listener("sh", "-c", "exit 6"), 6)
        ran = os.path.join(self.base, "ran")
        code = self.without_listener("sh", "-c", f"touch {ran}; exit 6",
                                     environment={"OTEL_BSP_MAX_QUEUE_SIZE": "many"})
        self.assertEqual((code, os.path.exists(ran)), (6, True))
        self.assertEqual(self.without_listener("/no/such/program"), 127)
        code = self.without_listener("sh", "-c", "exit 6",
                                     environment={"SEAMTRACE_LIBRARY": "/no/such.so"})
        self.assertEqual(code, 6)

    def test_the_exit_code_does_not_hang_on_the_collector(self):
        process = self.start("sh", "-c", "read line; exit 5", stdin=subprocess.PIPE, options=())
        children = f"/proc/{process.pid}/task/{process.pid}/children"

        def collector():
            with open(children, encoding="ascii") as file:
                for pid in file.read().split():
                    with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                        if comm.read() == "seamtrace-run\n":
                            return int(pid)
            return None

        os.kill(eventually(collector, "the collector's start"), signal.SIGKILL)
        process.communicate(b"now\n", timeout=LONG)
        self.assertEqual(process.returncode, 5)

    def test_closed_standard_files_stay_closed_and_harm_nothing(self):
        show = "import os; os._exit(sum(2 ** fd for fd in range(3) if os.path.exists(f'/proc/self/fd/{fd}')))"
        for closed in (0, 1, 2):
            command = f'exec "$@" {closed}>&-'
            plain = subprocess.run(["sh", "-c", command, "sh", *self.script(show)], check=False)
            code = subprocess.run(["sh", "-c", command, "sh", SEAMTRACE, "run", "--",
                                   *self.script(show)],
                                  env=self.environment, stderr=subprocess.DEVNULL,
                                  check=False, timeout=LONG).returncode
            self.assertEqual(code, plain.returncode, f"{closed} closed")

    def test_without_standard_input_the_collector_lives_as_long_as_the_program(self):
        status = subprocess.run(
            ["sh", "-c", 'exec "$@" <&-', "sh", SEAMTRACE, "run", "--", "sh", "-c",
             f'"{SEAMTRACE}" status > /dev/null'],
            env=self.environment, stderr=subprocess.DEVNULL, check=False, timeout=LONG).returncode
        self.assertEqual(status, 0)

    def test_no_room_for_the_library_is_told(self):
        code, _, err = self.run_to_end("true", options=(),
                                       environment={"SEAMTRACE_DIR": self.long_directory()})
        self.assertEqual(code, 0)
        self.assertIn("no request could be seen: SEAMTRACE_DIR has", err)

    def long_directory(self):
        path = self.base
        while len(path) < 300:
            path = os.path.join(path, "d" * 100)
        os.makedirs(path)
        return path

    def test_nothing_is_left_behind(self):
        self.run_to_end("true")
        left = os.listdir(os.path.join(self.base, f"seamtrace-{os.geteuid()}"))
        self.assertEqual(left, ["collector.lock"])
        with open(os.path.join(self.base, f"seamtrace-{os.geteuid()}", "collector.lock"),
                  "rb") as lock:
            import fcntl
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody holds it

    def test_death_of_run_ends_its_collector(self):
        process = self.start("/bin/sleep", "600")
        socket = os.path.join(self.base, f"seamtrace-{os.geteuid()}", "collector.socket")
        child = self.child_of(process.pid, "sleep")
        eventually(lambda: os.path.exists(socket), "the collector")
        process.kill()
        process.wait()
        eventually(lambda: not os.path.exists(socket), "the end of the collector")
        os.kill(child, signal.SIGKILL)

    # Several collectors.

    def collector(self, **more):
        process = subprocess.Popen([SEAMTRACE, "collector"], env=self.environment,
                                   stderr=subprocess.DEVNULL, **more)
        self.addCleanup(self.end, process)
        return process

    def serving(self):
        """The process id of the collector that answers, or None."""
        answer = subprocess.run([SEAMTRACE, "status", "--json"], env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return json.loads(answer.stdout or "{}").get("collector", {}).get("pid")

    def test_collector_ends_in_order_however_early_it_is_told_to(self):
        def end_early():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            os.kill(os.getpid(), signal.SIGTERM)  # it waits until the collector can take it
        self.assertEqual(self.collector(preexec_fn=end_early).wait(timeout=LONG), 0)
        lock = os.path.join(self.base, f"seamtrace-{os.geteuid()}", "collector.lock")
        for _ in range(20):
            os.unlink(lock)
            process = self.collector()
            eventually(lambda: os.path.exists(lock), "the lock")
            process.terminate()
            self.assertEqual(process.wait(timeout=LONG), 0)

    REQUESTS = ("import http.client, http.server, sys, threading\n"
                "class Handler(http.server.BaseHTTPRequestHandler):\n"
                "  def do_GET(self):\n"
                "    self.send_response(204)\n"
                "    self.end_headers()\n"
                "  def log_message(self, *_): pass\n"
                "server = http.server.HTTPServer(('127.0.0.1', 0), Handler)\n"
                "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
                "def ask():\n"
                "  client = http.client.HTTPConnection('127.0.0.1', server.server_port)\n"
                "  client.request('GET', '/')\n"
                "  client.getresponse().read()\n"
                "  client.close()\n"
                "print('ready', flush=True)\n"
                "for line in sys.stdin:\n"
                "  for _ in range(int(line)): ask()\n"
                "  print('asked', flush=True)\n"
                "server.shutdown()\n")

    @unittest.skipUnless(os.path.exists(AGENT), "needs the agent")
    def test_run_is_served_when_the_collector_of_another_ends_before_it(self):
        first = self.start("/bin/sh", "-c", "echo ready; read line", options=("--quiet",),
                           stdin=subprocess.PIPE)
        self.assertEqual(first.stdout.readline(), b"ready\n")
        one = eventually(self.serving, "the first collector")
        second = self.start(*self.script(self.REQUESTS), options=(), stdin=subprocess.PIPE,
                            environment={"SEAMTRACE_LIBRARY": AGENT})
        self.assertEqual(second.stdout.readline(), b"ready\n")
        self.assertEqual(self.serving(), one)
        # The second program has not begun to speak: nothing tells the first collector of it.
        first.communicate(b"\n", timeout=LONG)
        eventually(lambda: self.serving() not in (None, one), "the take-over")
        out, err = second.communicate(b"10\n", timeout=LONG)
        self.assertEqual(out, b"asked\n")
        self.assertIn("20 spans in 10 traces from 1 process, kept in ", err.decode())
        addresses = re.findall("look at the traces at (http://\\S+)", err.decode())
        self.assertEqual(len(set(addresses)), 2, "the first one's page has ended, too")
        self.assertIsNone(self.serving())

    @unittest.skipUnless(os.path.exists(AGENT), "needs the agent")
    def test_run_loses_nothing_when_the_service_it_relies_on_ends(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how):
                service = self.collector(stdout=subprocess.DEVNULL)
                eventually(self.serving, "the service")
                run = self.start(*self.script(self.REQUESTS), options=("--console",),
                                 stdin=subprocess.PIPE, environment={"SEAMTRACE_LIBRARY": AGENT})
                self.assertEqual(run.stdout.readline(), b"ready\n")
                service.send_signal(how)
                service.wait(timeout=LONG)
                # At once: these wait in shared memory until somebody takes over.
                out, err = run.communicate(b"10\n", timeout=LONG)
                self.assertEqual(out, b"asked\n")
                self.assertIn("20 spans in 10 traces from 1 process, printed above", err.decode())

    # Signals.

    def child_of(self, pid, name):
        def look():
            for entry in os.listdir("/proc"):
                if not entry.isdigit():
                    continue
                try:
                    with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                        before, _, after = file.read().rpartition(")")
                except OSError:
                    continue
                if int(after.split()[1]) == pid and before.endswith(f"({name}"):
                    return int(entry)
            return None
        return eventually(look, f"a child {name}")

    COUNTER = ("import os, signal, sys\n"
               "seen = []\n"
               "def handle(number, frame):\n"
               "  os.write(1, b'%d\\n' % number)\n"
               "for number in ({numbers}): signal.signal(number, handle)\n"
               "signal.signal(signal.SIGTERM, lambda *a: sys.exit(5))\n"
               "os.write(1, b'ready\\n')\n"
               "while True: signal.pause()\n")

    def counter(self, *numbers):
        return self.script(self.COUNTER.format(
            numbers=", ".join(str(int(number)) for number in numbers) + ","))

    def test_signals_to_run_reach_the_program_once(self):
        numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
                   signal.SIGWINCH, signal.SIGALRM, signal.SIGCONT, signal.SIGRTMIN + 3)
        process = self.start(*self.counter(*numbers))
        self.assertEqual(process.stdout.readline(), b"ready\n")
        for number in numbers:
            process.send_signal(number)
            self.assertEqual(process.stdout.readline(), b"%d\n" % number)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.stdout.read(), b"", "some signal came twice")
        self.assertEqual(process.wait(timeout=LONG), 5)

    def on_terminal(self, *command, options=("--quiet",)):
        """Starts `run` as the foreground job of a terminal; returns its pid and the terminal."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(SEAMTRACE, [SEAMTRACE, "run", *options, "--", *command], self.environment)
        self.addCleanup(os.close, terminal)
        return pid, terminal

    def read_until(self, terminal, pattern):
        text = b""
        deadline = time.monotonic() + LONG
        while not re.search(pattern, text):
            ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"{pattern} is not in {text}")
            try:
                more = os.read(terminal, 4096)
            except OSError:
                more = b""
            if not more:
                raise AssertionError(f"{pattern} is not in {text}")
            text += more
        return text

    def test_interrupt_from_the_terminal_reaches_the_program_once(self):
        pid, terminal = self.on_terminal(*self.counter(signal.SIGINT, signal.SIGQUIT))
        self.read_until(terminal, b"ready")
        os.write(terminal, b"\x03")
        self.read_until(terminal, b"2\r\n")
        os.write(terminal, b"\x1c")
        text = self.read_until(terminal, b"3\r\n")
        self.assertNotIn(b"2\r\n", text, "the interrupt came twice")
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(self.ended(pid), 5)

    def test_collector_survives_an_interrupt_from_the_terminal(self):
        pid, terminal = self.on_terminal("/bin/sh", "-c", "trap 'echo caught; exit 3' INT; "
                                         "echo ready; while :; do sleep 0.1; done", options=())
        self.read_until(terminal, b"ready")
        os.write(terminal, b"\x03")
        # The summary is the collector's answer: it is alive.
        self.read_until(terminal, b"no request was seen")
        self.assertEqual(self.ended(pid), 3)

    def test_job_control_stops_and_continues_both(self):
        # A shell's part: without a parent in its session a job cannot be stopped by a key.
        shell = ("import os, signal, sys\n"
                 "signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n"
                 "job = os.fork()\n"
                 "if job == 0:\n"
                 "  os.setpgid(0, 0)\n"
                 "  os.tcsetpgrp(0, os.getpid())\n"
                 "  signal.signal(signal.SIGTTOU, signal.SIG_DFL)\n"
                 "  os.execv(sys.argv[1], sys.argv[1:])\n"
                 "while True:\n"
                 "  status = os.waitpid(job, os.WUNTRACED)[1]\n"
                 "  if not os.WIFSTOPPED(status): sys.exit(os.waitstatus_to_exitcode(status))\n"
                 "  os.tcsetpgrp(0, os.getpgrp())\n"
                 "  print('job', job, 'stopped', flush=True)\n"
                 "  os.read(0, 1)\n"
                 "  os.tcsetpgrp(0, job)\n"
                 "  os.killpg(job, signal.SIGCONT)\n")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(PYTHON, [PYTHON, "-c", shell, SEAMTRACE, "run", "--quiet", "--",
                               *self.counter(signal.SIGUSR1)], self.environment)
        self.addCleanup(os.close, terminal)
        self.read_until(terminal, b"ready")
        os.write(terminal, b"\x1a")
        job = int(re.search(rb"job (\d+) stopped", self.read_until(terminal, b"stopped"))[1])
        program = self.child_of(job, "python3")
        self.assertEqual((state_of(job), state_of(program)), ("T", "T"))
        os.write(terminal, b"\n")
        eventually(lambda: state_of(program) == "S" and state_of(job) == "S", "their going on")
        os.kill(job, signal.SIGUSR1)
        self.read_until(terminal, b"10\r\n")
        os.kill(job, signal.SIGTERM)
        self.assertEqual(self.ended(pid), 5)

    def ended(self, pid):
        """The exit code of a child that is about to end."""
        status = eventually(lambda: (lambda pair: pair if pair[0] else None)(
            os.waitpid(pid, os.WNOHANG)), "the end")[1]
        return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    unittest.main(verbosity=2)
