// Interpreter: a record -> a span, by the conventions of its protocol.
// Path:    ring_reader -> [interpret] -> process
// Owner:   one per traced process.
// Threads: one caller at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "collector/interpret/database_interpreter.h"
#include "collector/interpret/http_interpreter.h"

namespace seamtrace::collector {

class Interpreter {
 public:
  /// `configuration` is the process's view: its own variables over the collector's.
  /// `more_redacted_keys`: of URLs, beside the configured ones.
  Interpreter(const Configuration& configuration,
              const std::vector<std::string>& more_redacted_keys, ProducerClock clock,
              const std::shared_ptr<const Resource>& resource)
      : http_(HttpOptions::from(configuration, more_redacted_keys), clock, resource),
        database_(DatabaseOptions::from(configuration), clock, resource) {}

  Span interpret(const Record& record, Arena& arena, uint64_t now_unix_ns) {
    return wire::is_database(static_cast<wire::Protocol>(record.exchange.protocol))
               ? database_.interpret(record, arena, now_unix_ns)
               : http_.interpret(record, arena, now_unix_ns);
  }

 private:
  HttpInterpreter http_;
  DatabaseInterpreter database_;
};

}  // namespace seamtrace::collector
