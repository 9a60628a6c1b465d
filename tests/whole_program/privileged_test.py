"""What only root can set up: other users, other roots, other pid namespaces, a full file system."""

import os
import subprocess
import unittest

from harness import SessionTest, main, paths, segments, wire
from harness.waiting import eventually

ROOT = os.getuid() == 0
NOBODY = 65534


def works(*command):
    """Whether this machine allows it: even root may not mount in some containers."""
    return subprocess.run(command, capture_output=True).returncode == 0


NEEDS_NAMESPACES = unittest.skipUnless(ROOT and works("unshare", "--pid", "--fork", "true"),
                                       "needs leave to make a pid namespace")


@unittest.skipUnless(ROOT, "needs root to change users, roots and mounts")
class PrivilegedTest(SessionTest):
    def misbehaving(self, session, deed, when, *more):
        return session.app("misbehaving", "--do", deed, "--when", when, "--requests", 3, *more,
                           name="rude")

    def serve(self, program):
        port = program.port
        answers = [wire.get(port, f"/{number}") for number in range(3)]
        return answers, program.wait(), program.err

    def test_a_change_of_root(self):
        for when in ("before", "after"):
            with self.subTest(when):
                session = self.both(lambda s, w=when: self.serve(self.misbehaving(
                    s, "chroot", w, "--root", s.directory())))
                if when == "after":
                    self.assertEqual(len(session.spans), 3)

    def test_a_change_of_user(self):
        """Before its first traced byte: the new user's directory. After: the segment is kept. A
        collector of root's serves both."""
        for when in ("before", "after"):
            with self.subTest(when):
                session = self.both(lambda s, w=when: self.serve(self.misbehaving(s, "setuid", w)))
                self.assertEqual(len(session.spans), 3)

    def test_nginx_whose_workers_are_another_user(self):
        from harness import servers
        session = self.both(lambda s: wire.get(servers.nginx(s, user="nobody nogroup"), "/hello"))
        self.assertEqual(session.spans.only().path, "/hello")

    def test_users_do_not_see_each_other(self):
        session = self.traced()

        def become_nobody():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)

        mine = session.app("epoll_server", name="mine")
        theirs = session.app("epoll_server", name="theirs", preexec_fn=become_nobody)
        for server in (mine, theirs):
            wire.get_kept(server.port, "/x")
        session.wait_for_spans(2)
        self.assertEqual({span.service for span in session.spans}, {"mine", "theirs"})
        for user in (0, NOBODY):
            state = os.stat(f"{session.base}/seamtrace-{user}")
            self.assertEqual((state.st_uid, state.st_mode & 0o777), (user, 0o700))
            for name in os.listdir(f"{session.base}/seamtrace-{user}"):
                file = os.stat(f"{session.base}/seamtrace-{user}/{name}")
                self.assertEqual(file.st_mode & 0o077, 0, name)

    @NEEDS_NAMESPACES
    def test_another_pid_namespace_that_shares_the_directory(self):
        def scenario(session):
            server = session.start("unshare", "--pid", "--fork", "--kill-child",
                                   paths.app("epoll_server"), name="contained")
            return wire.get_kept(server.port, "/x")

        session = self.both(scenario)
        self.assertEqual(session.spans.only().service, "contained")

    @NEEDS_NAMESPACES
    def test_a_process_of_another_pid_namespace_that_is_quiet_is_not_taken_for_dead(self):
        session = self.traced()
        server = session.start("unshare", "--pid", "--fork", "--kill-child",
                               paths.app("httplib_server"), name="contained")
        with wire.connect(server.port) as slow:
            slow.sendall(wire.request("/slow?ms=4000"))
            wire.get(server.port, "/hello")
            session.wait_for_spans(1, path="/hello")
            wire.read_to_end(slow)
        span = session.wait_for_spans(1, path="/slow")[0]
        self.assertEqual((span.code, span.status), (200, "UNSET"))
        self.assertEqual(len(session.finish()), 2)

    def test_a_full_file_system(self):
        """Not one page is left for the segment: the program is unharmed, and untraced."""
        for size in ("4k", "64k", "512k", "6m"):
            with self.subTest(size):
                session = self.traced(collector=False)
                if not works("mount", "-t", "tmpfs", "-o", f"size={size},mode=1777", "tmpfs",
                             session.base):
                    self.skipTest("needs leave to mount a tmpfs")
                try:
                    self.fill_up(session)
                finally:
                    session.stop_subjects()
                    subprocess.run(["umount", "-l", session.base], check=True)

    def fill_up(self, session):
        server = session.app("httplib_server")
        for number in range(300):
            answer = wire.get(server.port, "/hello?" + "x" * 500)
            self.assertTrue(answer.startswith(b"HTTP/1.1 200"))
        filler = os.open(f"{session.base}/filler", os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(filler, b"x" * 4096):
                pass
        except OSError:
            pass  # full
        os.close(filler)
        for number in range(300):
            self.assertTrue(wire.get(server.port, "/hello").startswith(b"HTTP/1.1 200"))
        late = session.app("epoll_server")
        self.assertTrue(wire.get_kept(late.port, "/").startswith(b"HTTP/1.1 200"))
        self.assertIsNone(server.process.poll())
        self.assertIsNone(late.process.poll())

    def test_a_directory_that_is_somebody_elses(self):
        """seamtrace-0 prepared by another user must not be used."""
        session = self.traced(collector=False)
        trap = f"{session.base}/seamtrace-0"
        os.mkdir(trap, 0o777)
        os.chown(trap, NOBODY, NOBODY)
        os.chmod(trap, 0o777)
        server = session.app("epoll_server")
        self.assertTrue(wire.get_kept(server.port, "/").startswith(b"HTTP/1.1 200"))
        self.assertEqual(os.listdir(trap), [])

    @NEEDS_NAMESPACES
    def test_the_memory_of_a_dead_process_of_another_namespace_is_removed(self):
        session = self.traced()
        server = session.start("unshare", "--pid", "--fork", "--kill-child",
                               paths.app("epoll_server"), name="contained")
        wire.get_kept(server.port, "/x")
        session.wait_for_spans(1)
        server.stop()
        eventually(lambda: not segments.files(session.base), "the segment to be removed", 40)


if __name__ == "__main__":
    main()
