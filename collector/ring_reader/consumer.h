// RecordConsumer: whoever takes records from the ring reader.
// Path:    ring_reader -> [RecordConsumer] -> pipeline
// Threads: all calls come from the reader's thread.
#pragma once

#include <cstdint>

#include "collector/ring_reader/counters.h"
#include "collector/ring_reader/process_facts.h"
#include "collector/ring_reader/record.h"

namespace seamtrace::collector {

/// Names an attached segment for as long as this collector runs; never reused.
using ProducerId = uint64_t;

class RecordConsumer {
 public:
  virtual ~RecordConsumer() = default;

  virtual void attached(ProducerId producer, const ProcessFacts& facts) = 0;

  /// False: stop reading for now; what is not read stays in shared memory.
  virtual bool ready() const = 0;

  /// Takes a record and says which batch carries it: once that batch is done, the record is
  /// acknowledged to its producer. REQUIRES: ready().
  virtual uint64_t accept(ProducerId producer, const Record& record) = 0;

  /// The producer has ended and all its records are done; its file is about to be removed.
  virtual void detached(ProducerId producer, const Counters& counters) = 0;
};

}  // namespace seamtrace::collector
