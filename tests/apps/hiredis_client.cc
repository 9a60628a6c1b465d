// hiredis_client: commands of each kind over hiredis.
//   --port N
//   --how sync | pipeline | async    one by one; sent together; through libevent
//   --count N
#include <event2/event.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <cstdio>
#include <string>

#include "tests/apps/blocking_http.h"
#include "tests/apps/options.h"

namespace {

void print(const void* reply_pointer) {
  const auto* reply = static_cast<const redisReply*>(reply_pointer);
  if (reply == nullptr) {
    std::printf("lost\n");
  } else if (reply->str != nullptr) {
    std::printf("%s\n", reply->str);
  } else {
    std::printf("%lld of type %d\n", reply->integer, reply->type);
  }
}

redisContext* connect(int port) {
  redisContext* context = redisConnect("127.0.0.1", port);
  if (context == nullptr || context->err != 0) apps::fail("redis");
  return context;
}

void run_sync(int port, int count) {
  redisContext* context = connect(port);
  for (int i = 0; i < count; ++i) {
    for (const char* format : {"SET hiredis:%d value", "GET hiredis:%d", "GET missing:%d"}) {
      void* reply = redisCommand(context, format, i);
      print(reply);
      freeReplyObject(reply);
    }
  }
  redisFree(context);
}

void run_pipeline(int port, int count) {
  redisContext* context = connect(port);
  for (int i = 0; i < count; ++i) {
    redisAppendCommand(context, "SET hiredis:%d value", i);
    redisAppendCommand(context, "GET hiredis:%d", i);
    redisAppendCommand(context, "GET missing:%d", i);
  }
  for (int i = 0; i < 3 * count; ++i) {
    void* reply = nullptr;
    if (redisGetReply(context, &reply) != REDIS_OK) apps::fail("reply");
    print(reply);
    freeReplyObject(reply);
  }
  redisFree(context);
}

void run_async(int port, int count) {
  event_base* base = event_base_new();
  redisAsyncContext* context = redisAsyncConnect("127.0.0.1", port);
  if (context == nullptr || context->err != 0) apps::fail("redis");
  redisLibeventAttach(context, base);
  const auto show = [](redisAsyncContext*, void* reply, void*) { print(reply); };
  for (int i = 0; i < count; ++i) {
    redisAsyncCommand(context, show, nullptr, "SET hiredis:%d value", i);
    redisAsyncCommand(context, show, nullptr, "GET hiredis:%d", i);
    redisAsyncCommand(context, show, nullptr, "GET missing:%d", i);
  }
  redisAsyncDisconnect(context);  // once all is answered
  event_base_dispatch(base);
  event_base_free(base);
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  const std::string how = options.text("how", "sync");
  const auto run = how == "async" ? run_async : how == "pipeline" ? run_pipeline : run_sync;
  run(options.number("port", 6379), options.number("count", 1));
}
