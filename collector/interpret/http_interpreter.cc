#include "collector/interpret/http_interpreter.h"

#include <algorithm>
#include <cstring>

#include "collector/interpret/exchange_head.h"
#include "collector/interpret/forwarded.h"
#include "collector/interpret/http_head.h"
#include "collector/interpret/network.h"
#include "collector/interpret/span_parts.h"
#include "collector/interpret/url.h"
#include "collector/interpret/verdict.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

/// The final status; 0 when none was seen. 101 is one: it ends HTTP on the connection.
int final_status(const wire::ExchangeRecord& exchange) {
  const bool final = (exchange.flags & wire::kFlagFinalStatusSeen) != 0 || exchange.status == 101 ||
                     exchange.status >= 200;
  return final && exchange.status >= 100 && exchange.status <= 999 ? exchange.status : 0;
}

/// Builds one span; lives for one call.
class SpanBuilder {
 public:
  SpanBuilder(const Record& record, const HttpOptions& options, Arena& arena)
      : record_(record),
        exchange_(record.exchange),
        options_(options),
        arena_(arena),
        head_(take_apart(record.slices)),
        target_(parse_target(head_.request.method, head_.request.target)),
        server_(is_server(exchange_)),
        span_(&arena) {
    constexpr size_t kUsual = 18;
    span_.attributes.reserve(options.old_names ? 2 * kUsual : kUsual);
  }

  Span build(const ProducerClock& clock, uint64_t now_unix_ns) {
    describe_method();
    describe_server();
    server_ ? describe_target() : describe_url();
    const int status = final_status(exchange_);
    if (status != 0) add("http.response.status_code", int64_t{status});
    const Verdict verdict = judge(arena_, exchange_, status, record_.death);
    if (!verdict.error_type.empty()) add("error.type", verdict.error_type);
    describe_network();
    if (server_) describe_client();
    describe_bodies();
    capture_headers();
    describe_ourselves();
    if (options_.old_names) add_old_names(status);

    fill_identity(span_, arena_, exchange_, head_.trace_state);
    fill_times(span_, record_, clock, now_unix_ns);
    span_.scope = "seamtrace.http";
    span_.name = known_method_ ? method_ : "HTTP";
    span_.status = verdict.status;
    span_.status_message = verdict.message;
    return std::move(span_);
  }

 private:
  template <typename T>
  void add(std::string_view key, T value) {
    add_attribute(span_, key, value);
  }
  void add_text(std::string_view key, std::string_view text) {
    add_text_attribute(span_, arena_, key, text);
  }

  void describe_method() {
    const std::string_view method = head_.request.method;
    const auto& known = options_.known_methods;
    known_method_ = std::find(known.begin(), known.end(), method) != known.end();
    method_ = known_method_ ? copy_valid_text(arena_, method) : "_OTHER";
    add("http.request.method", method_);
    if (!known_method_) add_text("http.request.method_original", method);
  }

  /// server.address and server.port: who the request is for.
  void describe_server() {
    const Forwarded forwarded = server_ ? parse_forwarded(head_.forwarded) : Forwarded{};
    client_ = forwarded.client;
    scheme_ = forwarded.scheme;
    if (server_ && scheme_.empty()) scheme_ = sound_scheme(first_element(head_.x_forwarded_proto));
    if (scheme_.empty()) scheme_ = target_.scheme;
    if (scheme_.empty()) scheme_ = "http";

    std::string_view authority = forwarded.host;
    if (server_ && authority.empty()) authority = first_element(head_.x_forwarded_host);
    if (authority.empty()) authority = target_.authority;
    if (authority.empty()) authority = head_.host;
    const HostPort host = split_host_port(authority);
    const wire::Endpoint& other = server_ ? exchange_.local : exchange_.peer;
    host_ = host.host.empty() ? address_text(arena_, other) : copy_valid_text(arena_, host.host);
    port_ = host.port;
    // A client that talks to another port than it says talks to that one all the same, unless it
    // talks to a proxy.
    if (port_ == 0 && (host.host.empty() || (!server_ && target_.form == UrlTarget::Form::kOrigin)))
      port_ = port_number(other);
    if (port_ == 0 && !host_.empty()) port_ = default_port(scheme_);
    if (host_.empty()) return;
    add("server.address", host_);
    if (port_ != 0) add("server.port", int64_t{port_});
  }

  std::string_view redacted_query() {
    return copy_valid_text(arena_, redact_query(arena_, target_.query, options_.redacted_keys));
  }

  void describe_target() {
    path_ = copy_valid_text(arena_, target_.path);
    if (target_.form != UrlTarget::Form::kAuthority) add("url.path", path_);
    scheme_ = copy_text(arena_, scheme_);
    add("url.scheme", scheme_);
    if (!target_.has_query) return;
    query_ = redacted_query();
    if (!query_.empty()) add("url.query", query_);
  }

  void describe_url() {
    if (target_.form == UrlTarget::Form::kAuthority) {
      url_ = copy_valid_text(arena_, target_.authority);
    } else if (!host_.empty()) {
      path_ = copy_valid_text(arena_, target_.path);
      const std::string_view query = target_.has_query ? redacted_query() : std::string_view{};
      url_ = build_url(arena_, {scheme_, target_.has_credentials, host_, port_,
                                target_.form == UrlTarget::Form::kAsterisk ? "" : path_, query,
                                target_.has_query});
    }
    if (!url_.empty()) add("url.full", url_);
  }

  void describe_network() {
    peer_ = add_peer(span_, arena_, exchange_, head_.unix_path);
    std::string_view version = head_.request.version;
    if (version.empty()) version = head_.response_version;
    version_ = copy_text(arena_, version);
    if (!version_.empty()) add("network.protocol.version", version_);
  }

  void describe_client() {
    if (client_.empty()) client_ = node_address(first_element(head_.x_forwarded_for));
    client_ = client_.empty() ? peer_ : copy_valid_text(arena_, client_);
    if (!client_.empty()) add("client.address", client_);
    add_text("user_agent.original", head_.user_agent);
  }

  void describe_bodies() {
    if (exchange_.request_body_bytes != 0)
      add("http.request.body.size", as_number(exchange_.request_body_bytes));
    if (exchange_.response_body_bytes != 0)
      add("http.response.body.size", as_number(exchange_.response_body_bytes));
  }

  void capture_headers() {
    const HttpOptions::Captures& captures = server_ ? options_.server : options_.client;
    capture(captures.request, wire::SliceKind::kRequestHeader);
    capture(captures.response, wire::SliceKind::kResponseHeader);
  }

  void capture(const std::vector<HttpOptions::Capture>& captures, wire::SliceKind kind) {
    for (const HttpOptions::Capture& wanted : captures) {
      std::pmr::vector<std::string_view> values(&arena_);
      for (const Slice& slice : record_.slices) {
        if (slice.kind != kind) continue;
        const HeaderField field = split_header(slice.bytes);
        if (wire::equals_ignoring_case(field.name, wanted.header))
          values.push_back(copy_valid_text(arena_, field.value));
      }
      if (values.empty()) continue;
      auto* kept = static_cast<std::string_view*>(
          arena_.allocate(values.size() * sizeof(std::string_view), alignof(std::string_view)));
      std::uninitialized_copy(values.begin(), values.end(), kept);
      add(copy_valid_text(arena_, wanted.attribute),
          std::span<const std::string_view>(kept, values.size()));
    }
  }

  void describe_ourselves() {
    add_association(span_, exchange_);
    if (exchange_.outcome == static_cast<uint8_t>(wire::Outcome::kLost) ||
        answered_before_exit(exchange_, record_.death))
      add("seamtrace.incomplete", true);
    if ((exchange_.flags & wire::kFlagHeadTruncated) != 0) add("seamtrace.head_truncated", true);
  }

  /// The names of before semantic conventions 1.21, for those who still query by them.
  void add_old_names(int status) {
    add("http.method", method_);
    if (status != 0) add("http.status_code", int64_t{status});
    if (!version_.empty()) add("http.flavor", version_);
    if (exchange_.request_body_bytes != 0)
      add("http.request_content_length", as_number(exchange_.request_body_bytes));
    if (exchange_.response_body_bytes != 0)
      add("http.response_content_length", as_number(exchange_.response_body_bytes));
    if (!host_.empty()) add(server_ ? "net.host.name" : "net.peer.name", host_);
    if (!host_.empty() && port_ != 0)
      add(server_ ? "net.host.port" : "net.peer.port", int64_t{port_});
    if (!peer_.empty()) add("net.sock.peer.addr", peer_);
    if (const uint16_t port = port_number(exchange_.peer); !peer_.empty() && port != 0)
      add("net.sock.peer.port", int64_t{port});
    if (!server_) {
      if (!url_.empty()) add("http.url", url_);
      return;
    }
    add("http.scheme", scheme_);
    if (target_.form != UrlTarget::Form::kAuthority)
      add("http.target", query_.empty() ? path_ : join_text(arena_, {path_, "?", query_}));
    if (!client_.empty()) add("http.client_ip", client_);
  }

  const Record& record_;
  const wire::ExchangeRecord& exchange_;
  const HttpOptions& options_;
  Arena& arena_;
  const ExchangeHead head_;
  const UrlTarget target_;
  const bool server_;
  bool known_method_ = false;
  uint16_t port_ = 0;
  // In the arena once their describe function has run:
  std::string_view method_, scheme_, host_, path_, query_, url_, peer_, client_, version_;
  Span span_;
};

}  // namespace

HttpInterpreter::HttpInterpreter(HttpOptions options, ProducerClock clock,
                                 std::shared_ptr<const Resource> resource)
    : options_(std::move(options)), clock_(clock), resource_(std::move(resource)) {}

Span HttpInterpreter::interpret(const Record& record, Arena& arena, uint64_t now_unix_ns) const {
  Span span = SpanBuilder(record, options_, arena).build(clock_, now_unix_ns);
  span.resource = resource_;
  return span;
}

}  // namespace seamtrace::collector
