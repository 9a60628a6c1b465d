"""Statements of each kind over psycopg2: psycopg2_client.py URI"""

import io
import sys

import psycopg2
import psycopg2.extras

connection = psycopg2.connect(sys.argv[1])
with connection, connection.cursor() as cursor:
    cursor.execute("SELECT n FROM numbers WHERE id = %s", (5,))
    print(cursor.fetchone())
    cursor.execute("CREATE TEMP TABLE words (word text)")
    psycopg2.extras.execute_values(cursor, "INSERT INTO words VALUES %s", [("a",), ("b",)])
    cursor.copy_expert("COPY words FROM STDIN", io.StringIO("c\nd\n"))
    out = io.StringIO()
    cursor.copy_expert("COPY words TO STDOUT", out)
    print(out.getvalue())
with connection, connection.cursor("far") as cursor:
    cursor.itersize = 40
    cursor.execute("SELECT n FROM numbers")
    print(sum(n for (n,) in cursor))
try:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELEC 1")
except psycopg2.Error as error:
    print(error.pgcode)
connection.autocommit = True
with connection.cursor() as cursor:
    cursor.execute("UPDATE numbers SET word = 'w' WHERE id = %s", (100,))
    print(cursor.rowcount)
connection.close()
