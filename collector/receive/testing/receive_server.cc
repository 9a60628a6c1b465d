// receive_server: the receiver alone, for tests: prints what it got.
//   receive_server [--patience SECONDS] [--connections N] [--body BYTES] [--buffered BYTES]
// It prints `listening on GRPC HTTP` (ports), then each request's spans as a line of OTLP JSON.
// Lines on standard input say how the sink answers from then on: `busy`, `taken`, `hold` (it
// waits), `release`; `statistics` prints them as a line of JSON; the end of the input ends it.
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "collector/export/otlp/otlp_encoder.h"
#include "collector/receive/grpc/grpc_server.h"
#include "collector/web/http_server.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector {
namespace {

class TestSink {
 public:
  SinkAnswer take(SpanList&& spans) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    --waiting_;
    if (busy_) return SinkAnswer::kBusy;
    std::vector<const Span*> list;
    for (const Span& span : spans.spans) list.push_back(&span);
    std::cout << encode_otlp_json(list) << std::endl;
    return SinkAnswer::kTaken;
  }

  void obey(const std::string& command) {
    const std::lock_guard lock(mutex_);
    if (command == "busy") busy_ = true;
    if (command == "taken") busy_ = false;
    if (command == "hold") held_ = true;
    if (command == "release") held_ = false;
    changed_.notify_all();
  }

  /// Spans that wait for `release`.
  size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false;
  bool held_ = false;
  size_t waiting_ = 0;
};

void print_statistics(const OtlpReceiver& receiver, TestSink& sink) {
  const ReceiverStatistics statistics = receiver.statistics();
  const nlohmann::json json{{"spans", statistics.spans},
                            {"requests", statistics.requests},
                            {"refused", statistics.refused},
                            {"last_error", statistics.last_error},
                            {"waiting", sink.waiting()}};
  std::cout << json.dump() << std::endl;
}

int run(int count, char** arguments) {
  std::map<std::string, size_t> options{{"--patience", 30},
                                        {"--connections", 64},
                                        {"--body", ReceiverLimits{}.most_body},
                                        {"--buffered", GrpcServerOptions{}.most_buffered}};
  for (int i = 1; i + 1 < count; i += 2) options.at(arguments[i]) = std::stoul(arguments[i + 1]);

  TestSink sink;
  ReceiverLimits limits;
  limits.most_body = options["--body"];
  OtlpReceiver receiver([&](SpanList&& spans) { return sink.take(std::move(spans)); }, limits);
  GrpcServerOptions grpc_options;
  grpc_options.patience = std::chrono::seconds(options["--patience"]);
  grpc_options.most_connections = options["--connections"];
  grpc_options.most_buffered = options["--buffered"];
  const auto grpc = GrpcServer::listen(grpc_options, receiver);
  HttpServerOptions http_options;
  http_options.longest_body = limits.most_body;
  http_options.most_buffered = options["--buffered"];
  http_options.on_refused = [&](int status, const std::string& sentence, const HttpRequest& head) {
    return receiver.handle_refused(status, sentence, head);
  };
  const auto http = HttpServer::listen(http_options);
  if (!grpc || !http) {
    std::cerr << (grpc ? http.error() : grpc.error()).message << '\n';
    return 1;
  }
  (*http)->serve([&](const HttpRequest& request) { return receiver.handle(request); });
  std::cout << "listening on " << (*grpc)->port() << ' ' << (*http)->port() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "statistics")
      print_statistics(receiver, sink);
    else
      sink.obey(line);
  }
  return 0;
}

}  // namespace
}  // namespace seamtrace::collector

int main(int count, char** arguments) { return seamtrace::collector::run(count, arguments); }
