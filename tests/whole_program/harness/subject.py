"""A running program: its output, its port, its end."""

import os
import re
import signal
import subprocess
import tempfile

from harness.waiting import DEADLINE, accepts, eventually


class Subject:
    """A program in a process group of its own; what it prints goes to files."""

    def __init__(self, arguments, environment, name, directory=None, stdin=None, ends_by=None,
                 **options):
        """`ends_by`: the signal that ends it, for one that must clean up."""
        self.name = name
        self._ends_by = ends_by
        self._out = tempfile.TemporaryFile()
        self._err = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [str(a) for a in arguments], env=environment, cwd=directory, stdout=self._out,
            stderr=self._err, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            start_new_session=True, **options)
        if stdin is not None:
            self.process.stdin.write(stdin)
            self.process.stdin.flush()

    @property
    def pid(self):
        return self.process.pid

    @property
    def out(self):
        return _contents(self._out)

    @property
    def err(self):
        return _contents(self._err)

    @property
    def port(self):
        """The port that it says it listens on."""

        def announced():
            if found := re.search(r"listening on (\d+)", self.out):
                return int(found[1])
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}: "
                                     f"{self.out}{self.err}")
            return 0

        return eventually(announced, f"{self.name} to say its port")

    def wait_for_port(self, port, host="127.0.0.1"):
        def listening():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}: "
                                     f"{self.out}{self.err}")
            return accepts(port, host)

        eventually(listening, f"{self.name} to listen on {port}")
        return port

    def say(self, text):
        """Another line for its standard input."""
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def wait(self, deadline=DEADLINE):
        """Its exit code: negative for a signal, as subprocess has it."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.name} did not end within {deadline} s; it said {self.out}{self.err}"
            ) from None

    def send_signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Ends it and whatever it started."""
        if self.process.poll() is None:
            self.process.send_signal(self._ends_by or number)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        self._end_group()
        return self.process.wait()

    def _end_group(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def discard(self):
        self.stop(signal.SIGKILL)
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        self._out.close()
        self._err.close()


def _contents(file):
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace")
