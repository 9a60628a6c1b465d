// database_service: one SELECT, one GET of Redis and one HTTP GET for each request.
//   --port N               0 chooses one
//   --mode threads | pool  a thread for each connection, or worker threads that are handed accepted
//                          sockets through a queue
//   --workers N            of the pool
//   --connections N        to each store; a handler borrows one, whichever is free
//   --postgresql URI
//   --redis PORT
//   --upstream PORT        where the HTTP GET goes
// GET /order/N: reads table numbers_N, key number:N, and path /backend/N. GET /data/N: the same
// without the HTTP GET. GET /health does nothing.
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/apps/blocking_http.h"
#include "tests/apps/options.h"

namespace {

template <typename T>
class Queue {
 public:
  void put(T item) {
    {
      const std::lock_guard lock(mutex_);
      items_.push_back(std::move(item));
    }
    changed_.notify_one();
  }
  T take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !items_.empty(); });
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;
};

// A connection for as long as one handler needs it.
template <typename T>
class Borrowed {
 public:
  explicit Borrowed(Queue<T*>& pool) : pool_(pool), connection_(pool.take()) {}
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { pool_.put(connection_); }
  T* get() const { return connection_; }

 private:
  Queue<T*>& pool_;
  T* connection_;
};

struct Service {
  Queue<PGconn*> databases;
  Queue<redisContext*> caches;
  int upstream = 0;
};

std::string select_number(Service& service, const std::string& id) {
  const Borrowed<PGconn> database(service.databases);
  const std::string statement = "SELECT n FROM numbers_" + id + " WHERE id = $1";
  const char* value = "1";
  PGresult* result =
      PQexecParams(database.get(), statement.c_str(), 1, nullptr, &value, nullptr, nullptr, 0);
  std::string answer = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1
                           ? PQgetvalue(result, 0, 0)
                           : PQerrorMessage(database.get());
  PQclear(result);
  return answer;
}

std::string get_number(Service& service, const std::string& id) {
  const Borrowed<redisContext> cache(service.caches);
  auto* reply = static_cast<redisReply*>(redisCommand(cache.get(), "GET number:%s", id.c_str()));
  if (reply == nullptr) return cache.get()->errstr;
  std::string answer = reply->str != nullptr ? reply->str : "none";
  freeReplyObject(reply);
  return answer;
}

void serve(int fd, Service& service) {
  apps::Connection connection(fd);
  while (const std::optional<apps::Message> request = connection.read_message()) {
    const std::string path(request->second_word());
    std::string body = "fine\n";
    const bool order = path.starts_with("/order/");
    if (order || path.starts_with("/data/")) {
      const std::string id = path.substr(path.find('/', 1) + 1);
      body = "sql " + select_number(service, id);
      body += "\nredis " + get_number(service, id) + "\n";
      if (order) body += "http " + apps::get(service.upstream, "/backend/" + id) + "\n";
    }
    if (!connection.respond(body)) return;
  }
}

void connect_stores(Service& service, const apps::Options& options) {
  for (int i = 0; i < options.number("connections", 8); ++i) {
    PGconn* database = PQconnectdb(options.text("postgresql").c_str());
    if (PQstatus(database) != CONNECTION_OK) apps::fail(PQerrorMessage(database));
    service.databases.put(database);
    redisContext* cache = redisConnect("127.0.0.1", options.number("redis", 6379));
    if (cache == nullptr || cache->err != 0) apps::fail("redis");
    service.caches.put(cache);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  Service service;
  service.upstream = options.number("upstream", 0);
  connect_stores(service, options);
  int port = options.number("port", 0);
  const int listener = apps::listen_on(port);

  const bool pool = options.text("mode", "threads") == "pool";
  Queue<int> accepted;
  if (pool) {
    for (int i = 0; i < options.number("workers", 16); ++i)
      std::thread([&] {
        while (true) serve(accepted.take(), service);
      }).detach();
  }
  apps::announce(port);
  for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    if (pool)
      accepted.put(fd);
    else
      std::thread(serve, fd, std::ref(service)).detach();
  }
}
