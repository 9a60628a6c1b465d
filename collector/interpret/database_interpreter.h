// DatabaseInterpreter: the record of a call to a data store -> a span with the conventions of
// databases.
// Path:    ring_reader -> [interpret] -> process
// Owner:   one per traced process.
// Threads: one caller at a time.
// Memory:  all text of the span is copied into the arena given; nothing of the record stays, but
//          the texts of statements in a cache of fixed size.
// Failure: none; every record that ring_reader lets through becomes a span, whatever its bytes.
// Source:  semantic conventions 1.44, database spans. What they leave open:
//          - `server.port` is left out when it is the data store's default one.
//          - The text of a parameterised statement is kept as it is; one that was cut ends in
//            ` ...`.
//          - Every error reply of Redis is an error, MOVED and ASK too. What is not a prefix in
//            capitals is `_OTHER`: a script may say anything there.
//          - The status description is the standard name of a well-known condition, or nothing:
//            the server's messages may quote data.
#pragma once

#include <memory>

#include "collector/interpret/database_options.h"
#include "collector/interpret/span.h"
#include "collector/interpret/sql/statement_cache.h"
#include "collector/ring_reader/record.h"
#include "collector/support/arena.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {

class DatabaseInterpreter {
 public:
  DatabaseInterpreter(DatabaseOptions options, ProducerClock clock,
                      std::shared_ptr<const Resource> resource);

  /// REQUIRES: is_database(protocol of the record). `now_unix_ns`: the collector's clock, read once
  /// for many records.
  Span interpret(const Record& record, Arena& arena, uint64_t now_unix_ns);

 private:
  DatabaseOptions options_;
  ProducerClock clock_;
  std::shared_ptr<const Resource> resource_;
  StatementCache statements_;
};

}  // namespace seamtrace::collector
