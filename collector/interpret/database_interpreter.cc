#include "collector/interpret/database_interpreter.h"

#include <algorithm>
#include <charconv>

#include "collector/interpret/command_text.h"
#include "collector/interpret/database_head.h"
#include "collector/interpret/database_names.h"
#include "collector/interpret/database_verdict.h"
#include "collector/interpret/network.h"
#include "collector/interpret/span_parts.h"
#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

constexpr std::string_view kGoesOn = " ...";

Dialect dialect_of(wire::Protocol protocol) {
  switch (protocol) {
    case wire::Protocol::kPostgresql:
      return Dialect::kPostgresql;
    case wire::Protocol::kMysql:
      return Dialect::kMysql;
    case wire::Protocol::kMariadb:
      return Dialect::kMariadb;
    case wire::Protocol::kSqlite:
      return Dialect::kSqlite;
    default:
      return Dialect::kOther;
  }
}

/// Whether a statement with this summary returns rows and nothing else.
bool returns_rows(std::string_view summary) {
  const std::string_view first = summary.substr(0, summary.find(' '));
  constexpr std::string_view kQueries[] = {"SELECT", "SHOW",     "VALUES", "TABLE",
                                           "FETCH",  "DESCRIBE", "DESC",   "EXPLAIN"};
  return summary.find(';') == std::string_view::npos &&
         std::any_of(std::begin(kQueries), std::end(kQueries), [&](std::string_view query) {
           return wire::equals_ignoring_case(first, query);
         });
}

/// Builds one span; lives for one call.
class SpanBuilder {
 public:
  SpanBuilder(const Record& record, const DatabaseOptions& options, StatementCache& statements,
              Arena& arena)
      : record_(record),
        exchange_(record.exchange),
        options_(options),
        statements_(statements),
        arena_(arena),
        protocol_(static_cast<wire::Protocol>(exchange_.protocol)),
        store_(data_store(protocol_)),
        span_(&arena) {
    constexpr size_t kUsual = 16;
    span_.attributes.reserve(options.old_names ? 2 * kUsual : kUsual);
    take_apart(record.slices, head_);
  }

  Span build(const ProducerClock& clock, uint64_t now_unix_ns) {
    add("db.system.name", wire::system_name(protocol_));
    name_space_ = copy_valid_text(arena_, head_.name_space);
    if (!name_space_.empty()) add("db.namespace", name_space_);
    store_.sql ? describe_statement() : describe_command();
    describe_batch();
    describe_answer();
    describe_server();
    peer_ = add_peer(span_, arena_, exchange_, head_.unix_path);
    describe_cache();
    describe_ourselves();
    if (options_.old_names) add_old_names();

    fill_identity(span_, arena_, exchange_, head_.trace_state);
    fill_times(span_, record_, clock, now_unix_ns);
    span_.scope = store_.scope;
    span_.name = name();
    return std::move(span_);
  }

 private:
  template <typename T>
  void add(std::string_view key, T value) {
    add_attribute(span_, key, value);
  }

  void describe_statement() {
    if (head_.has(wire::kFlagConnecting)) return set_operation("connect");
    if (!head_.has_statement) return set_operation(command_name(protocol_, head_.facts.command));
    const SqlDigest& digest =
        statements_.digest(dialect_of(protocol_), head_.statement, head_.statement_truncated);
    if (head_.has(wire::kFlagParameterised)) {
      text_ = copy_valid_text(arena_, head_.statement);
      if (head_.statement_truncated) text_ = join_text(arena_, {text_, kGoesOn});
    } else {
      text_ = head_.statement_truncated ? join_text(arena_, {digest.text, kGoesOn})
                                        : copy_text(arena_, digest.text);
    }
    if (!text_.empty()) add("db.query.text", text_);
    summary_ = summary_of(digest.summary);
    if (!summary_.empty()) add("db.query.summary", summary_);
  }

  /// One text that is run with several sets of values is a batch too.
  std::string_view summary_of(std::string_view summary) {
    constexpr std::string_view kBatch = "BATCH ";
    const bool one_text = !summary.empty() && !head_.statement_truncated &&
                          !summary.starts_with(kBatch) &&
                          summary.find("; ") == std::string_view::npos;
    return head_.facts.batch_size >= 2 && one_text
               ? join_text(arena_, {kBatch, summary.substr(0, 255 - kBatch.size())})
               : copy_text(arena_, summary);
  }

  void describe_command() {
    if (head_.has(wire::kFlagConnecting)) return set_operation("connect");
    const std::span<const Slice> arguments(head_.arguments, head_.argument_count);
    const std::string_view command = command_name_of(arena_, arguments);
    const bool redis = protocol_ == wire::Protocol::kRedis;
    // EXEC is what it is, whatever it sets off.
    const bool pipeline = redis && head_.facts.batch_size >= 2 && !command.empty() &&
                          !wire::equals_ignoring_case(command, "EXEC");
    set_operation(pipeline ? join_text(arena_, {"PIPELINE ", command}) : command);
    text_ = redis ? redis_text(arena_, arguments, head_.more_arguments)
                  : memcached_text(arena_, arguments, head_.more_arguments);
    if (!text_.empty()) add("db.query.text", text_);
  }

  void set_operation(std::string_view operation) {
    operation_ = operation;
    if (!operation_.empty()) add("db.operation.name", operation_);
  }

  void describe_batch() {
    if (head_.facts.batch_size >= 2)
      add("db.operation.batch.size", int64_t{head_.facts.batch_size});
  }

  void describe_answer() {
    const std::string_view code = sound_error_code(protocol_, head_.error_code);
    const Verdict verdict = judge_database(arena_, record_, head_);
    if (!code.empty()) {
      const bool same = verdict.error_type == code;
      add("db.response.status_code", same ? verdict.error_type : copy_text(arena_, code));
    }
    if (!verdict.error_type.empty()) add("error.type", verdict.error_type);
    span_.status = verdict.status;
    span_.status_message = verdict.message;
    if (options_.returned_rows && head_.has(wire::kFlagRowsKnown) && returns_rows(summary_) &&
        verdict.status != StatusCode::kError)
      add("db.response.returned_rows", as_number(head_.facts.rows));
  }

  /// server.address and server.port: what the client is connected to.
  void describe_server() {
    const wire::Endpoint& server = is_server(exchange_) ? exchange_.local : exchange_.peer;
    server_ = address_text(arena_, server);
    if (server_.empty()) server_ = copy_valid_text(arena_, head_.unix_path);
    if (server_.empty()) return;
    add("server.address", server_);
    port_ = port_number(server);
    if (port_ != 0 && port_ != wire::default_port(protocol_)) add("server.port", int64_t{port_});
  }

  void describe_cache() {
    if (!head_.has(wire::kFlagReadsCache)) return;
    const wire::DatabaseFacts& facts = head_.facts;
    add("seamtrace.cache.hits", int64_t{facts.hits});
    add("seamtrace.cache.misses", int64_t{facts.misses});
    if (uint64_t{facts.hits} + facts.misses == 1) add("seamtrace.cache.hit", facts.hits == 1);
  }

  void describe_ourselves() {
    add_association(span_, exchange_);
    if (head_.has(wire::kFlagNotExecuted)) add("seamtrace.db.not_executed", true);
    if (head_.has(wire::kFlagQueued)) add("seamtrace.db.queued", true);
    if (exchange_.outcome == static_cast<uint8_t>(wire::Outcome::kLost))
      add("seamtrace.incomplete", true);
    if ((exchange_.flags & wire::kFlagHeadTruncated) != 0) add("seamtrace.head_truncated", true);
  }

  /// The names of before semantic conventions 1.25, for those who still query by them.
  void add_old_names() {
    add("db.system", wire::system_name(protocol_));
    int64_t index = 0;
    const char* const end = name_space_.data() + name_space_.size();
    if (protocol_ != wire::Protocol::kRedis) {
      if (!name_space_.empty()) add("db.name", name_space_);
    } else if (const auto parsed = std::from_chars(name_space_.data(), end, index);
               parsed.ec == std::errc{} && parsed.ptr == end) {
      add("db.redis.database_index", index);
    }
    if (!text_.empty()) add("db.statement", text_);
    if (!operation_.empty()) add("db.operation", operation_);
    add_text_attribute(span_, arena_, "db.user", head_.user);
    if (!server_.empty()) add(is_server(exchange_) ? "net.host.name" : "net.peer.name", server_);
    if (!server_.empty() && port_ != 0)
      add(is_server(exchange_) ? "net.host.port" : "net.peer.port", int64_t{port_});
    if (!peer_.empty()) add("net.sock.peer.addr", peer_);
    if (const uint16_t port = port_number(exchange_.peer); !peer_.empty() && port != 0)
      add("net.sock.peer.port", int64_t{port});
  }

  std::string_view name() {
    // An index says little in a name.
    const std::string_view target = store_.sql ? name_space_ : std::string_view{};
    if (head_.has(wire::kFlagConnecting))
      return join_text(arena_,
                       {operation_, " ", target.empty() ? wire::system_name(protocol_) : target});
    if (!summary_.empty()) return summary_;
    if (operation_.empty()) return target.empty() ? wire::system_name(protocol_) : target;
    return target.empty() ? operation_ : join_text(arena_, {operation_, " ", target});
  }

  const Record& record_;
  const wire::ExchangeRecord& exchange_;
  const DatabaseOptions& options_;
  StatementCache& statements_;
  Arena& arena_;
  const wire::Protocol protocol_;
  const DataStore& store_;
  DatabaseHead head_;
  uint16_t port_ = 0;
  // In the arena once their describe function has run:
  std::string_view name_space_, text_, summary_, operation_, server_, peer_;
  Span span_;
};

}  // namespace

DatabaseInterpreter::DatabaseInterpreter(DatabaseOptions options, ProducerClock clock,
                                         std::shared_ptr<const Resource> resource)
    : options_(options), clock_(clock), resource_(std::move(resource)) {}

Span DatabaseInterpreter::interpret(const Record& record, Arena& arena, uint64_t now_unix_ns) {
  Span span = SpanBuilder(record, options_, statements_, arena).build(clock_, now_unix_ns);
  span.resource = resource_;
  return span;
}

}  // namespace seamtrace::collector
