#!/usr/bin/python3
"""Records what real Redis clients and a real server say to each other.

Starts the distribution's server on 127.0.0.1 in a temporary folder, sends clients through a
recording relay, and writes NAME.dialogue beside this file: turns, each a direction ('C' from the
client, 'S' from the server), a length of four bytes in network order, and the bytes.
redis_capture_test.cc says what each of them holds: look there when you add one.
Needs redis-server, redis-tools, python3-redis, libhiredis-dev, a C compiler, node and npm.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "testing"))
from capture_relay import Recorder, free_port, wait_for  # noqa: E402

CLI = """\
SET greeting "hello world"
GET greeting
GET nothing
MGET greeting nothing other
HSET user:1 name Ada born 1815
HGET user:1 name
HGET user:1 died
HGETALL user:1
EXISTS greeting nothing
LPUSH greeting x
NOSUCHCOMMAND a b
SELECT 3
GET greeting
SELECT 99
ZADD scores 1.5 a 2.5 b
ZRANGE scores 0 -1 WITHSCORES
ZSCORE scores a
CONFIG SET maxmemory 100mb
ACL SETUSER bob on >not-in-any-span ~* +@all
AUTH bob not-in-any-span
MULTI
SET a 1
GET a
EXEC
XADD stream * field value
XREAD COUNT 1 STREAMS stream 0
EVAL "return {1, {2, 'three'}, redis.error_reply('CUSTOM no')}" 0
DEL greeting
"""
PYTHON = """
import redis, sys
client = redis.Redis(port=int(sys.argv[1]), db=2)
client.set('py:1', b'\\x00\\xff\\r\\n', ex=60)
client.get('py:1'), client.get('py:none')
client.exists('py:1', 'py:none')
with client.pipeline(transaction=True) as pipe:
    pipe.incr('py:n').incr('py:n').get('py:n').execute()
with client.pipeline(transaction=False) as pipe:
    pipe.set('py:2', 'x' * 300).get('py:2').mget('py:1', 'py:none').execute()
with client.pipeline() as pipe:
    pipe.watch('py:n')
    redis.Redis(port=int(sys.argv[2]), db=2).incr('py:n')
    pipe.multi()
    pipe.incr('py:n')
    try:
        pipe.execute()
    except redis.WatchError:
        pass
try:
    client.lpush('py:1', 'x')
except redis.ResponseError:
    pass
list(client.scan_iter('py:*'))
client.blpop('py:queue', timeout=1)
"""
PYTHON_PUBSUB = """
import redis, sys
other = redis.Redis(port=int(sys.argv[2]))
subscriber = redis.Redis(port=int(sys.argv[1])).pubsub()
def take(kinds):
    while kinds:
        message = subscriber.get_message(timeout=5)
        if message and message['type'] == kinds[0]:
            kinds.pop(0)
subscriber.subscribe('news', 'sport')
take(['subscribe', 'subscribe'])
subscriber.psubscribe('new*')
take(['psubscribe'])
other.publish('news', 'first')
take(['message', 'pmessage'])
subscriber.ping()
take(['pong'])
other.publish('sport', 'second')
take(['message'])
subscriber.unsubscribe()
take(['unsubscribe', 'unsubscribe'])
subscriber.punsubscribe()
take(['punsubscribe'])
subscriber.close()
"""
# The library of the distribution speaks RESP2 only: RESP3's pushes by hand.
RESP3 = """
import socket, sys
end = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
other = socket.create_connection(('127.0.0.1', int(sys.argv[2])))
answers = end.makefile('rb')
def say(*commands, until):
    for words in commands:
        end.sendall(b''.join([b'*%d\\r\\n' % len(words),
                              *(b'$%d\\r\\n%s\\r\\n' % (len(word), word) for word in words)]))
    while answers.readline() != until:
        pass
say([b'HELLO', b'3', b'AUTH', b'default', b'x', b'SETNAME', b'three'], until=b'*0\\r\\n')
say([b'CLIENT', b'TRACKING', b'ON'], until=b'+OK\\r\\n')
say([b'SET', b'k', b'v'], [b'GET', b'k'], until=b'v\\r\\n')
other.sendall(b'SET k w\\r\\n')
while answers.readline() != b'invalidate\\r\\n':
    pass
say([b'SUBSCRIBE', b'a', b'b'], [b'GET', b'none'], until=b'_\\r\\n')
other.sendall(b'PUBLISH a hello\\r\\n')
while answers.readline() != b'hello\\r\\n':
    pass
say([b'UNSUBSCRIBE'], [b'HSET', b'h', b'f', b'1'], [b'HGETALL', b'h'], [b'SMEMBERS', b'none'],
    [b'ZADD', b'z', b'1.5', b'm'], [b'ZMSCORE', b'z', b'm', b'none'], [b'PING'], until=b'+PONG\\r\\n')
say([b'CLIENT', b'REPLY', b'SKIP'], [b'GET', b'k'], [b'CLIENT', b'REPLY', b'OFF'], [b'GET', b'k'],
    [b'CLIENT', b'REPLY', b'ON'], [b'PING'], until=b'+PONG\\r\\n')
"""
HIREDIS = r"""
#include <hiredis/hiredis.h>
#include <stdlib.h>
int main(int count, char** arguments) {
  redisContext* context = redisConnect("127.0.0.1", atoi(arguments[1]));
  if (count < 2 || context == NULL || context->err) return 1;
  redisAppendCommand(context, "SELECT %d", 5);
  for (int i = 0; i < 20; ++i) {
    redisAppendCommand(context, "SET hi:%d %b", i, "a\0b", (size_t)3);
    redisAppendCommand(context, "GET hi:%d", i % 2 ? i : i + 100);
  }
  for (int i = 0; i < 41; ++i) {
    void* reply = NULL;
    if (redisGetReply(context, &reply) != REDIS_OK) return 1;
    freeReplyObject(reply);
  }
  redisFree(context);
  return 0;
}
"""
IOREDIS = """
const Redis = require('ioredis');
(async () => {
  const client = new Redis({port: Number(process.argv[1]), db: 4});
  await Promise.all([client.set('io:1', 'x'), client.get('io:1'), client.get('io:none')]);
  await client.pipeline().incr('io:n').hgetall('io:none').exec();
  await client.multi().incr('io:n').incr('io:n').exec();
  await client.lpush('io:1', 'x').catch(() => {});
  await client.quit();
})();
"""


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="capture-"))
    port, locked, plain = free_port(), free_port(), free_port()
    common = ["--bind", "127.0.0.1", "--save", "", "--dir", folder]
    commands = [["redis-server", "--port", port, *common],
                ["redis-server", "--port", locked, *common, "--requirepass", "not-in-any-span"],
                # Without the command that redis-cli asks at length for its completions.
                ["redis-server", "--port", plain, *common, "--rename-command", "COMMAND", ""]]
    servers = [subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
               for command in commands]

    def record(name, *command, upstream=port, kept=0, words=None):
        recorder = Recorder(HERE, upstream, kept)
        filled = [part.replace("RELAY", str(recorder.port)).replace("SERVER", str(upstream))
                  for part in command]
        subprocess.run(filled, input=words, text=True, timeout=60, stdout=subprocess.DEVNULL,
                       check=False, cwd=folder)
        recorder.save(name)

    python = ["/usr/bin/python3", "-c"]
    try:
        for one in (port, locked, plain):
            wait_for(one)
        record("redis_cli", "redis-cli", "-p", "RELAY", upstream=plain, words=CLI)
        record("redis_cli_resp3", "redis-cli", "-3", "-p", "RELAY", upstream=plain, words=CLI)
        record("redis_cli_password", "redis-cli", "-p", "RELAY", "-a", "not-in-any-span",
               "GET", "k", upstream=locked)
        record("redis_cli_wrong_password", "redis-cli", "-p", "RELAY", "-a", "wrong",
               "GET", "k", upstream=locked)
        benchmark = ["redis-benchmark", "-p", "RELAY", "-c", "1", "-q"]
        # Its first connection asks for the configuration; then each test has one of its own.
        record("benchmark", *benchmark, "-n", "5", "-t", "get", kept=1)
        record("benchmark_inline", *benchmark, "-n", "5", "-t", "ping", kept=1)
        record("benchmark_mset", *benchmark, "-n", "3", "-t", "mset", kept=1)
        record("benchmark_pipeline", *benchmark, "-n", "64", "-P", "16", "-t", "set", kept=1)
        record("redis_py", *python, PYTHON, "RELAY", "SERVER")
        record("redis_py_pubsub", *python, PYTHON_PUBSUB, "RELAY", "SERVER")
        record("resp3", *python, RESP3, "RELAY", "SERVER")
        (folder / "pipeline.c").write_text(HIREDIS)
        subprocess.run(["cc", "pipeline.c", "-lhiredis", "-o", "pipeline"], cwd=folder, check=True)
        record("hiredis_pipeline", str(folder / "pipeline"), "RELAY")
        subprocess.run(["npm", "install", "--silent", "ioredis@5"], cwd=folder, check=True)
        record("ioredis", "node", "-e", IOREDIS, "RELAY")
        record("telnet", *python, "import socket, sys\n"
               "end = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
               "end.sendall(b'PING\\r\\n\\r\\nset t \"a b\"\\r\\nGET t\\r\\nQUIT\\r\\n')\n"
               "while end.recv(100):\n    pass\n", "RELAY")
        record("monitor", *python, "import socket, sys\n"
               "end = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
               "end.sendall(b'*1\\r\\n$7\\r\\nMONITOR\\r\\n')\n"
               "end.recv(100)\n"
               "other = socket.create_connection(('127.0.0.1', int(sys.argv[2])))\n"
               "other.sendall(b'PING\\r\\n')\n"
               "end.recv(100)\n", "RELAY", "SERVER")
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
