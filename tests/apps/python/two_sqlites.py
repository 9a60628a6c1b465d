"""Two copies of SQLite in one process, each with users of its own: two_sqlites.py MODULE ORDER
ORDER: letters; p: Python's sqlite3, m: the module's, unloaded again afterwards."""

import ctypes
import sqlite3
import sys

from _ctypes import dlclose


def python():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    print(connection.execute("SELECT a FROM t").fetchall())
    connection.close()


def module():
    library = ctypes.CDLL(sys.argv[1])
    print(library.use_own_sqlite())
    dlclose(library._handle)


for letter in sys.argv[2]:
    {"p": python, "m": module}[letter]()
