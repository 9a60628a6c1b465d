// OtlpServer: a real HTTP server in the test's process that answers as the test says.
#pragma once

#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace seamtrace::collector::testing {

struct Answer {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/x-protobuf";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class OtlpServer {
 public:
  struct Received {
    std::string path;
    std::string body;  ///< uncompressed by the server where Content-Encoding says gzip
    httplib::Headers headers;
    int peer_port = 0;

    std::string header(const std::string& name) const {
      const auto found = headers.find(name);
      return found == headers.end() ? "" : found->second;
    }
  };

  OtlpServer() {
    server_.set_keep_alive_max_count(1000);
    server_.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
      respond(request, response);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }

  ~OtlpServer() {
    release();
    server_.stop();
    thread_.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1/traces"; }

  /// The answers to the next requests; 200 once they are used up.
  void answer(std::deque<Answer> answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
  }

  /// Requests wait for release() from now on.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }

  /// Waits until `count` requests have come, at most ten seconds.
  bool wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return received_.size() >= count; });
  }

  std::vector<Received> received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }

 private:
  void respond(const httplib::Request& request, httplib::Response& response) {
    std::unique_lock lock(mutex_);
    received_.push_back({request.path, request.body, request.headers, request.remote_port});
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    Answer answer;
    if (!answers_.empty()) {
      answer = std::move(answers_.front());
      answers_.pop_front();
    }
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
    response.set_content(answer.body, answer.content_type);
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Answer> answers_;
  bool held_ = false;
  std::vector<Received> received_;
};

}  // namespace seamtrace::collector::testing
