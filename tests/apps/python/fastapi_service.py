"""A shop of one item: FastAPI with synchronous handlers, SQLAlchemy over psycopg2, redis-py,
requests: fastapi_service.py DATABASE_URI REDIS_PORT UPSTREAM_PORT"""

import socket
import sys

import fastapi
import redis
import requests
import sqlalchemy
import uvicorn

application = fastapi.FastAPI()
database = sqlalchemy.create_engine(sys.argv[1])
cache = redis.Redis(port=int(sys.argv[2]))
upstream = requests.Session()


@application.get("/order/{number}")
def order(number: int):
    with database.connect() as connection:
        n = connection.execute(sqlalchemy.text("SELECT n FROM numbers WHERE id = :id"),
                               {"id": number}).scalar()
    name = cache.get(f"number:{number}")
    answer = upstream.get(f"http://127.0.0.1:{sys.argv[3]}/backend/{number}", timeout=20)
    return {"n": n, "name": name and name.decode(), "upstream": answer.text}


@application.get("/health")
def health():
    return "fine"


# Warm before it says that it listens: the first use of a pool asks the server who it is.
with database.connect() as first:
    first.execute(sqlalchemy.text("SELECT 1"))
listener = socket.create_server(("127.0.0.1", 0), backlog=256)
print(f"listening on {listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(application, log_level="warning")).run(sockets=[listener])
