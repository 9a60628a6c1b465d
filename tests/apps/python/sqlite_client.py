"""Statements over Python's sqlite3: sqlite_client.py FILE"""

import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1])
connection.execute("CREATE TABLE numbers (id INTEGER PRIMARY KEY, word TEXT)")
with connection:
    connection.executemany("INSERT INTO numbers (word) VALUES (?)",
                           [("secret-marker",), ("two",), ("three",)])
print(connection.execute("SELECT word FROM numbers WHERE id >= ?", (1,)).fetchall())
try:
    connection.execute("INSERT INTO numbers VALUES (1, 'again')")
except sqlite3.IntegrityError as error:
    print(error)
connection.rollback()
print(connection.execute("SELECT count(*) FROM numbers WHERE word <> 'x'").fetchone())
connection.close()
