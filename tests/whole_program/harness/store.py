"""Store: the server of a data store while it runs.

It belongs to a session (then it is one of its programs, traced in a traced session) or, without
one, to the test program, whose clients come and go. It ends with the test program, even when that
is killed."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from harness.session import clean_environment
from harness.subject import Subject
from harness.waiting import eventually, free_port


class Store:
    """A running server. Subclasses say how it is set up and started, and when it answers."""

    ENDS_BY = signal.SIGKILL  # nothing in it is worth keeping
    USER = None  # who runs it when the tests are run by root, who may not

    def __init__(self, session=None, **options):
        self._owns = session is None
        self.directory = session.directory() if session else tempfile.mkdtemp(
            prefix="seamtrace-store-")
        os.chmod(self.directory, 0o755)
        self.port = free_port()
        self._user = self.USER if os.getuid() == 0 else None
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        try:
            self._set_up(**options)
            self.subject = self._start(session)
            self.wait()
            self._fill()
        except BaseException:
            self.close()
            raise

    subject = None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def _start(self, session):
        command = ["setpriv", "--pdeathsig", self.ENDS_BY.name[3:], *self._as_user(),
                   *self._command()]
        if session:
            return session.start(*command, name=type(self).__name__.lower(), ends_by=self.ENDS_BY)
        return Subject(command, clean_environment(), type(self).__name__, ends_by=self.ENDS_BY)

    def restart(self):
        """Starts it again over the same data, port and socket; only without a session."""
        self.subject.discard()
        self.subject = self._start(None)
        self.wait()

    def wait(self):
        def ready():
            if self.subject.process.poll() is not None:
                raise AssertionError(f"{self.subject.name} ended: {self.subject.out}"
                                     f"{self.subject.err}")
            return self._answers()

        eventually(ready, f"{type(self).__name__} to answer")

    def close(self):
        if self._owns:
            if self.subject:
                self.subject.discard()
            shutil.rmtree(self.directory, ignore_errors=True)

    def tool(self, *arguments, stdin=None):
        """Runs a program that nobody traces, as the server's user; what it prints."""
        result = subprocess.run(
            ["setpriv", *self._as_user(), *map(str, arguments)] if self._user
            else [*map(str, arguments)],
            input=stdin, capture_output=True, text=True, env=clean_environment(), timeout=60,
            cwd=self.directory)
        if result.returncode != 0:
            raise AssertionError(f"{arguments} ended with {result.returncode}: {result.stdout}"
                                 f"{result.stderr}")
        return result.stdout

    def _as_user(self):
        return ["--reuid", self._user, "--regid", self._user, "--init-groups"] if self._user else []

    def _says(self, address, request, answer):
        """Whether the server at that address greets, or answers so."""
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        with socket.socket(family) as probe:
            probe.settimeout(5)
            try:
                probe.connect(address)
                probe.sendall(request)
                return answer in probe.recv(512)
            except OSError:
                return False

    def _set_up(self):
        pass

    def _fill(self):
        pass
