// SessionOperations: what a codec says of a connection to a data store, put into effect.
// Path:    codecs/<protocol> -> [session_operations] -> context, spans
// Owner:   lives on the stack for one chunk of bytes.
// Threads: the caller holds the connection's lock.
#pragma once

#include "agent/connections/database_stream.h"

namespace seamtrace::agent::connections {

class SessionOperations final : public codecs::Operations {
 public:
  SessionOperations(Connection& connection, Moment& moment)
      : connection_(connection), session_(*connection.database), moment_(moment) {}

  codecs::Operation* begin() override;
  void add(wire::SliceKind kind, const char* bytes, size_t size) override;
  void append(const char* bytes, size_t size) override;
  void mark_truncated() override;
  void withdraw_newest() override;
  void finish_newest() override;

  codecs::Operation* oldest() override;
  codecs::Operation* newest() override;
  codecs::Operation* after(const codecs::Operation* operation) override;
  void answer_begins() override;
  void error(const char* code, size_t size) override;
  void finish(codecs::Ending ending) override;
  void withdraw_oldest() override;

  void prepare(uint64_t key, uint32_t tag) override;
  void prepare_text(const char* bytes, size_t size) override;
  void prepared() override;
  void prepared_as(uint64_t key) override;
  void prepare_failed() override;
  void drop_unconfirmed(uint32_t tag) override;
  bool use_prepared(uint64_t key) override;
  void forget_prepared(uint64_t key) override;
  void forget_all_prepared() override;

  void set_namespace(const char* name, size_t size) override;
  void set_user(const char* name, size_t size) override;
  void set_protocol(wire::Protocol protocol) override;
  void ready() override;
  void rejected(const char* code, size_t size) override;
  void in_transaction(bool open) override;

 private:
  Connection& connection_;
  DatabaseSession& session_;
  Moment& moment_;
};

/// The connection's entry among the targets; null: not a client's, or there is no room.
wire::TargetStatistics* target_of(Connection& connection);

/// An error span for a connection that could not be opened. `code`: the server's reason, if it gave
/// one.
void record_failed_opening(Connection& connection, wire::Protocol protocol, const char* code,
                           size_t size, Moment& moment);

}  // namespace seamtrace::agent::connections
