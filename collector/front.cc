#include "collector/front.h"

#include <sys/random.h>

#include <array>
#include <atomic>
#include <utility>

#include "collector/committed_sink.h"
#include "collector/overhead.h"
#include "collector/receive/grpc/grpc_server.h"
#include "collector/receive/otlp_receiver.h"
#include "collector/store/store_exporter.h"
#include "collector/support/clock.h"
#include "collector/support/hex.h"
#include "collector/web/error_response.h"
#include "collector/web/guard.h"
#include "collector/web/http_server.h"
#include "collector/web/viewer_routes.h"

namespace seamtrace::collector {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

/// How long a sender waits for the store's commit.
constexpr milliseconds kPatience{5000};

/// Empty when the kernel gives no random bytes.
std::string random_token() {
  std::array<uint8_t, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  return to_hex(bytes);
}

json to_json(const StoreStatistics& store) {
  return {{"path", store.path},
          {"bytes", store.bytes},
          {"traces", store.traces},
          {"spans", store.spans},
          {"oldest_us", store.oldest_unix_ns / 1000},
          {"duplicates", store.duplicates},
          {"removed_traces", store.removed_traces},
          {"last_error", store.last_error}};
}

}  // namespace

struct Front::Parts {
  Collector* collector = nullptr;
  StoreExporter* store = nullptr;
  std::string store_path;
  std::string viewer_url;
  std::atomic<uint64_t> last_request_ns{monotonic_ns()};
  std::optional<Guard> guard;
  std::unique_ptr<ViewerRoutes> routes;
  std::optional<CommittedSink> sink;
  std::unique_ptr<OtlpReceiver> receiver;
  // The servers go first: their handlers use everything above.
  std::unique_ptr<HttpServer> viewer;
  std::unique_ptr<HttpServer> receive_http;
  std::unique_ptr<GrpcServer> receive_grpc;

  /// Everything but what the collector itself knows. Must not ask the collector: it holds its lock.
  void add_to(json& status) const {
    status["viewer"] = viewer_url.empty() ? json() : json{{"url", viewer_url}};
    status["store"] = store_statistics();
    status["receiver"] = receiver_statistics();
    status["overhead"] = overhead(status);
  }

  json store_statistics() const {
    if (store != nullptr) return to_json(store->store_statistics());
    if (store_path.empty()) return nullptr;
    const auto reader = StoreReader::open(store_path);
    return reader ? to_json((*reader)->statistics())
                  : json{{"path", store_path}, {"last_error", reader.error().message}};
  }

  json receiver_statistics() const {
    if (receiver == nullptr) return nullptr;
    const ReceiverStatistics counts = receiver->statistics();
    return {{"http", counts.http},       {"grpc", counts.grpc},
            {"spans", counts.spans},     {"requests", counts.requests},
            {"refused", counts.refused}, {"last_error", counts.last_error}};
  }

  json health() const {
    if (collector != nullptr) return collector->status();
    json status{{"processes", json::array()}, {"exporters", json::array()}};
    add_to(status);
    return status;
  }

  std::optional<Error> open_viewer(const FrontOptions& options);
  std::optional<Error> open_receive_http(const ListenAddress& address);
  std::optional<Error> open_receive_grpc(const ListenAddress& address);
  void open_receivers(const FrontOptions& options, std::vector<std::string>& faults);
};

std::optional<Error> Front::Parts::open_viewer(const FrontOptions& options) {
  ViewerSources sources;
  sources.store_path = options.store_path;
  sources.health = [this] { return health(); };
  if (collector != nullptr)
    sources.change_process = [this](const json& wish) { return collector->change_process(wish); };
  routes = std::make_unique<ViewerRoutes>(std::move(sources));

  HttpServerOptions server;
  server.address = options.viewer->address;
  server.port = options.viewer->port;
  auto opened = HttpServer::listen(server);
  if (!opened && opened.error().code == ErrorCode::kBusy && options.any_viewer_port) {
    server.port = 0;
    opened = HttpServer::listen(server);
  }
  if (!opened) return opened.error();

  std::string token = options.token;
  if (token.empty() && !is_loopback(server.address)) {
    token = random_token();
    if (token.empty()) return Error{"no token could be made up; set SEAMTRACE_VIEWER_TOKEN"};
  }
  viewer = std::move(*opened);
  guard.emplace(GuardOptions{server.address, viewer->port(), token});
  viewer_url = viewer->url() + (token.empty() ? "" : "/?token=" + token);
  viewer->serve([this](const HttpRequest& request) {
    last_request_ns = monotonic_ns();
    if (auto refusal = guard->check(request)) return std::move(*refusal);
    return routes->handle(request);
  });
  return {};
}

std::optional<Error> Front::Parts::open_receive_http(const ListenAddress& address) {
  HttpServerOptions server;
  server.address = address.address;
  server.port = address.port;
  server.longest_body = OtlpReceiver::kLongestBody;
  server.most_buffered = GrpcServerOptions{}.most_buffered;
  server.on_refused = [this](int status, const std::string& sentence, const HttpRequest& head) {
    return receiver->handle_refused(status, sentence, head);
  };
  server.workers = 8;  // each may wait for a commit
  auto opened = HttpServer::listen(server);
  if (!opened) return opened.error();
  receive_http = std::move(*opened);
  receiver->listens_http(ListenAddress{server.address, receive_http->port()}.text());
  receive_http->serve([this](const HttpRequest& request) {
    // Only browsers send it, for pages that have no business here.
    if (!request.header("origin").empty())
      return error_response(403, "requests of web pages are refused");
    return receiver->handle(request);
  });
  return {};
}

std::optional<Error> Front::Parts::open_receive_grpc(const ListenAddress& address) {
  GrpcServerOptions server;
  server.address = address.address;
  server.port = address.port;
  auto opened = GrpcServer::listen(server, *receiver);
  if (!opened) return opened.error();
  receive_grpc = std::move(*opened);
  receiver->listens_grpc(receive_grpc->address());
  return {};
}

void Front::Parts::open_receivers(const FrontOptions& options, std::vector<std::string>& faults) {
  sink.emplace([this](SpanList&& spans) { return collector->take(std::move(spans)); }, store);
  receiver = std::make_unique<OtlpReceiver>(
      [this](SpanList&& spans) { return sink->take(std::move(spans), kPatience); });
  if (options.receive_http)
    if (const auto error = open_receive_http(*options.receive_http))
      faults.push_back("OTLP over HTTP: " + error->message);
  if (options.receive_grpc)
    if (const auto error = open_receive_grpc(*options.receive_grpc))
      faults.push_back("OTLP over gRPC: " + error->message);
  if (receive_http == nullptr && receive_grpc == nullptr) receiver.reset();
}

Front::Front(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Front::~Front() = default;

std::unique_ptr<Front> Front::start(const FrontOptions& options, Collector* collector,
                                    StoreExporter* store, std::vector<std::string>& faults) {
  auto parts = std::make_unique<Parts>();
  parts->collector = collector;
  parts->store = store;
  parts->store_path = options.store_path;
  if (collector != nullptr) parts->open_receivers(options, faults);
  if (options.viewer)
    if (const auto error = parts->open_viewer(options))
      faults.push_back("web viewer: " + error->message);
  if (collector != nullptr)
    collector->add_to_status([all = parts.get()](json& status) { all->add_to(status); });
  return std::unique_ptr<Front>(new Front(std::move(parts)));
}

const std::string& Front::viewer_url() const { return parts_->viewer_url; }

std::string Front::receive_http() const {
  return parts_->receiver == nullptr ? "" : parts_->receiver->statistics().http;
}

std::string Front::receive_grpc() const {
  return parts_->receiver == nullptr ? "" : parts_->receiver->statistics().grpc;
}

uint64_t Front::last_request_ns() const { return parts_->last_request_ns; }

}  // namespace seamtrace::collector
