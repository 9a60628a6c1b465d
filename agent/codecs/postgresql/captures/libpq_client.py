"""What libpq can say that psql does not: pipelines, bare prepares, COPY in the extended protocol.

Usage: libpq_client.py SCENARIO URL       (capture.py runs it)
"""
import ctypes
import socket
import struct
import sys
import urllib.parse

libpq = ctypes.CDLL("libpq.so.5")
for name in ("PQconnectdb", "PQgetResult", "PQexec", "PQexecParams", "PQprepare",
             "PQexecPrepared", "PQdescribePrepared", "PQfn", "PQresultErrorMessage"):
    getattr(libpq, name).restype = ctypes.c_void_p
COPY_IN, COPY_OUT = 4, 3


class Connection:
    def __init__(self, url):
        self.at = ctypes.c_void_p(libpq.PQconnectdb(url.encode()))
        if libpq.PQstatus(self.at) != 0:
            sys.exit("not connected")

    def call(self, function, *arguments):
        encoded = [a.encode() if isinstance(a, str) else a for a in arguments]
        return getattr(libpq, function)(self.at, *encoded)

    @staticmethod
    def values(values):
        encoded = [v.encode() for v in values]
        return (ctypes.c_char_p * len(encoded))(*encoded)

    def send_query(self, text, *values):
        if not self.call("PQsendQueryParams", text, len(values), None, self.values(values), None,
                         None, 0):
            sys.exit("not sent")

    def execute(self, text, *values):
        return libpq.PQresultStatus(ctypes.c_void_p(self.call(
            "PQexecParams", text, len(values), None, self.values(values), None, None, 0)))

    def execute_prepared(self, name, *values):
        self.call("PQexecPrepared", name, len(values), self.values(values), None, None, 0)

    def results(self, syncs):
        """Reads what a pipeline is answered, up to so many syncs."""
        while syncs > 0:
            result = self.call("PQgetResult")
            if result is None:
                continue
            if libpq.PQresultStatus(ctypes.c_void_p(result)) == 10:
                syncs -= 1

    def finish(self):
        libpq.PQfinish(self.at)


def pipeline(connection):
    connection.call("PQenterPipelineMode")
    for number in ("1", "2"):
        connection.send_query("SELECT $1::int", number)
    connection.call("PQpipelineSync")
    connection.send_query("SELECT 10 / $1::int", "5")
    connection.send_query("SELECT 10 / $1::int", "0")  # fails
    connection.send_query("SELECT 'skipped'")
    connection.call("PQsendPrepare", "never", "SELECT 'never prepared'", 0, None)
    connection.call("PQpipelineSync")
    connection.call("PQsendPrepare", "twice", "SELECT 2 * $1::int", 0, None)
    connection.call("PQsendQueryPrepared", "twice", 1, connection.values(["4"]), None, None, 0)
    connection.send_query("SELECT 'last'")
    connection.call("PQpipelineSync")
    connection.results(3)
    connection.call("PQsendPrepare", "bad", "SELEC", 0, None)  # fails
    connection.call("PQsendQueryPrepared", "bad", 0, None, None, None, 0)
    connection.call("PQpipelineSync")
    connection.call("PQsendPrepare", "twice", "SELECT 'a duplicate'", 0, None)  # fails
    connection.call("PQpipelineSync")
    connection.results(2)
    connection.call("PQsendQueryPrepared", "twice", 1, connection.values(["5"]), None, None, 0)
    connection.call("PQpipelineSync")
    connection.results(1)
    connection.call("PQexitPipelineMode")
    connection.call("PQexec", "SELECT 'simple again'")


def prepare(connection):
    connection.call("PQprepare", "good", "SELECT name FROM items WHERE id = $1", 1, None)
    connection.call("PQprepare", "bad", "SELECT * FROM nowhere", 0, None)  # fails
    connection.call("PQdescribePrepared", "good")
    connection.call("PQdescribePrepared", "unknown")  # fails
    connection.execute_prepared("good", "1")
    connection.execute_prepared("good", "not a number")  # fails in Bind
    connection.execute_prepared("unknown")  # fails in Bind
    connection.call("PQexec", "DEALLOCATE good")
    connection.call("PQprepare", "good", "SELECT 'another'", 0, None)
    connection.execute_prepared("good")
    connection.execute("SELECT * FROM items WHERE id < $1", "3")
    connection.execute("SELEC $1", "3")  # fails in Parse
    connection.execute("  -- nothing")


def copy_in(connection, text, data):
    if connection.execute(text) != COPY_IN:
        sys.exit(f"no COPY: {text}")
    connection.call("PQputCopyData", data, len(data))
    connection.call("PQputCopyEnd", None)
    while connection.call("PQgetResult") is not None:
        pass


def copy(connection):
    copy_in(connection, "COPY log FROM STDIN", b"one\ntwo\n")
    connection.execute("SELECT 'between'")
    copy_in(connection, "COPY items FROM STDIN", b"1\tduplicate\n")  # fails after the data
    connection.execute("SELECT 'after a failure'")
    copy_in(connection, "COPY closed FROM STDIN", b"x\n")  # fails before the data
    connection.execute("SELECT 'after another'")
    if connection.execute("COPY items TO STDOUT") != COPY_OUT:
        sys.exit("no COPY")
    row = ctypes.c_void_p()
    while connection.call("PQgetCopyData", ctypes.byref(row), 0) > 0:
        pass
    while connection.call("PQgetResult") is not None:
        pass
    connection.execute("SELECT 'the end'")


class Argument(ctypes.Structure):
    _fields_ = [("size", ctypes.c_int), ("is_integer", ctypes.c_int), ("value", ctypes.c_void_p)]


def call(connection):
    result, size = ctypes.c_int(), ctypes.c_int()
    argument = Argument(4, 1, ctypes.c_void_p(7))
    for function in (1251, 999999):  # int4abs, and none: fails
        connection.call("PQfn", function, ctypes.byref(result), ctypes.byref(size), 1,
                        ctypes.byref(argument), 1)
    connection.call("PQexec", "SELECT 'after'")


def late(connection):
    """Errors that a Sync brings, in the middle of a pipeline."""
    connection.call("PQenterPipelineMode")
    connection.send_query("INSERT INTO late VALUES ($1), ($1)", "1")
    connection.call("PQpipelineSync")
    connection.send_query("SELECT 'unharmed'")
    connection.call("PQpipelineSync")
    connection.results(2)


def suspend(url):
    """Portals that are read in parts, which libpq cannot do: by hand."""
    parts = urllib.parse.urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as server:
        reader = server.makefile("rb")

        def send(*messages):
            server.sendall(b"".join(
                kind + struct.pack(">I", len(body) + 4) + body for kind, body in messages))

        def read_until(wanted):
            while True:
                kind, length = struct.unpack(">cI", reader.read(5))
                reader.read(length - 4)
                if kind == wanted:
                    return

        start = struct.pack(">I", 196608) + b"user\0postgres\0\0"
        server.sendall(struct.pack(">I", len(start) + 4) + start)
        read_until(b"Z")
        count = struct.pack(">I", 3)
        parse = (b"P", b"\0SELECT generate_series(1, $1)\0\0\0")
        bind = (b"B", b"portal\0\0" + struct.pack(">HHI", 0, 1, 1) + b"7" + b"\0\0")
        send(parse, bind, (b"E", b"portal\0" + count), (b"H", b""))
        read_until(b"s")
        send((b"E", b"portal\0" + count), (b"H", b""))
        read_until(b"s")
        send((b"E", b"portal\0" + count), (b"C", b"Pportal\0"), (b"S", b""))
        read_until(b"Z")
        send((b"X", b""))


def main():
    scenario, url = sys.argv[1:]
    if scenario == "suspend":
        suspend(url)
        return
    connection = Connection(url)
    {"pipeline": pipeline, "prepare": prepare, "copy": copy, "call": call, "late": late}[scenario](
        connection)
    connection.finish()


if __name__ == "__main__":
    main()
