#include "collector/web/http_server.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace seamtrace::collector {
namespace {

std::unique_ptr<HttpServer> serve(HttpServer::Handler handler, HttpServerOptions options = {}) {
  auto server = HttpServer::listen(options);
  EXPECT_TRUE(server) << (server ? "" : server.error().message);
  if (!server) return nullptr;
  (*server)->serve(std::move(handler));
  return std::move(*server);
}

/// A socket that has sent the bytes.
int connection_with(uint16_t port, const std::string& bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
  return socket;
}

/// Sends bytes and gives everything that comes back until the server closes.
std::string exchange_bytes(uint16_t port, const std::string& bytes) {
  const int socket = connection_with(port, bytes);
  std::string answer;
  char block[4096];
  errno = 0;
  for (ssize_t size; (size = ::recv(socket, block, sizeof block, 0)) > 0;)
    answer.append(block, static_cast<size_t>(size));
  EXPECT_EQ(errno, 0) << "the connection was reset";
  ::close(socket);
  return answer;
}

HttpResponse tell(const HttpRequest& request) {
  return {200,
          "text/plain",
          request.method + " " + request.path + " " + request.header("x-test") + " " + request.body,
          {{"X-Further", "yes"}}};
}

TEST(HttpServer, AnswersRequestsOfOneConnectionInTurn) {
  const auto server = serve(tell);
  httplib::Client client("127.0.0.1", server->port());
  client.set_keep_alive(true);
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Post("/a%20b?c=d", {{"X-Test", "seen"}}, "body", "text/plain");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "POST /a b seen body");
    EXPECT_EQ(answer->get_header_value("X-Further"), "yes");
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const auto server = serve(tell);
  const std::string answer = exchange_bytes(
      server->port(),
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const size_t first = answer.find("GET /1"), second = answer.find("GET /2");
  EXPECT_NE(first, std::string::npos) << answer;
  EXPECT_NE(second, std::string::npos) << answer;
  EXPECT_LT(first, second);
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  const auto server = serve(tell);
  httplib::Client client("127.0.0.1", server->port());
  const auto answer = client.Head("/x");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->get_header_value("Content-Length"), "8");  // of `GET /x  `
  EXPECT_EQ(answer->body, "");
}

TEST(HttpServer, RefusesWhatIsTooLongOrNotHttp) {
  HttpServerOptions options;
  options.longest_body = 1000;
  const auto server = serve(tell, options);
  httplib::Client client("127.0.0.1", server->port());
  EXPECT_EQ(client.Post("/", std::string(1000, 'x'), "text/plain")->status, 200);
  EXPECT_EQ(client.Post("/", std::string(1001, 'x'), "text/plain")->status, 413);
  EXPECT_TRUE(
      exchange_bytes(server->port(), "GET / HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n")
          .starts_with("HTTP/1.1 431"));
  EXPECT_TRUE(exchange_bytes(server->port(), "what is this?\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(exchange_bytes(server->port(), "GET /%zz HTTP/1.0\r\n\r\n").find(" 400 ") !=
              std::string::npos);
}

TEST(HttpServer, BoundsAChunkedBodyToo) {
  HttpServerOptions options;
  options.longest_body = 1000;
  const auto server = serve(tell, options);
  std::string request =
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 3; ++i) request += "190\r\n" + std::string(0x190, 'x') + "\r\n";
  EXPECT_TRUE(exchange_bytes(server->port(), request + "0\r\n\r\n").starts_with("HTTP/1.1 413"));
}

/// `size` bytes in pieces of 1 MiB.
std::string chunked(size_t size) {
  std::string request =
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (; size > 0; size -= 0x100000) request += "100000\r\n" + std::string(0x100000, 'x') + "\r\n";
  return request + "0\r\n\r\n";
}

std::string with_length(size_t size) {
  return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
         std::string(size, 'x');
}

TEST(HttpServer, WhoeverSendsTooMuchGetsToReadTheAnswer) {
  HttpServerOptions options;
  options.longest_body = 1 << 20;
  const auto server = serve(tell, options);
  for (const size_t size : {size_t{2} << 20, size_t{32} << 20}) {  // more than sockets hold
    EXPECT_TRUE(exchange_bytes(server->port(), with_length(size)).starts_with("HTTP/1.1 413"));
    EXPECT_TRUE(exchange_bytes(server->port(), chunked(size)).starts_with("HTTP/1.1 413"));
  }
}

TEST(HttpServer, AnotherMayFormTheAnswersToWhatItRefuses) {
  HttpServerOptions options;
  options.longest_body = 1000;
  options.on_refused = [](int status, const std::string&, const HttpRequest& head) {
    return HttpResponse{status, "text/plain", "no " + head.path + " " + head.header("x-test"), {}};
  };
  const auto server = serve(tell, options);
  httplib::Client client("127.0.0.1", server->port());
  const auto answer = client.Post("/a", {{"X-Test", "seen"}}, std::string(1001, 'x'), "text/plain");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->body, "no /a seen");
  const std::string malformed = exchange_bytes(
      server->port(), "GET /%zz HTTP/1.1\r\nX-Test: seen\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(malformed.starts_with("HTTP/1.1 400")) << malformed;
  EXPECT_TRUE(malformed.ends_with("no  seen")) << malformed;
  EXPECT_TRUE(exchange_bytes(server->port(), "what is this?\r\n\r\n").starts_with("HTTP/1.1 400"));
}

TEST(HttpServer, TheBodiesOfAllRequestsShareTheirMemory) {
  HttpServerOptions options;
  options.longest_body = 8 << 20;
  options.most_buffered = 10 << 20;
  std::promise<void> entered, release;
  auto released = release.get_future().share();
  const auto server = serve(
      [&entered, released](const HttpRequest& request) {
        if (request.path == "/held") {
          entered.set_value();
          released.wait();
        }
        return HttpResponse{};
      },
      options);
  const std::string most(8 << 20, 'x');
  auto held = std::async(std::launch::async, [&] {
    httplib::Client client("127.0.0.1", server->port());
    return client.Post("/held", most, "text/plain")->status;
  });
  entered.get_future().wait();
  httplib::Client client("127.0.0.1", server->port());
  EXPECT_EQ(client.Get("/")->status, 200);
  const auto refused = client.Post("/", most, "text/plain");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->get_header_value("Retry-After"), "1");
  EXPECT_TRUE(exchange_bytes(server->port(), chunked(8 << 20)).starts_with("HTTP/1.1 503"));
  release.set_value();
  EXPECT_EQ(held.get(), 200);
  EXPECT_EQ(client.Post("/", most, "text/plain")->status, 200);
}

TEST(HttpServer, AConnectionThatEndsGivesItsMemoryBack) {
  HttpServerOptions options;
  options.longest_body = options.most_buffered = 1000;
  const auto server = serve(tell, options);
  const int socket = connection_with(
      server->port(),
      "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 900\r\n\r\n");
  char answer[12];
  ASSERT_EQ(::recv(socket, answer, sizeof answer, MSG_WAITALL), 12);
  ASSERT_EQ(std::string_view(answer, sizeof answer), "HTTP/1.1 100");  // it has its memory now
  httplib::Client client("127.0.0.1", server->port());
  const auto status = [&] { return client.Post("/", std::string(900, 'x'), "text/plain")->status; };
  EXPECT_EQ(status(), 503);
  ::close(socket);
  while (status() != 200) std::this_thread::yield();
}

TEST(HttpServer, ABadRequestAfterHeadHasItsSentence) {
  const auto server = serve(tell);
  const std::string answer = exchange_bytes(
      server->port(),
      "HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /..%2f.. HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find(" 400 "), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\"the request's target is malformed\"}")) << answer;
}

TEST(HttpServer, AHandlerThatThrowsMakesA500) {
  const auto server =
      serve([](const HttpRequest&) -> HttpResponse { throw std::runtime_error("a fault"); });
  httplib::Client client("127.0.0.1", server->port());
  EXPECT_EQ(client.Get("/")->status, 500);
}

TEST(HttpServer, ASlowHandlerDoesNotHoldOthersUp) {
  std::promise<void> release;
  auto released = release.get_future().share();
  const auto server = serve([released](const HttpRequest& request) {
    if (request.path == "/slow") released.wait();
    return tell(request);
  });
  auto slow = std::async(std::launch::async, [&] {
    httplib::Client client("127.0.0.1", server->port());
    return client.Get("/slow")->status;
  });
  httplib::Client client("127.0.0.1", server->port());
  EXPECT_EQ(client.Get("/quick")->status, 200);
  release.set_value();
  EXPECT_EQ(slow.get(), 200);
}

TEST(HttpServer, DisconnectsWhoeverSendsNothing) {
  HttpServerOptions options;
  options.patience = std::chrono::seconds(1);
  const auto server = serve(tell, options);
  EXPECT_EQ(exchange_bytes(server->port(), "GET / HT"), "");  // returns: the server closed
}

TEST(HttpServer, SaysWhenThePortIsTaken) {
  const auto server = serve(tell);
  HttpServerOptions options;
  options.port = server->port();
  const auto second = HttpServer::listen(options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  options.address = "localhost";
  const auto unknown = HttpServer::listen(options);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("not an IP address"), std::string::npos);
}

TEST(HttpServer, EndsWithConnectionsOpen) {
  auto server = serve(tell);
  httplib::Client client("127.0.0.1", server->port());
  client.set_keep_alive(true);
  EXPECT_EQ(client.Get("/")->status, 200);
  server.reset();
  EXPECT_FALSE(client.Get("/"));
}

}  // namespace
}  // namespace seamtrace::collector
