"""Commands of each kind over redis-py: redis_client.py PORT"""

import sys

import redis

store = redis.Redis(port=int(sys.argv[1]))
print(store.set("py:a", "one"), store.get("py:a"), store.get("py:missing"))
print(store.mset({"py:b": 1, "py:c": 2}), store.mget("py:a", "py:b", "py:missing"))
print(store.hset("py:hash", mapping={"x": 1, "y": 2}), store.hmget("py:hash", "x", "z"))
with store.pipeline(transaction=False) as pipeline:
    print(pipeline.incr("py:n").incr("py:n").get("py:n").execute())
with store.pipeline(transaction=True) as pipeline:
    print(pipeline.set("py:t", 1).get("py:t").execute())
try:
    store.lpush("py:a", 1)
except redis.ResponseError as error:
    print(error)
print(store.delete("py:a", "py:b", "py:c", "py:hash", "py:n", "py:t"))
store.close()
