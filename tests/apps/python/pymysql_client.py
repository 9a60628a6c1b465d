"""Statements of each kind over PyMySQL: pymysql_client.py PORT"""

import sys

import pymysql

connection = pymysql.connect(host="127.0.0.1", port=int(sys.argv[1]), user="tester",
                             database="shop", autocommit=False)
with connection.cursor() as cursor:
    cursor.execute("SELECT n FROM numbers WHERE id = %s", (6,))
    print(cursor.fetchone())
    cursor.execute("CREATE TEMPORARY TABLE words (word varchar(20) PRIMARY KEY)")
    print(cursor.executemany("INSERT INTO words VALUES (%s)", [("a",), ("b",), ("c",)]))
    try:
        cursor.execute("INSERT INTO words VALUES ('a')")
    except pymysql.Error as error:
        print(error.args[0])
    cursor.execute("SELECT word FROM words")
    print(cursor.fetchall())
connection.commit()
connection.close()
