"""Where things are. SEAMTRACE_BUILD_DIR names another build than build/release."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("SEAMTRACE_BUILD_DIR", ROOT / "build" / "release"))
LIBRARY = BUILD / "lib" / "libseamtrace.so"
SEAMTRACE = BUILD / "bin" / "seamtrace"
SOURCES = ROOT / "tests" / "apps"
RECEIVER = ROOT / "tests" / "receiver" / "receiver.js"


def app(name):
    """A subject built from tests/apps."""
    return str(BUILD / "apps" / name)


def script(name):
    """A subject that an interpreter runs, such as `node/http_server.js`."""
    return str(SOURCES / name)


def shared_memory():
    """A directory for segments: in memory where the machine has that."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"
