"""PostgreSQL with tables numbers_0 to numbers_9, and Redis with keys number:0 to number:6, until
stdin ends. Prints one line: their addresses as JSON."""

import json
import sys

sys.path.insert(0, sys.argv[1])

from harness import stores  # noqa: E402

TABLES = """
DO $$ BEGIN
  FOR i IN 0..9 LOOP
    EXECUTE format('CREATE TABLE numbers_%s AS SELECT 1 AS id, %s AS n', i, i);
  END LOOP;
END $$"""

with stores.PostgreSQL() as database, stores.Redis() as cache:
    database.sql(TABLES)
    cache.cli("MSET", *(word for i in range(7) for word in (f"number:{i}", i)))
    print(json.dumps({"postgresql": database.uri(), "redis": cache.port}), flush=True)
    sys.stdin.read()
