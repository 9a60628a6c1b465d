// httplib_server: cpp-httplib with its thread pool.
//   --port N            0 chooses one
//   --threads N         of the pool
//   --upstream URL      may repeat: where /chain goes on
//   --connection new | pool   how upstream connections are used; pool shares them among threads
//   --keep-alive N      requests that a connection may carry
#include <httplib.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/apps/options.h"

namespace {

// Connections that are lent to whichever thread asks first.
class Upstream {
 public:
  Upstream(std::string url, bool pooled) : url_(std::move(url)), pooled_(pooled) {}

  std::string get(const std::string& path) {
    std::unique_ptr<httplib::Client> client = take();
    const httplib::Result result = client->Get(path);
    const std::string answer =
        result ? result->body : "error " + httplib::to_string(result.error());
    if (pooled_) {
      const std::lock_guard lock(mutex_);
      idle_.push_back(std::move(client));
    }
    return answer;
  }

 private:
  std::unique_ptr<httplib::Client> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) {
      auto client = std::make_unique<httplib::Client>(url_);
      client->set_keep_alive(pooled_);
      client->set_tcp_nodelay(true);
      return client;
    }
    std::unique_ptr<httplib::Client> client = std::move(idle_.back());
    idle_.pop_back();
    return client;
  }

  const std::string url_;
  const bool pooled_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<httplib::Client>> idle_;
};

int number(const httplib::Request& request, const char* name, int otherwise) {
  return request.has_param(name) ? std::stoi(request.get_param_value(name)) : otherwise;
}

void crash(const std::string& how) {
  if (how == "abort") abort();
  if (how == "exit") exit(7);
  if (how == "_exit") _exit(8);
  if (how == "kill") kill(getpid(), SIGKILL);
  if (how == "term") kill(getpid(), SIGTERM);
  volatile int* nowhere = nullptr;
  *nowhere = 1;
}

void call(const httplib::Request& request, httplib::Response& response) {
  const std::string url = request.get_param_value("url");
  const size_t path = url.find('/', url.find("://") + 3);
  httplib::Client client(url.substr(0, path));
  const httplib::Result result = client.Get(path == std::string::npos ? "/" : url.substr(path));
  if (!result) response.status = 502;
  response.set_content(result ? result->body : httplib::to_string(result.error()), "text/plain");
}

void stream(httplib::Response& response, const char* type, std::string piece, int count) {
  response.set_chunked_content_provider(
      type, [piece, left = count](size_t, httplib::DataSink& sink) mutable {
        if (left-- > 0) return sink.write(piece.data(), piece.size());
        sink.done();
        return true;
      });
}

void add_routes(httplib::Server& server, std::vector<std::unique_ptr<Upstream>>& upstreams) {
  using httplib::Request;
  using httplib::Response;
  server.Get("/", [](const Request&, Response& r) { r.set_content("home\n", "text/plain"); });
  server.Get("/hello", [](const Request&, Response& r) { r.set_content("hello\n", "text/plain"); });
  server.Get(R"(/status/(\d+))", [](const Request& q, Response& r) {
    r.status = std::stoi(q.matches[1]);
    if (r.status != 204 && r.status != 304) r.set_content("status\n", "text/plain");
  });
  const auto echo = [](const Request& q, Response& r) { r.set_content(q.body, "text/plain"); };
  server.Post("/echo", echo);
  server.Put("/echo", echo);
  server.Get("/slow", [](const Request& q, Response& r) {
    std::this_thread::sleep_for(std::chrono::milliseconds(number(q, "ms", 100)));
    r.set_content("slow\n", "text/plain");
  });
  server.Get("/large", [](const Request& q, Response& r) {
    r.set_content(std::string(static_cast<size_t>(number(q, "bytes", 1000)), 'x'), "text/plain");
  });
  server.Get("/chunked", [](const Request& q, Response& r) {
    stream(r, "text/plain", "a piece of text\n", number(q, "chunks", 3));
  });
  server.Get("/events", [](const Request& q, Response& r) {
    stream(r, "text/event-stream", "data: tick\n\n", number(q, "events", 5));
  });
  server.Get("/crash", [](const Request& q, Response&) { crash(q.get_param_value("how")); });
  server.Get("/call", call);
  server.Get(R"(/chain/(.*))", [&upstreams](const Request& q, Response& r) {
    std::string body = "httplib " + std::string(q.matches[1]) + "\n";
    for (const auto& upstream : upstreams) body += upstream->get(q.path);
    r.set_content(body, "text/plain");
  });
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  signal(SIGPIPE, SIG_IGN);
  std::vector<std::unique_ptr<Upstream>> upstreams;
  for (const std::string& url : options.all("upstream"))
    upstreams.push_back(std::make_unique<Upstream>(url, options.text("connection") == "pool"));

  httplib::Server server;
  const int threads = options.number("threads", 8);
  server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  server.set_keep_alive_max_count(static_cast<size_t>(options.number("keep-alive", 1000000)));
  server.set_tcp_nodelay(true);
  // The library listens with a backlog of five, which drops connections under load: ask again.
  int listener = -1;
  server.set_socket_options([&listener](socket_t fd) {
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    listener = fd;
  });
  add_routes(server, upstreams);
  int port = options.number("port", 0);
  if (port == 0) {
    port = server.bind_to_any_port("127.0.0.1");
  } else if (!server.bind_to_port("127.0.0.1", port)) {
    std::perror("bind");
    return 3;
  }
  listen(listener, 1024);
  apps::announce(port);
  server.listen_after_bind();
}
