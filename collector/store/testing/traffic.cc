#include "collector/store/testing/traffic.h"

#include <array>
#include <cmath>
#include <tuple>

#include "collector/store/bytes.h"
#include "collector/support/arena.h"

namespace seamtrace::collector::testing {
namespace {

std::shared_ptr<const Resource> process(const std::string& service, int64_t pid) {
  auto made = std::make_shared<Resource>();
  made->set("service.name", service);
  made->set("service.instance.id", service + "-7f6c9d-" + std::to_string(pid));
  made->set("process.pid", pid);
  made->set("process.executable.name", service);
  made->set("process.executable.path", "/usr/local/bin/" + service);
  const std::array<std::string_view, 3> arguments = {"serve", "--port", "8080"};
  made->set("process.command_args", std::span<const std::string_view>(arguments));
  made->set("host.name", "node-" + std::to_string(pid % 4));
  made->set("telemetry.sdk.name", "seamtrace");
  made->set("telemetry.sdk.language", "cpp");
  return made;
}

constexpr std::array<std::string_view, 6> kPaths = {"/",        "/products/", "/cart/",
                                                    "/orders/", "/users/",    "/search"};
constexpr std::array<std::string_view, 8> kQueries = {
    "SELECT id, name, price, stock FROM products WHERE id = ?",
    "SELECT p.id, p.name FROM products p JOIN categories c ON c.id = p.category WHERE c.name = ? "
    "ORDER BY p.rank LIMIT ?",
    "SELECT * FROM carts WHERE user_id = ? AND state = ?",
    "INSERT INTO cart_items (cart_id, product_id, quantity) VALUES (?, ?, ?)",
    "UPDATE orders SET state = ?, updated_at = now() WHERE id = ?",
    "SELECT o.id, o.total FROM orders o WHERE o.user_id = ? ORDER BY o.created_at DESC LIMIT ?",
    "BEGIN",
    "COMMIT"};
constexpr std::array<std::string_view, 8> kSummaries = {
    "SELECT products", "SELECT products categories",
    "SELECT carts",    "INSERT cart_items",
    "UPDATE orders",   "SELECT orders",
    "BEGIN",           "COMMIT"};

}  // namespace

/// Builds one trace's spans in one list.
class Traffic::Maker {
 public:
  Maker(Traffic& traffic, SpanList& list) : traffic_(traffic), list_(list) {
    store::set_id(trace_id_, traffic.random_());
    store::set_id(trace_id_, traffic.random_(), 8);
  }

  SpanId add(SpanKind kind, const SpanId& parent, std::string_view name, std::string_view scope,
             Times times, const std::shared_ptr<const Resource>& resource) {
    Span& span = list_.spans.emplace_back(list_.arena.get());
    span.trace_id = trace_id_;
    store::set_id(span.span_id, traffic_.random_() | 1);
    span.parent_span_id = parent;
    span.kind = kind;
    span.parent_remote = kind == SpanKind::kServer && parent != SpanId{};
    span.trace_flags = 1;
    span.name = name;
    span.scope = scope;
    span.start_unix_ns = times.start;
    span.end_unix_ns = times.end;
    span.resource = resource;
    span.attributes.reserve(18);
    return span.span_id;
  }
  Span& last() { return list_.spans.back(); }
  void set(std::string_view key, Value value) { last().attributes.push_back({key, value}); }
  void set_text(std::string_view key, const std::string& value) {
    set(key, copy_text(*list_.arena, value));
  }
  void fail(std::string_view type) {
    last().status = StatusCode::kError;
    set("error.type", type);
  }

 private:
  Traffic& traffic_;
  SpanList& list_;
  TraceId trace_id_{};
};

Traffic::Traffic(const TrafficOptions& options)
    : random_(options.seed),
      now_ns_(static_cast<double>(options.begin_unix_ns)),
      ns_per_span_(1e9 / options.spans_per_second) {
  for (int64_t i = 0; i < 2; ++i) gateways_.push_back(process("gateway", 1200 + i));
  for (int64_t i = 0; i < 4; ++i) shops_.push_back(process("shop", 2200 + i));
  for (int64_t i = 0; i < 2; ++i) payments_.push_back(process("payment", 3200 + i));
}

uint64_t Traffic::duration(double median_us) {
  const double factor = std::exp(std::normal_distribution<>(0, 0.6)(random_));
  return static_cast<uint64_t>(median_us * factor * 1000) + number(1000);
}

void Traffic::make_trace() {
  auto list = std::make_shared<SpanList>();
  list->arena = std::make_unique<std::pmr::monotonic_buffer_resource>(4096);
  Maker maker(*this, *list);
  const auto& gateway = gateways_[number(gateways_.size())];
  const auto& shop = shops_[number(shops_.size())];
  const bool error = number(50) == 0;
  const size_t path_kind = number(kPaths.size());
  std::string path(kPaths[path_kind]);
  if (path_kind > 0 && path_kind < 5) path += std::to_string(number(500'000));
  const std::string query = path_kind == 5 ? "q=word" + std::to_string(number(2000)) +
                                                 "&page=" + std::to_string(number(9))
                                           : "";
  const std::string_view method = number(5) == 0 ? "POST" : "GET";
  const int64_t status = error ? 500 : path_kind == 2 && number(20) == 0 ? 404 : 200;
  const auto begin = static_cast<uint64_t>(now_ns_);
  uint64_t at = begin + 120'000 + number(50'000);
  const uint64_t inner = duration(900);
  const int calls = static_cast<int>(2 + number(7));
  uint64_t total = inner;
  std::vector<uint64_t> call_durations;
  for (int i = 0; i < calls; ++i) total += call_durations.emplace_back(duration(i % 2 ? 90 : 420));
  const Times root{begin, at + total + 400'000};
  const Times client{at, at + total + 200'000};
  const Times server{at + 90'000, at + total + 110'000};

  const auto http_server = [&](std::string_view host, int64_t port, std::string_view peer) {
    maker.set("http.request.method", method);
    maker.set("server.address", host);
    maker.set("server.port", port);
    maker.set_text("url.path", path);
    maker.set("url.scheme", std::string_view("http"));
    if (!query.empty()) maker.set_text("url.query", query);
    maker.set("network.protocol.version", std::string_view("1.1"));
    maker.set("network.peer.address", peer);
    maker.set("network.peer.port", static_cast<int64_t>(32768 + number(28000)));
  };
  const SpanId root_id = maker.add(SpanKind::kServer, {}, method, "seamtrace.http", root, gateway);
  http_server("shop.example.com", 8080, "10.1.0.7");
  maker.set_text("client.address",
                 "203.0." + std::to_string(number(20)) + "." + std::to_string(number(250)));
  maker.set_text("user_agent.original",
                 "Mozilla/5.0 (X11; Linux x86_64) Agent/" + std::to_string(number(40)) + ".0");
  maker.set("http.response.status_code", status);
  if (error) maker.fail("500");

  const SpanId client_id =
      maker.add(SpanKind::kClient, root_id, method, "seamtrace.http", client, gateway);
  maker.set("http.request.method", method);
  maker.set("server.address", std::string_view("shop.internal"));
  maker.set("server.port", int64_t{8081});
  maker.set_text("url.full",
                 "http://shop.internal:8081" + path + (query.empty() ? "" : "?" + query));
  maker.set("network.peer.address", std::string_view("10.1.0.21"));
  maker.set("http.response.status_code", status);
  maker.set("http.response.body.size", static_cast<int64_t>(200 + number(20'000)));
  maker.set("seamtrace.parent.association", std::string_view("exact"));
  if (error) maker.fail("500");

  const SpanId server_id =
      maker.add(SpanKind::kServer, client_id, method, "seamtrace.http", server, shop);
  http_server("shop.internal", 8081, "10.1.0.12");
  maker.set("user_agent.original", std::string_view("gateway/1.4"));
  maker.set("http.response.status_code", status);
  if (error) maker.fail("500");

  at += 100'000;
  for (const uint64_t took : call_durations) {
    at += inner / call_durations.size();
    const Times times{at, at + took};
    at += took;
    const uint64_t which = number(20);
    if (which == 0) {
      const auto& payment = payments_[number(payments_.size())];
      const SpanId call =
          maker.add(SpanKind::kClient, server_id, "POST", "seamtrace.http", times, shop);
      maker.set("http.request.method", std::string_view("POST"));
      maker.set("server.address", std::string_view("payment.internal"));
      maker.set("server.port", int64_t{8090});
      maker.set_text("url.full",
                     "http://payment.internal:8090/charge/" + std::to_string(number(1'000'000)));
      maker.set("http.response.status_code", int64_t{201});
      maker.set("seamtrace.parent.association", std::string_view("exact"));
      maker.add(SpanKind::kServer, call, "POST", "seamtrace.http",
                {times.start + took / 8, times.end - took / 8}, payment);
      maker.set("http.request.method", std::string_view("POST"));
      maker.set("url.path", std::string_view("/charge"));
      maker.set("http.response.status_code", int64_t{201});
    } else if (which < 10) {
      const size_t statement = number(kQueries.size());
      maker.add(SpanKind::kClient, server_id, kSummaries[statement], "seamtrace.postgresql", times,
                shop);
      maker.set("db.system.name", std::string_view("postgresql"));
      maker.set("db.namespace", std::string_view("shop"));
      maker.set("db.query.text", kQueries[statement]);
      maker.set("db.query.summary", kSummaries[statement]);
      maker.set("db.response.returned_rows", static_cast<int64_t>(number(30)));
      maker.set("server.address", std::string_view("db.internal"));
      maker.set("network.peer.address", std::string_view("10.1.0.30"));
      maker.set("seamtrace.parent.association", std::string_view("exact"));
      if (number(200) == 0) maker.fail("40001");
    } else {
      const bool hit = number(10) < 8;
      maker.add(SpanKind::kClient, server_id, "GET", "seamtrace.redis", times, shop);
      maker.set("db.system.name", std::string_view("redis"));
      maker.set("db.namespace", std::string_view("0"));
      maker.set_text("db.query.text", "GET product:" + std::to_string(number(500'000)));
      maker.set("db.operation.name", std::string_view("GET"));
      maker.set("server.address", std::string_view("cache.internal"));
      maker.set("seamtrace.cache.hits", int64_t{hit});
      maker.set("seamtrace.cache.misses", int64_t{!hit});
      maker.set("seamtrace.cache.hit", hit);
      maker.set("seamtrace.parent.association", std::string_view("exact"));
    }
  }
  for (size_t i = 0; i < list->spans.size(); ++i) {
    waiting_.push({list->spans[i].end_unix_ns, order_++, list, i});
  }
  now_ns_ += ns_per_span_ * static_cast<double>(list->spans.size());
}

BatchPtr Traffic::batch(size_t spans) {
  auto batch = std::make_shared<Batch>();
  Arena& arena = *batch->list.arena;
  batch->list.spans.reserve(spans);
  while (batch->list.spans.size() < spans) {
    // Whatever is yet to begin ends later than all that has ended until now.
    while (waiting_.empty() || static_cast<double>(waiting_.top().end) > now_ns_) make_trace();
    const Ended next = waiting_.top();
    waiting_.pop();
    const Span& from = next.trace->spans[next.index];
    Span& span = batch->list.spans.emplace_back(&arena);
    span.trace_id = from.trace_id;
    span.span_id = from.span_id;
    span.parent_span_id = from.parent_span_id;
    span.parent_remote = from.parent_remote;
    span.trace_flags = from.trace_flags;
    span.kind = from.kind;
    span.status = from.status;
    span.name = copy_text(arena, from.name);
    span.scope = from.scope;
    span.start_unix_ns = from.start_unix_ns;
    span.end_unix_ns = from.end_unix_ns;
    span.resource = from.resource;
    span.attributes.reserve(from.attributes.size());
    for (const Attribute& attribute : from.attributes) {
      Value value = attribute.value;
      if (auto* text = std::get_if<std::string_view>(&value)) *text = copy_text(arena, *text);
      span.attributes.push_back({attribute.key, value});
    }
  }
  return batch;
}

}  // namespace seamtrace::collector::testing
