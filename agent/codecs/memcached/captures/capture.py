#!/usr/bin/python3
"""Records what real memcached clients and a real server say to each other.

Starts the distribution's server on 127.0.0.1, sends clients through a recording relay, and writes
NAME.dialogue beside this file: turns, each a direction ('C' from the client, 'S' from the server),
a length of four bytes in network order, and the bytes. memcached_capture_test.cc says what each of
them holds: look there when you add one.
Needs memcached, libmemcached-tools, libmemcached-dev and a C compiler.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "testing"))
from capture_relay import Recorder, free_port, wait_for  # noqa: E402

# What to say, and the last line of its answer.
CLASSIC = [
    (b"version\r\n", b"VERSION"),
    (b"set a 5 0 3\r\nabc\r\nset b 0 0 0\r\n\r\nadd a 0 0 1\r\nx\r\n", b"NOT_STORED"),
    (b"get a\r\n", b"END"),
    (b"gets a none b\r\n", b"END"),
    (b"gat 100 a none\r\n", b"END"),
    (b"cas a 0 0 1 1\r\nx\r\nappend b 0 0 2\r\n\r\n\r\nprepend none 0 0 1\r\nx\r\n", b"NOT_STORED"),
    (b"set n 0 0 1 noreply\r\n5\r\nincr n 6 noreply\r\nincr n 4\r\n", b"15"),
    (b"decr n 20\r\nincr none 1\r\nincr a 1\r\n", b"CLIENT_ERROR"),
    (b"touch a 10\r\ntouch none 10\r\ndelete a\r\ndelete a\r\n", b"NOT_FOUND"),
    (b"get " + b"k" * 251 + b"\r\n", b"CLIENT_ERROR"),
    (b"get\r\n", b"ERROR"),
    (b"stats items\r\n", b"END"),
    (b"stats reset\r\n", b"RESET"),
    (b"lru_crawler metadump all\r\n", b"END"),
    (b"verbosity 0\r\nflush_all\r\n", b"OK"),
    (b"flush_all noreply\r\nget b\r\n", b"END"),
    (b"quit\r\n", None),
]
META = [
    (b"mn\r\n", b"MN"),
    (b"ms a 2 T0 F5\r\nab\r\n", b"HD"),
    (b"ms a 2 ME O9 k\r\nab\r\n", b"NS"),
    (b"mg a\r\nmg a v f s\r\nmg none v k O3\r\n", b"EN"),
    (b"ma n N0 J5 v\r\n", b"5"),
    (b"ma n v\r\nma none\r\n", b"NF"),
    (b"me a\r\nme none\r\n", b"EN"),
    (b"mg a v q k\r\nmg none v q k\r\nmg n v q k\r\nmn\r\n", b"MN"),
    (b"ms x 1 q\r\ny\r\nms x 1 ME q\r\ny\r\nmd none q\r\nma a q\r\nmn\r\n", b"MN"),
    (b"mg a v q O1\r\nmg n v q O2\r\nmg a v O3\r\n", b"ab"),
    (b"mg none v q\r\nmg none2 v\r\n", b"EN"),
    (b"md a\r\nmd a O7\r\n", b"NF"),
    (b"mg " + b"k" * 251 + b"\r\n", b"CLIENT_ERROR"),
]
LIBMEMCACHED = r"""
#include <libmemcached/memcached.h>
#include <stdlib.h>
#include <string.h>
int main(int count, char** arguments) {
  if (count < 2) return 1;
  memcached_st* cache = memcached_create(NULL);
  memcached_server_add(cache, "127.0.0.1", atoi(arguments[1]));
  const char* keys[] = {"lib:1", "lib:2", "lib:none"};
  size_t lengths[] = {5, 5, 8};
  for (int i = 0; i < 2; ++i) memcached_set(cache, keys[i], 5, "a\r\nb", 4, 60, 7);
  memcached_return_t result;
  size_t size;
  uint32_t flags;
  for (int i = 0; i < 3; ++i)
    free(memcached_get(cache, keys[i], lengths[i], &size, &flags, &result));
  memcached_mget(cache, keys, lengths, 3);
  char key[MEMCACHED_MAX_KEY];
  size_t length;
  char* value;
  while ((value = memcached_fetch(cache, key, &length, &size, &flags, &result)) != NULL)
    free(value);
  memcached_delete(cache, keys[0], lengths[0], 0);
  memcached_delete(cache, keys[2], lengths[2], 0);
  memcached_behavior_set(cache, MEMCACHED_BEHAVIOR_NOREPLY, 1);
  memcached_set(cache, keys[0], lengths[0], "x", 1, 0, 0);
  memcached_behavior_set(cache, MEMCACHED_BEHAVIOR_NOREPLY, 0);
  free(memcached_get(cache, keys[0], lengths[0], &size, &flags, &result));
  memcached_free(cache);
  return 0;
}
"""


def talk(port, words):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as end:
        answers = end.makefile("rb")
        for request, last in words:
            end.sendall(request)
            while line := answers.readline():
                if last is not None and line.startswith(last):
                    break


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="capture-"))
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen(["memcached", *user, "-l", "127.0.0.1", "-p", str(port), "-U", "0"])

    def record(name, act):
        recorder = Recorder(HERE, port, 0)
        act(recorder.port)
        recorder.save(name)

    def run(*command):
        def act(relay):
            filled = [part.replace("RELAY", f"127.0.0.1:{relay}") for part in command]
            subprocess.run(filled, cwd=folder, timeout=60, check=False, stdout=subprocess.DEVNULL)
        return act

    try:
        wait_for(port)
        (folder / "first").write_text("the first file\n")
        (folder / "second").write_text("and\r\nthe second\n")
        record("memccp", run("memccp", "--servers=RELAY", "first", "second"))
        record("memccat", run("memccat", "--servers=RELAY", "first", "nothing"))
        record("memcrm", run("memcrm", "--servers=RELAY", "first"))
        (folder / "client.c").write_text(LIBMEMCACHED)
        subprocess.run(["cc", "client.c", "-lmemcached", "-o", "client"], cwd=folder, check=True)
        record("libmemcached", lambda relay: subprocess.run([folder / "client", str(relay)],
                                                            timeout=60, check=True))
        record("classic", lambda relay: talk(relay, CLASSIC))
        record("meta", lambda relay: talk(relay, META))
        record("binary", run("memccat", "--binary", "--servers=RELAY", "second"))
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
